"""Amortised adaptation: what the support says in one pass, and gradient steps from there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from metagen_gui.engine.adaptation.set_encoder import changes_for, fresh_set_encoder
from metagen_gui.engine.algorithms.base import Algorithm, MetaParams, Moment, algorithms
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from tests.engine.toys import Quadratic, task

Tiny = Callable[..., Experiment]


def amortised(steps: int, **settings: object) -> tuple[Algorithm, MetaParams]:
    """Return the algorithm on quadratics in three dimensions, and meta-parameters none of which are 0."""
    plugin = algorithms.get("amortised")
    chosen = {"adaptation_steps": steps, "reader_width": 5, "learned_rates": "no", "inner_clip": 0.0, **settings}
    algorithm = plugin(plugin.Settings(**chosen), Quadratic(3))
    random = torch.Generator().manual_seed(1)
    fresh = algorithm.initialize(random)
    moved = {
        p: {n: v.double() + 0.1 * torch.randn(v.shape, generator=random) for n, v in fresh[p].items()} for p in fresh
    }
    return algorithm, MetaParams.of(moved)


def support(seed: int = 2) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    half, centre = torch.randn(3, 3, generator=random).double(), torch.randn(3, generator=random).double()
    return task(half @ half.T + torch.eye(3).double(), centre)


def test_with_no_steps_it_is_what_the_network_says() -> None:
    algorithm, meta = amortised(0)
    given = support()
    (only,) = algorithm.trajectory(meta, given, {"none": torch.zeros(0, 1, 1)}, 0)
    net = {name: value.detach() for name, value in meta.own["x"].items()}
    read = torch.nn.functional.silu(given.flatten(1) @ net["reads.0.weight"] + net["reads.0.bias"])
    read = (read @ net["reads.1.weight"] + net["reads.1.bias"]).mean(0)
    said = torch.nn.functional.silu(read @ net["reads.2.weight"] + net["reads.2.bias"]) @ net["reads.3.weight"]
    torch.testing.assert_close(only["x"]["x"], meta.model["x"]["x"] + said + net["reads.3.bias"])
    assert (only["x"]["x"] - meta.model["x"]["x"]).abs().max() > 1e-3


def test_gradient_steps_go_on_from_there() -> None:
    """As MAML's do from its initialization."""
    algorithm, meta = amortised(2, inner_lr=0.1)
    given, noise = support(), {"none": torch.zeros(2, 1, 1)}
    path = algorithm.trajectory(meta, given, noise, 2)
    maml = algorithms.get("maml")
    like = maml(maml.Settings(inner_lr=0.1, learned_rates="no", inner_clip=0.0), algorithm.model)
    expected = like.trajectory(MetaParams(path[0]), given, noise, 2)
    for found, wanted in zip(path, expected, strict=True):
        torch.testing.assert_close(found["x"]["x"], wanted["x"]["x"])


def test_a_set_has_neither_order_nor_number() -> None:
    random = torch.Generator().manual_seed(1)
    moving = {"a": torch.zeros(2, 2), "b": torch.zeros(3)}
    net, examples = fresh_set_encoder(random, 6, 4, moving), torch.randn(5, 6, generator=random)
    said = changes_for(net, examples, moving)
    assert {name: value.shape for name, value in said.items()} == {name: value.shape for name, value in moving.items()}
    for other in (examples.flip(0), torch.cat([examples, examples])):
        torch.testing.assert_close(changes_for(net, other, moving), said)
    assert not torch.allclose(changes_for(net, examples[:4], moving)["b"], said["b"])


@pytest.mark.parametrize("steps", [0, 2])
def test_it_learns_to_say_where_tasks_are(steps: int) -> None:
    """Quadratic tasks around centres that differ: no single initialization is near all, one pass of reading is."""
    algorithm, meta = amortised(steps, inner_lr=0.01, reader_width=32)
    random, leaves = (
        torch.Generator().manual_seed(3),
        {p: {n: v.requires_grad_() for n, v in meta[p].items()} for p in meta},
    )
    optimizer, losses = torch.optim.Adam(leaves["x"].values(), 0.01), []
    for _ in range(150):
        batch = torch.stack([task(torch.eye(3).double(), c) for c in torch.randn(16, 3, generator=random).double()])
        noise = algorithm.draw_noise(random, 16, batch.shape[1], batch.shape[1])
        found = algorithm.meta_gradient(MetaParams.of(leaves), batch, batch, noise, Moment())
        for name, value in leaves["x"].items():
            value.grad = found.gradients["x"][name]
        optimizer.step()
        losses.append(float(found.query_loss["x"].mean()))
    assert sum(losses[-10:]) < 0.2 * sum(losses[:10])


def test_contexts_and_priors_are_said_and_a_run_may_take_no_steps(tiny: Tiny) -> None:
    learner = MetaLearner(tiny("densities", "vae", "amortised", {"algorithm.adaptation_steps": 0}))
    assert learner.steps == 0
    assert learner.algorithm.adapted(learner.algorithm.initialization(learner.meta)) == {"vae": ("prior", "context")}
    assert learner.step().applied
