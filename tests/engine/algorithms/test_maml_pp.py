"""MAML++: the weights of the multi-step loss, and what changes over a run."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from metagen_gui.engine.algorithms.base import Moment
from metagen_gui.engine.algorithms.maml_pp import LEAST, step_weights
from tests.engine.toys import Quadratic, build, positive, quiet, task


def reference(steps: int, epoch: int, epochs_of_annealing: int) -> list[float]:
    """The importance vector of the published code, epoch by epoch."""
    if epoch >= epochs_of_annealing:
        return [0.0] * (steps - 1) + [1.0]
    rate, least = 1 / steps / epochs_of_annealing, 0.03 / steps
    early = max(1 / steps - epoch * rate, least)
    last = min(1 / steps + epoch * (steps - 1) * rate, 1 - (steps - 1) * least)
    return [early] * (steps - 1) + [last]


@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("epochs", [1, 15, 40])
def test_weights_are_the_references_at_every_epoch(steps: int, epochs: int) -> None:
    for epoch in range(100):
        assert step_weights(steps, epoch / 100, epochs / 100) == pytest.approx(reference(steps, epoch, epochs))


@given(st.integers(1, 20), st.floats(0, 1), st.floats(0, 1))
def test_weights_add_up_to_one_and_never_vanish_while_annealing(steps: int, share: float, until: float) -> None:
    weights = step_weights(steps, share, until)
    assert len(weights) == steps and sum(weights) == pytest.approx(1)
    assert len(set(weights[:-1])) <= 1 and weights[-1] >= weights[0] - 1e-12
    if share < until:
        assert min(weights) >= LEAST / steps - 1e-12


def test_weights_by_hand() -> None:
    assert step_weights(4, 0.0, 0.2) == [0.25, 0.25, 0.25, 0.25]
    assert step_weights(4, 0.1, 0.2) == pytest.approx([0.125, 0.125, 0.125, 0.625])
    assert step_weights(4, 0.109, 0.2) == step_weights(4, 0.1, 0.2), "an epoch is a hundredth of the run"
    assert step_weights(4, 0.2, 0.2) == [0, 0, 0, 1]


def test_the_order_of_derivatives_rises_when_its_share_is_over() -> None:
    algorithm = build("maml_pp", Quadratic(2), 2, 0.1, first_order_share=0.5, multi_step_share=0.0)
    meta = algorithm.initialize(torch.Generator().manual_seed(0))
    meta["x"]["x"].requires_grad_()
    given = (task(positive(2, 0), torch.ones(2).double())[None], task(positive(2, 1), -torch.ones(2).double())[None])

    def slope(share: float) -> torch.Tensor:
        return algorithm.meta_gradient(meta, *given, quiet(1, 2, 1, 1), Moment(share=share)).gradients["x"]["x"]

    first, second = (
        build(name, Quadratic(2), 2, 0.1).meta_gradient(meta, *given, quiet(1, 2, 1, 1), Moment()).gradients["x"]["x"]
        for name in ("fomaml", "maml")
    )
    assert torch.equal(slope(0.499), first) and torch.equal(slope(0.5), second) and not torch.equal(first, second)
