"""Shares of an outer step, each computed as by a process of its own, add up to what is found for all tasks at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch

from metagen_gui.engine.adaptation.meta_gradients import MetaGradient
from metagen_gui.engine.adaptation.meta_params import Named
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.ranks.learner import SharingLearner
from metagen_gui.engine.ranks.place import Place
from metagen_gui.engine.ranks.sums import shares
from tests.engine.cells import diagonal, home

CPU = torch.device("cpu")
CARRIED = {"algorithm.inner_optimizer": "adam", "algorithm.inner_state": "carried"}


def test_every_task_is_computed_once_and_nobody_has_two_more_than_another() -> None:
    for tasks in (1, 2, 5, 16, 17):
        for ranks in range(1, tasks + 1):
            found = shares(tasks, ranks)
            assert [task for share in found for task in share] == [*range(tasks)]
            assert len({len(share) for share in found}) <= 2
            assert max(map(len, found)) == len(found[0]) <= min(map(len, found)) + 1


@pytest.mark.parametrize(
    ("algorithm", "model", "values"),
    [(*pair, {}) for pair in diagonal(4)] + [("reptile", "vae", CARRIED)],
)
def test_shares_add_up(tiny: Callable[..., Experiment], algorithm: str, model: str, values: Mapping[str, Any]) -> None:
    experiment = tiny(home(model), model, algorithm, {**values, "training.meta_batch_size": 5})
    whole = MetaLearner(experiment)
    expected, found = whole.outer_gradient(whole.draw()), summed(experiment, 3)
    assert list(found.query_loss) == list(expected.query_loss)
    for player, losses in expected.query_loss.items():
        assert found.query_loss[player] == pytest.approx(losses, rel=1e-4)
    assert_close(found.gradients, expected.gradients)
    assert_close(found.replaced, expected.replaced)
    assert bool(expected.replaced) == (values == CARRIED)


@pytest.mark.parametrize("model", ["vae", "gan"])
def test_the_warm_up_is_that_of_one_process(tiny: Callable[..., Experiment], model: str) -> None:
    experiment = tiny("densities", model, "maml", {"training.warmup_steps": 2, "training.meta_batch_size": 3})
    whole = MetaLearner(experiment)
    expected, found = whole.outer_gradient(whole.draw()), summed(experiment, 2)
    for player, values in expected.gradients.items():
        assert torch.equal(found.query_loss[player], expected.query_loss[player])
        assert all(torch.equal(found.gradients[player][name], value) for name, value in values.items())


def summed(experiment: Experiment, ranks: int) -> MetaGradient:
    """Return what processes find together, in the shape of the last one's."""
    parts = [SharingLearner(experiment, Place(rank, ranks, rank, ranks), CPU).share() for rank in range(ranks)]
    vector, made_of_sum, _ = parts[-1]
    for other, *_ in parts[:-1]:
        vector += other
    return made_of_sum()


def assert_close(found: Named, expected: Named) -> None:
    """Compare by player, in units of the length of all its values."""
    assert {player: set(values) for player, values in found.items()} == {p: set(v) for p, v in expected.items()}
    for player, values in expected.items():
        apart = [(found[player][name] - value).flatten() for name, value in values.items()]
        if apart:
            length = torch.cat([value.flatten() for value in values.values()]).norm()
            assert torch.cat(apart).norm() <= 1e-4 * length
            assert all(found[player][name].shape == value.shape for name, value in values.items())
