"""Rivals take the same steps from the same latents, from weights that were not meta-learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from metagen_gui.engine.play.opened import open_to_play
from metagen_gui.engine.play.rivals import from_scratch, joint_run, jointly_trained
from metagen_gui.engine.play.session import Session

Trained = Callable[..., Path]


def last(made: Iterator[Session | None]) -> Session:
    *tuning, session = made
    assert session is not None and set(tuning) <= {None}
    return session


def session_on(folder: Path) -> Session:
    opened = open_to_play(folder)
    return Session(opened.model, opened.family)


def test_from_scratch_begins_with_fresh_weights_and_takes_plain_steps(trained: Trained) -> None:
    mine = session_on(trained("strokes", "vae", "maml"))
    rival = last(from_scratch(mine))
    assert np.array_equal(rival.latents, mine.latents) and rival.steps == mine.steps
    assert not any(rival.model.weights.own.values())
    assert not rival.model.algorithm.rates_given and rival.model.experiment.algorithm != "maml"
    assert len({rate.item() for rate in rival.model.algorithm.rates(rival.model.weights)["vae"].values()}) == 1
    support = mine.held_out(0).support
    ours, theirs = mine.adapt(support), rival.adapt(support)
    assert ours.samples.shape == theirs.samples.shape and not np.array_equal(ours.samples, theirs.samples)


def test_a_gan_takes_the_way_that_nothing_has_to_be_tuned_for(trained: Trained) -> None:
    mine = session_on(trained("densities", "gan", "reptile"))
    made = [*from_scratch(mine)]
    assert len(made) == 1 and made[0] is not None
    assert made[0].model.experiment.config("algorithm").inner_lr == 0.003


def test_a_joint_run_of_the_same_model_is_found_and_begun_with(trained: Trained, tmp_path: Path) -> None:
    mine = session_on(trained("densities", "vae", "maml", out="runs/mine"))
    roots = [tmp_path / "runs", tmp_path / "claims"]
    assert joint_run(mine, roots) is None
    trained("densities", "gan", "reptile", out="runs/other", training__warmup_steps=3)
    assert joint_run(mine, roots) is None
    joint = trained("densities", "vae", "maml", out="claims/test/runs/joint", training__warmup_steps=3)
    assert joint_run(mine, roots) == joint
    rival = last(jointly_trained(mine, joint))
    learned = open_to_play(joint).model.weights.model["vae"]
    assert all(np.array_equal(rival.model.weights["vae"][name], value) for name, value in learned.items())
