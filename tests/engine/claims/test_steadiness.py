"""Steadiness is compared run by run, by figures that a closed form knows, and never by fewer than five seeds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from metagen_gui.engine.claims.gradient_norms import BATCHES, gradient_norms
from metagen_gui.engine.claims.outcomes import Outcome
from metagen_gui.engine.claims.steadiness import compare_training
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.held_out.measures import Measure
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.trained.trained_run import open_run

LOSS = Measure("loss", "Query loss", "nats", "lower", "generalises")


def outcome(seed: int, setback: float) -> Outcome:
    return Outcome("run", seed, 9, "finished", "", 1.0, 0.0, setback, 1.0, 0.5)


def test_five_seeds_are_compared_and_four_are_not() -> None:
    noise = np.random.default_rng(0).normal(size=5) * 0.01
    calm = {seed: outcome(seed, 0.1 + noise[seed]) for seed in range(5)}
    wild = {seed: outcome(seed, 0.6 - noise[seed]) for seed in range(5)}
    found = {title: (difference, why) for title, difference, why in compare_training(calm, wild, [], LOSS)}
    difference, why = found["largest setback"]
    assert difference.mean == pytest.approx(0.5, abs=0.02) and difference.p < 0.05 and not why
    assert found["diverged training tasks"][0].p == 1
    del wild[3]
    for _, difference, why in compare_training(calm, wild, [], LOSS):
        assert difference.tasks == 0 and "4 of the 5 seeds" in why


def test_runs_without_a_figure_do_not_help_their_arm() -> None:
    """A run that never improved has an infinite setback: leaving it out must not make its arm the steadier one."""
    noise = np.random.default_rng(0).normal(size=7) * 0.01
    calm = {seed: outcome(seed, 0.1 + noise[seed]) for seed in range(7)}
    wild = {seed: outcome(seed, 0.6 - noise[seed]) for seed in range(7)}
    calm[2] = outcome(2, np.inf)
    difference, why = next((found, why) for _, found, why in compare_training(calm, wild, [], LOSS))
    assert difference.tasks == 6 and difference.p < 0.05 and "1 of its 7 seeds have none, 0 there" in why
    difference, why = next((found, why) for _, found, why in compare_training(wild, calm, [], LOSS))
    assert difference.mean < 0 and not why
    calm[3] = calm[4] = outcome(3, np.nan)
    difference, why = next((found, why) for _, found, why in compare_training(calm, wild, [], LOSS))
    assert difference.tasks == 0 and "4 of 7 seeds" in why


def test_gradients_are_those_of_the_run_where_it_ended(tiny: Callable[..., Experiment], tmp_path: Path) -> None:
    experiment = tiny("densities", "vae", "maml")
    list(meta_train(experiment, out=tmp_path / "run", previews=False))
    found = gradient_norms(experiment, tmp_path / "run", joint=False)
    assert found.shape == (BATCHES,) and len(set(found)) == BATCHES
    longer = experiment.with_value("training.meta_steps", 30)
    list(meta_train(longer, out=tmp_path / "longer", previews=False))
    assert not np.allclose(found, gradient_norms(experiment, tmp_path / "longer", joint=False)), (
        "not those of the start"
    )


def test_gradients_by_hand(tiny: Callable[..., Experiment], tmp_path: Path) -> None:
    """Reptile's is θ − φ, nothing where φ stays at θ; joint training's is that of the pooled loss."""
    experiment = tiny("densities", "vae", "reptile", {"algorithm.inner_lr": 0.0})
    list(meta_train(experiment, out=tmp_path / "run", previews=False))
    assert not gradient_norms(experiment, tmp_path / "run", joint=False).any()
    run = open_run(tmp_path / "run")
    batch = run.family.batch("validation", 0, 2, 3, 4)
    pooled = torch.from_numpy(np.concatenate([batch.support, batch.query], axis=1).reshape(-1, 2))
    model = run.model.algorithm.model
    weights = {name: value.requires_grad_() for name, value in run.model.parameters["vae"].items()}
    noise = model.noise(generator_for(0, "evaluation", 0), (), len(pooled))
    parts = torch.autograd.grad(model.loss("vae", {"vae": weights}, pooled, noise), [*weights.values()])
    by_hand = torch.cat([part.flatten() for part in parts]).norm().item()
    assert gradient_norms(experiment, tmp_path / "run", joint=True)[0] == pytest.approx(by_hand, rel=1e-5)
