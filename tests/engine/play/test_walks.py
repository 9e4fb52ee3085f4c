"""Walks begin at what the adaptation view shows, go evenly, and end where they should, for whatever model there is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.models.base import models
from metagen_gui.engine.play.walks import LEGS, Walk, Walker, Way, between, spherical
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.snapshots import kept_steps, read_snapshot
from metagen_gui.engine.trained.trained_run import open_run
from tests.engine.cells import home

MODELS = sorted(models.names())
Opened = Callable[[str], tuple[Walker, Snapshot]]


def go(walker: Walker, way: Way) -> Walk:
    going, told = walker.walking(way), []
    while True:
        try:
            told.append(next(going))
        except StopIteration as end:
            assert told == list(range(1, len(end.value.pictures.steps) + 1))
            return end.value


@pytest.fixture(scope="module")
def kept() -> dict[str, tuple[Walker, Snapshot]]:
    return {}


@pytest.fixture
def opened(kept: dict, tiny: Callable, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """The walker of a model's run and its last snapshot; every run is made once."""

    def open_one(name: str) -> tuple[Walker, Snapshot]:
        if name not in kept:
            folder: Path = tmp_path_factory.mktemp("run")
            tasks = "sinusoids" if name == "curve" else home(name)
            for _ in meta_train(tiny(tasks, name), out=folder):
                pass
            kept[name] = Walker(open_run(folder)), read_snapshot(folder, kept_steps(folder)[-1])
        return kept[name]

    return open_one


def near(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether pictures or points are the same but for rounding; few pixels drawn at a threshold may fall either way."""
    away = np.abs(one.astype(float) - other.astype(float))
    return bool((away > (2 if one.dtype == np.uint8 else 1e-3)).mean() < 0.02)


@pytest.mark.parametrize("name", MODELS)
def test_walks_of_a_task_begin_or_end_at_what_the_view_shows_of_it(name: str, opened: Opened) -> None:
    walker, snapshot = opened(name)
    assert walker.run.meta_step == snapshot.meta_step and walker.kinds
    for kind in walker.kinds:
        walk = go(walker, Way(kind, task=1, to=0, frames=5))
        pictures = walk.pictures
        frame = -1 if kind == "sampling" else 0
        assert near(pictures.samples[0, frame], snapshot.samples[1, -1]), kind
        assert pictures.names == (snapshot.names[1],)
        assert np.array_equal(pictures.support, snapshot.support[1:]) and pictures.extent == snapshot.extent
        assert (pictures.curves is None) == (snapshot.curves is None)
        if pictures.curves is not None and snapshot.curves is not None:
            assert near(pictures.curves[0, frame], snapshot.curves[1, -1])
        assert (pictures.density is None) == (snapshot.density is None or kind == "tasks")
        assert (pictures.truth is None) == (snapshot.truth is None or kind == "tasks")


@pytest.mark.parametrize("name", MODELS)
def test_between_two_tasks_it_ends_at_the_other_one_and_moves_on_the_way(name: str, opened: Opened) -> None:
    walker, snapshot = opened(name)
    walk = go(walker, Way("tasks", task=0, to=1, frames=6))
    samples = walk.pictures.samples[0]
    assert len(samples) == 6
    assert near(samples[0], snapshot.samples[0, -1]) and near(samples[-1], snapshot.samples[1, -1])
    assert (samples[2] != samples[0]).any() or name == "pixel"
    for task, (end, frame) in enumerate(zip(walk.ends, (0, -1), strict=True)):
        assert end.names == (snapshot.names[task],) and np.array_equal(end.support[0], snapshot.support[task])
        assert np.array_equal(end.samples[0, 0], samples[frame])
        assert (end.density is None) == (snapshot.density is None) and (end.truth is None) == (snapshot.truth is None)


@pytest.mark.parametrize("name", [name for name in MODELS if name not in ("curve", "pixel")])
def test_around_the_latents_it_comes_back(name: str, opened: Opened) -> None:
    walker, _ = opened(name)
    walk = go(walker, Way("latents", frames=30))
    frames = walk.pictures.samples[0].reshape(30, -1).astype(float)
    assert walk.closed
    steps = np.linalg.norm(np.diff(frames, axis=0, append=frames[:1]), axis=1)
    far = np.linalg.norm(frames - np.roll(frames, 10, axis=0), axis=1)
    assert 0 < steps.max() < 0.6 * far.max()  # the way home is no longer than any other step, and all are short


def test_no_walk_where_latents_are_not_normal(opened: Opened) -> None:
    for name in ("curve", "pixel"):
        walker, _ = opened(name)
        assert walker.kinds == ("tasks",)
        with pytest.raises(BadInput, match="no walk along latents"):
            go(walker, Way("latents"))


def test_what_is_no_latent_stays_as_it_is(opened: Opened) -> None:
    walker, _ = opened("vae")
    seen: list[torch.Tensor] = []
    generate = walker.model.generate
    walker.model.generate = lambda params, latents: (seen.append(latents), generate(params, latents))[1]
    go(walker, Way("latents", frames=15))
    del walker.model.generate
    seen = list(torch.cat(seen).split(len(walker.latents)))
    assert len(seen) == 15
    walked = walker.model.normal_latents
    assert 0 < walked < walker.latents.shape[1]  # points have noise of their own
    assert all(torch.equal(latents[:, walked:], walker.latents[:, walked:]) for latents in seen)
    assert not torch.allclose(seen[0][:, :walked], seen[4][:, :walked])


def test_the_way_from_noise_goes_through_every_state(opened: Opened) -> None:
    walker, _ = opened("flow")
    states = walker.model.settings.sampling_steps + 1
    assert go(walker, Way("sampling", frames=60)).pictures.steps == tuple(range(states))
    few = go(walker, Way("sampling", frames=4)).pictures
    assert len(few.steps) == 4 and (few.steps[0], few.steps[-1]) == (0, states - 1)


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (Way("tasks", 0, 2), "task: there is no task 3; there are 2"),
        (Way("latents", -1), "task: there is no task 0"),
        (Way("latents", 0, frames=1), "frames: a walk of 1 frames is not possible; 2 to 240 are"),
        (Way("sampling"), "walk: this run has no walk along sampling"),
    ],
)
def test_ways_that_are_not_there_are_named(way: Way, said: str, opened: Opened) -> None:
    with pytest.raises(BadInput, match=said.replace("(", r"\(")):
        go(opened("vae")[0], way)


def test_adaptation_that_diverges_is_named(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    walker, _ = opened("vae")
    lost = [{"vae": {"context": torch.full((3,), torch.nan)}}]
    monkeypatch.setattr(walker.algorithm, "trajectory", lambda *_: lost)
    with pytest.raises(BadInput, match="adaptation to task 2 has diverged"):
        go(walker, Way("latents", 1))


@given(st.integers(0, 2**31), st.floats(0, 1), st.integers(1, 40))
def test_spherical_steps_keep_to_the_sphere_and_meet_the_ends(seed: int, share: float, size: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    first, last = torch.randn(2, 3, size, generator=generator, dtype=torch.float64)
    unit = first / first.norm(dim=1, keepdim=True), last / last.norm(dim=1, keepdim=True)
    met = spherical(*unit, share)
    assert met.isfinite().all()
    torch.testing.assert_close(spherical(first, last, 0.0), first)
    torch.testing.assert_close(spherical(first, last, 1.0), last)
    apart = torch.acos((unit[0] * unit[1]).sum(1).clamp(-1, 1))
    told = (apart > 1e-3) & (apart < torch.pi - 1e-3)
    torch.testing.assert_close(met.norm(dim=1)[told], torch.ones(3, dtype=met.dtype)[told])
    gone = torch.acos((unit[0] * met).sum(1).clamp(-1, 1))
    torch.testing.assert_close(gone[told], share * apart[told], rtol=1e-5, atol=1e-6)


def test_a_loop_of_normal_latents_stays_normal() -> None:
    """Whatever the frame, numbers on the way are distributed as those it goes between, but for rounding."""
    random = torch.Generator().manual_seed(0)
    first, last = torch.randn(2, 400, 64, generator=random)
    for share in (0.25, 0.5):
        met = spherical(first, last, share)
        assert abs(float(met.mean())) < 0.03 and abs(float(met.std()) - 1) < 0.03
        assert float(torch.lerp(first, last, share).std()) < 0.85  # straight ways do not
    assert LEGS >= 3  # of two legs the second would go the first one back


def test_parameters_between_two_tasks_meet_both_exactly() -> None:
    first, last = ({"p": {"w": torch.randn(5), "b": torch.randn(1)}} for _ in range(2))
    assert torch.equal(between(first, last, 0.0)["p"]["w"], first["p"]["w"])
    assert torch.equal(between(first, last, 1.0)["p"]["b"], last["p"]["b"])
    torch.testing.assert_close(between(first, last, 0.25)["p"]["w"], 0.75 * first["p"]["w"] + 0.25 * last["p"]["w"])
