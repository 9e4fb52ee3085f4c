"""iMAML: its line search, its one noise, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from toys import Quadratic, build, positive, task

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.inner_loop import SHARES, best_share
from metagen_gui.engine.meta_learner import MetaLearner


def test_the_best_share_is_the_one_of_least_loss_and_never_a_loss_that_is_none() -> None:
    like = torch.zeros(1).double()
    for wanted in SHARES:
        assert float(best_share(lambda s, w=wanted: (s - w).square(), like)) == wanted
    assert float(best_share(lambda s: torch.where(s > 0.05, torch.nan, -s), like)) == 2.0**-6
    assert float(best_share(lambda s: torch.where(s > 0, s, s - 1), like)) == 0


@pytest.mark.parametrize("lr", [0.1, 1.0, 30.0])
def test_with_a_line_search_the_regularised_loss_never_rises(lr: float) -> None:
    """Also at rates at which plain steps explode; and φ comes near the minimum."""
    strength, size = 2.0, 3
    algorithm = build("imaml", Quadratic(size), 40, lr, proximity=strength)
    meta = algorithm.initialize(torch.Generator().manual_seed(1))
    theta, a, c = meta["x"]["x"], positive(size, 0), torch.ones(size).double()

    def regularised(x: torch.Tensor) -> float:
        return float(0.5 * (x - c) @ a @ (x - c) + 0.5 * strength * (x - theta).square().sum())

    path = algorithm.trajectory(meta, task(a, c), {"none": torch.zeros(40, 1, 1)}, 40)
    losses = [regularised(step["x"]["x"]) for step in path]
    assert all(after <= before + 1e-12 for before, after in pairwise(losses))
    best = torch.linalg.solve(a + strength * torch.eye(size).double(), a @ c + strength * theta)
    assert losses[-1] - regularised(best) < 0.02 * (losses[0] - regularised(best))


def test_one_noise_serves_all_steps(tiny: Callable[..., Experiment]) -> None:
    learner = MetaLearner(tiny("densities", "vae", "imaml"))
    support, _ = learner.tensors(learner.family.batch("train", 0, 1, 3, 4))
    noise = {n: v[0] for n, v in learner.algorithm.adaptation_noise(torch.Generator().manual_seed(0), 1, 2, 3).items()}
    first = learner.algorithm.trajectory(learner.meta, support[0], noise, 2)[-1]["vae"]
    noise["z"][1:] = 100.0
    second = learner.algorithm.trajectory(learner.meta, support[0], noise, 2)[-1]["vae"]
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    assert not torch.equal(first["context"], learner.meta["vae"]["context"])
