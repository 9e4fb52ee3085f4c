"""A session adapts as an export does, from the same latents every time, and leaves the run alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from metagen_gui.engine.play import session as session_module
from metagen_gui.engine.play.opened import open_to_play
from metagen_gui.engine.play.session import Session, nearest
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.trained.export import export_adapted, export_initialization

Played = Callable[..., Session]


def test_samples_are_those_of_an_adapted_model(played: Played) -> None:
    session = played("strokes", "vae", "maml")
    support = session.held_out(0).support
    shown = session.adapt(support, "mine")
    assert shown.names == ("mine",) and shown.steps == (0, 1, 2) and shown.samples.shape[:3] == (1, 3, 16)
    adapted = session.model.adapt(support, 2, seed=0)
    for step, params in ((0, session.model.parameters), (2, adapted.parameters)):
        made = session.model.algorithm.model.generate(params, session.latents)
        assert np.array_equal(shown.samples[0, step], session.model.spec.to_show(made.numpy()))
    assert not np.array_equal(shown.samples[0, 0], shown.samples[0, 2])


def test_the_same_examples_give_the_same_and_one_is_enough(played: Played) -> None:
    session = played("strokes", "vae", "maml")
    one = session.held_out(3).support[:1]
    assert np.array_equal(session.adapt(one).samples, session.adapt(one.copy()).samples)
    other = Session(session.model, session.family, seed=1)
    assert not np.array_equal(session.adapt(one).samples, other.adapt(one).samples)


def test_points_come_with_their_plane_and_curves(played: Played) -> None:
    shown = (session := played("sinusoids", "curve", "maml", training__steps_shown=4)).adapt(np.zeros((2, 2)))
    session.take_steps(7)
    assert session.adapt(np.zeros((2, 2))).steps == tuple(range(8))
    with pytest.raises(BadInput, match="-1 adaptation steps"):
        session.take_steps(-1)
    assert len(shown.steps) == 5 and shown.curves is not None and shown.curve_x is not None
    assert shown.curves.shape == (1, 5, len(shown.curve_x)) and shown.query.shape == (1, 0, 2)
    assert shown.extent is not None and shown.extent[2] >= 5.0


@pytest.mark.parametrize(
    "plugins", [("strokes", "vae", "maml"), ("sinusoids", "curve", "maml"), ("strokes", "image_gan", "fomaml")]
)
def test_what_was_rehearsed_is_replayed_to_the_last_bit(played: Played, plugins: tuple[str, ...]) -> None:
    session = played(*plugins)
    supports = [session.held_out(index).support for index in (0, 1)]
    computed = [session.adapt(support) for support in supports]
    assert session.rehearse(supports[0])
    computing, session._computing = session._computing, None  # type: ignore[assignment,method-assign]
    for support, expected in zip(supports, computed, strict=True):
        replayed = session.adapt(support)
        assert np.array_equal(replayed.samples, expected.samples)
        assert (replayed.curves is None) or np.array_equal(replayed.curves, expected.curves)
    session._computing = computing  # type: ignore[method-assign]
    assert session.adapt(supports[0][:1]).support.shape[1] == 1, "as many examples were not rehearsed"


def test_what_cannot_be_recorded_is_computed(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "LONGEST", 10)
    session = played("strokes", "vae", "maml")
    support = session.held_out(0).support
    expected = session.adapt(support)
    assert not session.rehearse(support)
    assert np.array_equal(session.adapt(support).samples, expected.samples)


@pytest.mark.parametrize("wrong", [np.zeros((0, 1, 16, 16)), np.zeros((2, 16, 16)), np.full((1, 1, 16, 16), 2.0)])
def test_examples_of_another_kind_are_refused(played: Played, wrong: np.ndarray) -> None:
    with pytest.raises(BadInput, match="examples"):
        played("strokes", "vae", "maml").adapt(wrong)


def test_what_diverges_is_told(played: Played) -> None:
    session = played("densities", "vae", "maml", algorithm__inner_clip=0.0)
    rates = {n: torch.full_like(v, 60.0) for n, v in session.model.weights.own["vae"].items()}
    session.model.weights.own["vae"].update(rates)
    with pytest.raises(BadInput, match="diverged; take fewer"):
        session.adapt(10 * np.ones((4, 2)))


def test_a_run_an_export_and_nothing_else_is_opened(trained: Callable[..., Path], tmp_path: Path) -> None:
    run = trained("densities", "vae", "maml")
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    opened = open_to_play(run)
    exported = open_to_play(export_initialization(run, tmp_path / "exported").folder)
    assert (opened.meta_step, exported.meta_step) == (3, 0)
    support = opened.family.task("test", 0, 4, 4).support
    of_run, of_export = (Session(each.model, each.family).adapt(support).samples for each in (opened, exported))
    assert np.array_equal(of_run, of_export)
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before
    with pytest.raises(BadInput, match="adapted already"):
        open_to_play(export_adapted(run, tmp_path / "adapted", task_index=0).folder)
    with pytest.raises(BadInput, match="no such run folder"):
        open_to_play(tmp_path / "nowhere")


def test_the_nearest_example_of_every_sample() -> None:
    random = np.random.default_rng(0)
    samples, support = random.random((3, 4, 2, 5)), random.random((6, 2, 5))
    found = nearest(samples, support)
    for step in range(3):
        for place in range(4):
            away = ((samples[step, place] - support) ** 2).sum((1, 2))
            assert found[step, place] == away.argmin()
