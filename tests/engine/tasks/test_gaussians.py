"""Gaussian tasks: their means and points follow the laws that the Bayes line is computed from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metagen_gui.engine.tasks.base import STREAMS
from metagen_gui.engine.tasks.gaussians import Gaussians, GaussianSettings


def family(seed: int = 0, **values: Any) -> Gaussians:
    return Gaussians(GaussianSettings(**values), seed)


def test_means_are_spread_by_tau_and_points_by_sigma() -> None:
    tasks = family(task_spread=1.4, point_spread=0.3)
    means = np.concatenate([tasks.mixture("train", index).centres for index in range(2000)])
    assert means.shape == (2000, 2)
    error = 1.4 / np.sqrt(2000)
    assert np.abs(means.mean(axis=0)).max() < 3.5 * error
    assert np.abs(means.std(axis=0) - 1.4).max() < 3.5 * error / np.sqrt(2)
    assert abs(np.corrcoef(means.T)[0, 1]) < 0.08
    for part in ("support", "query"):
        drawn = [getattr(tasks.task("train", index, 20, 20), part) - means[index] for index in range(200)]
        points = np.concatenate(drawn)
        assert np.abs(points.mean(axis=0)).max() < 3.5 * 0.3 / np.sqrt(4000)
        assert np.abs(points.std(axis=0) / 0.3 - 1).max() < 3.5 / np.sqrt(8000)


def test_the_density_is_that_of_its_mean_and_width() -> None:
    tasks = family(point_spread=0.5)
    (mean,) = tasks.mixture("test", 3).centres
    away = mean + np.array([[0, 0], [0.5, 0], [0.5, 1.0]], dtype=np.float32)
    expected = np.exp([0, -0.5, -2.5]) / (2 * np.pi * 0.25)
    np.testing.assert_allclose(tasks.density("test", 3, away), expected, rtol=1e-5)
    assert tasks.task("test", 3, 1, 1).name == f"Gaussian at ({mean[0]:.2f}, {mean[1]:.2f})"


@given(seed=st.integers(0, 2**31 - 1), index=st.integers(0, 10**9), stream=st.sampled_from(STREAMS))
@settings(max_examples=30, deadline=None)
def test_a_task_is_a_function_of_seed_stream_and_index(seed: int, index: int, stream: Any) -> None:
    task, same = (family(seed).task(stream, index, 6, 8) for _ in range(2))
    np.testing.assert_array_equal(task.support, same.support)
    np.testing.assert_array_equal(task.query, same.query)
    assert task.support.dtype == np.float32 and task.support.shape == (6, 2)
    np.testing.assert_array_equal(task.query, family(seed).task(stream, index, 2, 8).query)
    assert not np.isin(task.support, task.query).any(), "support and query share a point"
    others = [(other, index) for other in STREAMS if other != stream] + [(stream, index + 1)]
    for other, at in others:
        assert not np.array_equal(task.support, family(seed).task(other, at, 6, 8).support)
    assert not np.array_equal(task.support, family(seed + 1).task(stream, index, 6, 8).support)


@pytest.mark.parametrize("width", [0.02, 3.0])
def test_tasks_differ_in_their_means_alone(width: float) -> None:
    tasks = family(point_spread=width)
    laws = [tasks.mixture("validation", index) for index in range(5)]
    assert {law.width for law in laws} == {width} and len({law.name for law in laws}) == 5


def test_means_are_at_places_that_no_seed_changes_each_as_often() -> None:
    one, other = family(0, places=5, task_spread=2.0), family(1, places=5, task_spread=2.0)
    np.testing.assert_array_equal(one.places, other.places)
    np.testing.assert_array_equal(family(places=3, task_spread=2.0).places, one.places[:3])
    np.testing.assert_allclose(family(places=5, task_spread=1.0).places, one.places / 2)
    for tasks in (one, other):
        means = np.concatenate([tasks.mixture("test", index).centres for index in range(500)])
        apart = np.linalg.norm(means[:, None] - tasks.places, axis=-1)
        assert apart.min(axis=1).max() < 1e-6
        often = np.bincount(apart.argmin(axis=1), minlength=5)
        assert np.abs(often - 100).max() < 4 * np.sqrt(500 * 0.2 * 0.8)
    assert one.task("test", 0, 1, 1).name == f"Gaussian at ({one.mixture('test', 0).centres[0, 0]:.2f}, " + (
        f"{one.mixture('test', 0).centres[0, 1]:.2f})"
    )
    many = family(places=1000).places
    assert np.abs(many.std(axis=0) - 1).max() < 4 / np.sqrt(2000), "drawn from the prior"
