"""iMAML: its line search, its one noise, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch

from metagen_gui.engine.adaptation.inner_loop import SHARES, best_share
from metagen_gui.engine.adaptation.proximal import Proximal
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from tests.engine.toys import Quadratic, build, positive, task


def test_the_best_share_is_the_one_of_least_loss_and_never_a_loss_that_is_none() -> None:
    like = torch.zeros(1).double()
    for wanted in SHARES:
        assert float(best_share(lambda s, w=wanted: (s - w).square(), like)) == wanted
    assert float(best_share(lambda s: torch.where(s > 0.05, torch.nan, -s), like)) == 2.0**-6
    assert float(best_share(lambda s: torch.where(s > 0, s, s - 1), like)) == 0


@pytest.mark.parametrize("size", [1, 3, 6])
def test_hessian_free_steps_find_the_minimum_of_a_quadratic_at_once(size: int) -> None:
    """With as many conjugate steps as numbers one step is exact, whatever the curvature and the rate."""
    strength = 2.0
    algorithm = build("imaml", Quadratic(size), 1, 1e-6, proximity=strength, conjugate_steps=size)
    meta = algorithm.initialize(torch.Generator().manual_seed(1))
    theta, a, c = meta["x"]["x"], 1e3 * positive(size, 0), torch.ones(size).double()
    best = torch.linalg.solve(a + strength * torch.eye(size).double(), a @ c + strength * theta)
    end = algorithm.trajectory(meta, task(a, c), {"none": torch.zeros(1, 1, 1)}, 1)[-1]["x"]["x"]
    torch.testing.assert_close(end, best, rtol=1e-9, atol=1e-9)


def test_the_regularised_loss_never_rises_also_where_it_is_not_convex() -> None:
    """A double well far from its minima, where curvature is negative and Newton's direction would go uphill."""
    strength, start = 0.01, {"x": torch.tensor([0.05, -0.02, 0.3]).double()}
    problem = Proximal(lambda at: ((at["x"].square() - 1) ** 2).sum(), start, strength)
    path = [start]
    for _ in range(12):
        path.append(problem.newton_step(path[-1], 3))
    values = [float(problem.value(at)) for at in path]
    assert all(after <= before for before, after in pairwise(values)) and values[-1] < 0.05 * values[0]
    assert path[-1]["x"].abs().tolist() == pytest.approx([1, 1, 1], abs=0.02)


def test_one_noise_serves_all_steps(tiny: Callable[..., Experiment]) -> None:
    learner = MetaLearner(tiny("densities", "vae", "imaml"))
    support, _ = learner.tensors(learner.family.batch("train", 0, 1, 3, 4))
    noise = {n: v[0] for n, v in learner.algorithm.adaptation_noise(torch.Generator().manual_seed(0), 1, 2, 3).items()}
    first = learner.algorithm.trajectory(learner.meta, support[0], noise, 2)[-1]["vae"]
    noise["z"][1:] = 100.0
    second = learner.algorithm.trajectory(learner.meta, support[0], noise, 2)[-1]["vae"]
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    assert not torch.equal(first["context"], learner.meta["vae"]["context"])
