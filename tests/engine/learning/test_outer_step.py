"""The outer step: how far it goes, what is limited, and that nothing moves where a gradient is not finite."""

from __future__ import annotations

import math

import pytest
import torch

from metagen_gui.engine.algorithms.base import MetaGradient
from metagen_gui.engine.learning.meta_learner import MetaLearner
from tests.engine.learning.test_meta_learner import SGD, Tiny, copy, fixed_gradient


def test_a_long_outer_gradient_is_shortened_per_player_and_a_short_one_is_not(tiny: Tiny) -> None:
    for limit, expected in ((2.0, 2.0), (0.0, None), (1e6, None)):
        changes = {**SGD, "training.outer_lr": 1.0, "training.outer_clip": limit}
        learner = MetaLearner(tiny("densities", "gan", "maml", changes))
        before = copy(learner.meta)
        fixed_gradient(learner, 0.5)
        learner.step()
        for player, values in learner.meta.items():
            moved = torch.cat([(values[n].detach() - before[player][n]).flatten() for n in values])
            length = expected or 0.5 * len(moved) ** 0.5
            assert float(moved.norm()) == pytest.approx(length, rel=1e-4)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_gradient_that_is_not_finite_is_not_applied_even_if_entries_are_limited(tiny: Tiny, value: float) -> None:
    learner = MetaLearner(tiny("densities", "gan", "leo", SGD))
    assert learner.training.outer_value_clip
    before = copy(learner.meta)
    fixed_gradient(learner, value)
    assert not learner.step().applied
    assert all(torch.equal(learner.meta[p][n], v) for p, values in before.items() for n, v in values.items())


def test_adam_moves_by_the_rate_however_long_the_gradient(tiny: Tiny) -> None:
    """Its first step is lr · g / |g| in every number; plain descent would take lr · g."""
    for optimizer, moves in (("adam", 0.01), ("sgd", 0.01 * 0.5)):
        changes = {**SGD, "training.outer_optimizer": optimizer}
        learner = MetaLearner(tiny("densities", "gan", "maml", changes))
        before = copy(learner.meta)
        fixed_gradient(learner, 0.5)
        learner.step()
        for player, values in learner.meta.items():
            for name, value in values.items():
                assert torch.allclose(before[player][name] - value.detach(), torch.tensor(moves), atol=1e-6)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_gradient_that_is_not_finite_is_not_applied(tiny: Tiny, value: float) -> None:
    """Neither player moves, nor do the optimizers' moments; the step counts all the same."""
    learner, undisturbed = (MetaLearner(tiny("densities", "gan", "maml")) for _ in range(2))
    before, own = copy(learner.meta), learner.algorithm.meta_gradient

    def broken(*given: object) -> MetaGradient:
        found = own(*given)
        found.gradients["generator"]["context"][0] = value
        found.query_loss["generator"][1] = value
        return found

    learner.algorithm.meta_gradient = broken
    report = learner.step()
    assert not report.applied and report.diverged == 1 and learner.meta_step == 1
    assert all(torch.equal(learner.meta[p][n], v) for p, values in before.items() for n, v in values.items())
    learner.algorithm.meta_gradient = own
    undisturbed.meta_step = 1
    assert learner.step() == undisturbed.step()
    for player, values in undisturbed.meta.items():
        assert all(torch.equal(learner.meta[player][name], value) for name, value in values.items())


def test_an_entry_of_the_outer_gradient_is_limited_before_its_length(tiny: Tiny) -> None:
    """As LEO's reference does: by value, then by norm; read off an SGD step of rate 1."""
    limits = {"training.outer_lr": 1.0, "training.outer_value_clip": 0.25, "training.outer_clip": 0.5}
    learner = MetaLearner(tiny("densities", "vae", "maml", {**SGD, **limits, "algorithm.learned_rates": "no"}))
    own = learner.algorithm.meta_gradient
    found: list[MetaGradient] = []

    def watched(*given: object) -> MetaGradient:
        found.append(own(*given))
        return found[-1]

    learner.algorithm.meta_gradient = watched
    before = copy(learner.meta)["vae"]
    learner.step()
    cut = {name: gradient.clamp(-0.25, 0.25) for name, gradient in found[0].gradients["vae"].items()}
    length = torch.cat([gradient.flatten() for gradient in cut.values()]).norm()
    assert length > 0.5 and any(not torch.equal(cut[name], found[0].gradients["vae"][name]) for name in cut)
    for name, value in learner.meta["vae"].items():
        torch.testing.assert_close(value.detach(), before[name] - cut[name] * 0.5 / length)
