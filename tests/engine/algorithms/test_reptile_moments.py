"""Reptile's inner Adam: fresh moments in every task, or those carried from task to task."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from metagen_gui.engine.algorithms.base import MetaParams, Moment, TaskNoise
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.observer import Observer
from tests.engine.algorithms.test_reptile import STEPS, TASKS, adapted_by_hand, build


@pytest.mark.parametrize("model_name", ["vae", "gan"])
def test_moments_begin_afresh_in_every_task_and_every_step(model_name: str) -> None:
    """A meta-batch is the mean of its tasks alone, and asking twice gives the same: nothing is carried along."""
    algorithm, meta, support, query, noise = build(model_name)

    def direction(tasks: slice) -> MetaParams:
        picked = TaskNoise(
            *(
                {n: v[tasks] for n, v in part.items()}
                for part in (noise.support, noise.opponent, noise.query, noise.inner)
            )
        )
        return algorithm.meta_gradient(meta, support[tasks], query[tasks], picked, Moment()).gradients

    together, again = direction(slice(None)), direction(slice(None))
    alone = [direction(slice(i, i + 1)) for i in range(TASKS)]
    for player, values in together.items():
        for name, value in values.items():
            assert torch.equal(value, again[player][name])
            torch.testing.assert_close(value, torch.stack([one[player][name] for one in alone]).mean(0))


@pytest.mark.parametrize("model_name", ["vae", "gan"])
def test_carried_moments_are_those_of_one_optimizer_that_goes_from_task_to_task(model_name: str) -> None:
    """With one task per meta-batch: the reference, whose Adam keeps its second moment and count of steps."""
    algorithm, meta, support, query, noise = build(model_name, inner_state="carried", inner_clip=0.0)
    kept: dict = {}
    for i in range(TASKS):
        found = algorithm.meta_gradient(meta, support[i : i + 1], query[i : i + 1], only(noise, i), Moment())
        end = adapted_by_hand(algorithm, meta, support[i], {n: v[i] for n, v in noise.support.items()}, kept)
        for player, values in algorithm.initialization(meta).items():
            for name, value in values.items():
                moved = value - end[player][name]
                torch.testing.assert_close(found.gradients[player][name], moved, rtol=1e-7, atol=1e-9)
            counts = {float(state["step"]) for state in kept[player].values()}
            assert counts == {float(found.replaced[player]["@moments_taken"])} == {STEPS * (i + 1)}
        meta = MetaParams.of({player: values | found.replaced[player] for player, values in meta.items()})


def only(noise: TaskNoise, task: int) -> TaskNoise:
    parts = (noise.support, noise.opponent, noise.query, noise.inner)
    return TaskNoise(*({name: value[task : task + 1] for name, value in part.items()} for part in parts))


def test_a_meta_batch_carries_the_mean_of_its_tasks_moments() -> None:
    algorithm, meta, support, query, noise = build("vae", inner_state="carried")
    together = algorithm.meta_gradient(meta, support, query, noise, Moment()).replaced["vae"]
    alone = [
        algorithm.meta_gradient(meta, support[i : i + 1], query[i : i + 1], only(noise, i), Moment()).replaced["vae"]
        for i in range(TASKS)
    ]
    for name, value in together.items():
        torch.testing.assert_close(value, torch.stack([one[name] for one in alone]).mean(0))


@pytest.mark.parametrize("state", ["carried", "reset"])
def test_looking_uses_the_carried_moments_and_leaves_them(state: str, tiny: Callable[..., Experiment]) -> None:
    values = {"algorithm.inner_state": state, "training.meta_steps": 5}
    looked, blind = (MetaLearner(tiny("densities", "gan", "reptile", values)) for _ in range(2))
    for _ in range(3):
        Observer(looked).validate(0.0)
        Observer(looked).snapshot()
        assert looked.step() == blind.step()
    for player, tensors in blind.meta.items():
        assert any(name.startswith("@moment") for name in tensors) == (state == "carried")
        assert all(torch.equal(looked.meta[player][name], value) for name, value in tensors.items())
    if state == "carried":
        before = Observer(looked).validate(0.0)[1]
        with torch.no_grad():
            for tensors in looked.meta.values():
                for name, value in tensors.items():
                    if name.startswith("@moment."):
                        value.mul_(100)
        assert Observer(looked).validate(0.0)[1] != before, "adaptation in validation begins with what is carried"
