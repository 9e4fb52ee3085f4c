"""Chunks of tasks: the same gradient and the same losses, for every algorithm and model."""

from __future__ import annotations

import weakref

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from metagen_gui.engine.adaptation.meta_gradients import MetaGradient
from metagen_gui.engine.adaptation.task_noise import TaskNoise
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.task_chunks import even, in_chunks
from metagen_gui.testing.algorithms import EARLY, double, draw
from tests.engine.adaptation.test_meta_gradients import CASES
from tests.engine.beneath_autograd.test_factoring import assert_equal, everything_adapts
from tests.engine.cells import EVERY, diagonal


@pytest.mark.parametrize(
    ("name", "model", "chunk"),
    [
        (*pair, chunk)
        for place, pair in enumerate(diagonal(3))
        for chunk in (1, 3)
        if EVERY or chunk == 1 + place % 2 * 2
    ],
)
def test_the_gradient_is_the_same(name: str, model: str, chunk: int) -> None:
    points = next(case for case in CASES if case[0] == model)
    algorithm = everything_adapts(name, (model, points[1], {"width": 6}, {}))
    if name == "reptile":
        settings = algorithm.settings.model_copy(update={"inner_optimizer": "adam", "inner_state": "carried"})
        algorithm = type(algorithm)(settings, algorithm.model)
    meta, drawn = double(algorithm.initialize(torch.Generator().manual_seed(1))), draw(algorithm, tasks=4)
    for own in meta.own.values():
        own |= {key: value.abs() for key, value in own.items() if key.startswith("moment")}
    sizes = []

    def step(support, query, noise):
        sizes.append(len(support))
        return algorithm.meta_gradient(meta, support, query, noise, EARLY)

    whole, parts = in_chunks(step, *drawn, chunk=0), in_chunks(step, *drawn, chunk=chunk)
    assert_equal(parts, whole, meta)
    assert sizes == [4] + [even(4, chunk)] * (4 // even(4, chunk))


@given(st.integers(1, 200), st.integers(1, 300))
def test_chunks_are_even(tasks: int, chunk: int) -> None:
    size = even(tasks, chunk)
    assert tasks % size == 0 and size <= chunk
    assert not any(tasks % larger == 0 for larger in range(size + 1, min(chunk, tasks) + 1))


def test_a_run_in_chunks_learns_the_same(tiny) -> None:
    losses = []
    for chunk in (0, 1):
        learner = MetaLearner(tiny("densities", "vae", "maml", {"training.chunk": chunk}))
        assert isinstance(learner.experiment, Experiment)
        losses.append([learner.step().query_loss["vae"] for _ in range(8)])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert losses[0][0] != losses[0][1]


def test_gradients_of_chunks_are_added_up_as_they_come() -> None:
    """No two chunks' gradients are held at a time, and nothing is written into what a step has returned."""
    returned: list[weakref.ref[torch.Tensor]] = []
    fixed = torch.ones(3)

    def step(support, query, noise):
        assert sum(each() is not None for each in returned) == 0
        found = support.sum() * torch.ones(1000)
        returned.append(weakref.ref(found))
        return MetaGradient({"x": {"a": found, "b": fixed}}, {"x": support})

    drawn = torch.arange(4.0), torch.zeros(4), TaskNoise({}, {}, {}, {})
    found = in_chunks(step, *drawn, chunk=1)
    assert found.gradients["x"]["a"][0] == 1.5 and found.query_loss["x"].tolist() == [0, 1, 2, 3]
    assert torch.equal(found.gradients["x"]["b"], torch.ones(3)) and torch.equal(fixed, torch.ones(3))
