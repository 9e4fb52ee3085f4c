"""Densities: the points that are drawn and the density that is told agree, and every draw can be repeated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metagen_gui.engine.data.density_shapes import CURVES, grid, grid_sides, ring, scattered
from metagen_gui.engine.data.spec import Array
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import parse_settings, settings_of
from metagen_gui.engine.tasks.base import STREAMS
from metagen_gui.engine.tasks.densities import HALF_SIDE, SHAPES, Densities, DensitySettings

ONE_KIND = ("rings", "grids", "scattered", "moons", "spirals", "pinwheels")


def family(seed: int = 0, **values: Any) -> Densities:
    return Densities(DensitySettings(**values), seed)


def cells(per_side: int) -> tuple[Array, float]:
    """Return the centres of the cells of a raster over all the data, row by row from below, and a cell's area."""
    side = 2 * (HALF_SIDE + 0.6) / per_side
    along = -HALF_SIDE - 0.6 + side * (np.arange(per_side) + 0.5)
    x, y = np.meshgrid(along, along)
    return np.stack([x.ravel(), y.ravel()], axis=-1).astype(np.float32), side**2


@pytest.mark.parametrize("shape", ONE_KIND)
def test_density_integrates_to_one(shape: str) -> None:
    points, area = cells(180)
    for index in range(3):
        total = family(shape=shape).density("train", index, points).sum(dtype=np.float64) * area
        assert total == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("shape", ONE_KIND)
def test_histogram_agrees_with_the_density(shape: str) -> None:
    fine, coarse, count = 180, 36, 20_000
    tasks = family(shape=shape, mode_width=0.2, curve_width=0.2)
    points, area = cells(fine)
    block = fine // coarse
    density = tasks.density("test", 3, points).astype(np.float64)
    true = density.reshape(coarse, block, coarse, block).sum(axis=(1, 3)) * area * count
    drawn = tasks.task("test", 3, shots=1, query_size=count).query
    edge = HALF_SIDE + 0.6
    counts, _, _ = np.histogram2d(drawn[:, 1], drawn[:, 0], bins=coarse, range=[[-edge, edge]] * 2)

    often = true > 10
    chi2 = (np.square(counts - true)[often] / true[often]).sum()
    freedom = often.sum() - 1
    assert often.sum() > 20
    assert abs(chi2 - freedom) < 5 * np.sqrt(2 * freedom)
    # The rare cells together, which the sum above leaves out.
    assert counts[~often].sum() == pytest.approx(true[~often].sum(), abs=6 * np.sqrt(true[~often].sum() + 1))


def test_density_of_one_gaussian_is_the_textbook_one() -> None:
    tasks = family(shape="rings", fewest_modes=1, most_modes=1, mode_width=0.3)
    (mode,) = tasks.modes("train", 7)
    away = mode + np.array([[0, 0], [0.3, 0], [0.3, 0.6]], dtype=np.float32)
    expected = np.exp([0, -0.5, -2.5]) / (2 * np.pi * 0.09)
    np.testing.assert_allclose(tasks.density("train", 7, away), expected, rtol=1e-5)
    assert tasks.density("train", 7, np.zeros((0, 2), np.float32)).shape == (0,)


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_data_stays_in_the_field(shape: str) -> None:
    batch = family(shape=shape).batch("train", 0, tasks=200, shots=20, query_size=30)
    assert batch.support.shape == (200, 20, 2) and batch.query.shape == (200, 30, 2)
    assert batch.support.dtype == batch.query.dtype == np.float32
    outside = (np.abs(batch.query) > HALF_SIDE).any(axis=-1).mean()
    assert outside < 0.002
    assert np.abs(batch.query.mean(axis=(0, 1))).max() < 0.3, "densities lie on all sides of the middle"


@given(seed=st.integers(0, 2**31 - 1), index=st.integers(0, 10**9), stream=st.sampled_from(STREAMS))
@settings(max_examples=40, deadline=None)
def test_a_task_is_a_function_of_seed_stream_and_index(seed: int, index: int, stream: Any) -> None:
    tasks, again = family(seed, shape="mixed"), family(seed, shape="mixed")
    task = tasks.task(stream, index, 6, 8)
    again.task(stream, index + 1, 3, 3)
    same = again.task(stream, index, 6, 8)
    np.testing.assert_array_equal(task.support, same.support)
    np.testing.assert_array_equal(task.query, same.query)
    assert task.name == same.name
    assert task.name.startswith(("ring of ", "grid of ")) or task.name in CURVES
    # Judged by the same query, however many shots there are.
    np.testing.assert_array_equal(task.query, again.task(stream, index, 2, 8).query)

    assert not np.isin(task.support, task.query).any(), "support and query share a point"
    assert (tasks.density(stream, index, task.support) > 0).all()

    others = [(other, index) for other in STREAMS if other != stream] + [(stream, index + 1)]
    for other, at in others:
        assert not np.array_equal(task.support, tasks.task(other, at, 6, 8).support)
    assert not np.array_equal(task.support, family(seed + 1, shape="mixed").task(stream, index, 6, 8).support)


@given(fewest=st.integers(1, 25), more=st.integers(0, 24), index=st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_modes_are_as_many_as_asked_for_and_are_peaks(fewest: int, more: int, index: int) -> None:
    most = min(25, fewest + more)
    tasks = family(fewest_modes=fewest, most_modes=most, mode_width=0.02, smallest=1.5)
    modes = tasks.modes("validation", index)
    assert modes is not None and fewest <= len(modes) <= most
    peak = tasks.density("validation", index, modes)
    for step in ([0.01, 0], [-0.01, 0], [0, 0.01], [0, -0.01]):
        assert (tasks.density("validation", index, modes + np.float32(step)) < peak).all()


def test_default_draws_rings_and_grids_of_many_sizes() -> None:
    tasks = family()
    names = {tasks.mixture("train", index).name for index in range(200)}
    assert {f"ring of {modes}" for modes in range(3, 10)} <= names
    assert {"grid of 2 × 2", "grid of 2 × 3", "grid of 3 × 3"} <= names
    assert len(names) == 10


def test_curves_have_no_modes_to_count() -> None:
    assert all(family(shape=shape).modes("train", 0) is None for shape in ("moons", "spirals", "pinwheels"))


def test_frames_have_radius_one() -> None:
    for frame in (ring(5), grid(2, 3), grid(3, 3)):
        assert np.linalg.norm(frame, axis=-1).max() == pytest.approx(1)
        np.testing.assert_allclose(frame.mean(axis=0), 0, atol=1e-12)
    assert grid_sides(4, 9) == [(2, 2), (2, 3), (3, 3)]


@given(modes=st.integers(1, 25), seed=st.integers(0, 2**31 - 1))
@settings(max_examples=60, deadline=None)
def test_scattered_modes_are_as_many_as_asked_for_and_keep_apart(modes: int, seed: int) -> None:
    frame = scattered(np.random.default_rng(seed), modes)
    assert frame.shape == (modes, 2) and np.linalg.norm(frame, axis=-1).max() == pytest.approx(1)
    apart = np.linalg.norm(frame[:, None] - frame, axis=-1)[np.triu_indices(modes, 1)]
    assert (apart >= 1.1 / np.sqrt(modes) - 1e-9).all()
    assert modes < 3 or np.ptp(apart) > 0.01, "neither a ring nor a grid"


def test_mixtures_are_rings_grids_and_scattered_modes() -> None:
    tasks = family(shape="mixtures", most_modes=5)
    laws = [tasks.mixture("test", index) for index in range(60)]
    assert {law.name for law in laws} >= {"ring of 3", "grid of 2 × 2", "3 scattered modes", "5 scattered modes"}
    assert all(law.has_modes and law.width == 0.1 for law in laws)
    scattered_ones = [law.centres - law.centres.mean(axis=0) for law in laws if law.name == "4 scattered modes"]
    assert not np.allclose(scattered_ones[0], scattered_ones[1], atol=0.05)


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"fewest_modes": 9, "most_modes": 3}, "tasks.fewest_modes"),
        ({"smallest": 2, "largest": 1}, "tasks.smallest"),
        ({"shape": "grids", "fewest_modes": 7, "most_modes": 8}, "tasks.most_modes"),
    ],
)
def test_settings_that_contradict_each_other_are_named(values: dict[str, Any], where: str) -> None:
    with pytest.raises(BadInput) as caught:
        family(**values)
    assert caught.value.where == where


def test_only_gaussians_falls_back_to_rings_where_no_grid_has_so_many_modes() -> None:
    tasks = family(fewest_modes=7, most_modes=8)
    assert {tasks.mixture("train", index).name for index in range(40)} == {"ring of 7", "ring of 8"}


def test_an_unknown_shape_is_refused() -> None:
    with pytest.raises(BadInput, match=r"tasks\.shape: 'squares' is not one of"):
        parse_settings(DensitySettings, {"shape": "squares"}, "tasks")
    assert set(settings_of(DensitySettings)[0].choices) == set(SHAPES)
