"""Reptile by hand: θ − mean φ, with torch's own optimizers inside, fresh in every task."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from metagen_gui.engine.algorithms.base import MetaParams, Moment, TaskNoise, algorithms
from metagen_gui.engine.algorithms.reptile import DECAY, Reptile
from metagen_gui.engine.evaluation import score
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.meta_learner import MetaLearner
from metagen_gui.engine.models.base import models
from metagen_gui.engine.tasks.base import DataSpec

POINTS = DataSpec("points", (2,))
SMALL = {"width": 6, "depth": 1, "latent_size": 3, "context_size": 4}
TASKS, SHOTS, STEPS = 3, 4, 3


def build(model_name: str, **settings: object) -> tuple[Reptile, MetaParams, Tensor, Tensor, TaskNoise]:
    model = models.get(model_name)(models.get(model_name).Settings(**SMALL), POINTS)
    chosen = {"inner_lr": 0.02, "adaptation_steps": STEPS, "adapts": "everything", **settings}
    algorithm = algorithms.get("reptile")(algorithms.get("reptile").Settings(**chosen), model)
    generator = torch.Generator().manual_seed(0)
    meta = {
        player: {n: v.double() + 0.1 * torch.randn(v.shape, generator=generator).double() for n, v in values.items()}
        for player, values in algorithm.initialize(generator).items()
    }
    support, query = (torch.randn(TASKS, n, 2, generator=generator).double() for n in (SHOTS, 5))
    noise = algorithm.draw_noise(generator, TASKS, SHOTS, 5, STEPS)
    for part in (noise.support, noise.judge, noise.query, noise.inner):
        part.update({name: value.double() for name, value in part.items()})
    return algorithm, meta, support, query, noise


def adapted_by_hand(algorithm: Reptile, meta: MetaParams, batch: Tensor, noise: dict[str, Tensor]) -> MetaParams:
    """Return φ of one task, by an optimizer of torch per player that begins here and ends here."""
    model, settings = algorithm.model, algorithm.settings
    params = {p: {n: v.clone().requires_grad_() for n, v in values.items()} for p, values in meta.items()}
    optimizers = {}
    for player, values in params.items():
        groups = [
            {"params": [v], "lr": settings.inner_lr * model.group_rates[model.group_of(player, n)]}
            for n, v in values.items()
        ]
        adam = settings.inner_optimizer == "adam"
        optimizers[player] = torch.optim.Adam(groups, betas=(0.0, DECAY)) if adam else torch.optim.SGD(groups)
    for step in range(STEPS):
        for turn, player in enumerate(model.turns()):
            values = list(params[player].values())
            loss = model.loss(player, params, batch, {n: v[step, turn] for n, v in noise.items()})
            gradients = torch.autograd.grad(loss, values, allow_unused=True)
            length = sum(float(g.square().sum()) for g in gradients if g is not None) ** 0.5
            scale = min(1.0, settings.inner_clip / length) if settings.inner_clip else 1.0
            for value, gradient in zip(values, gradients, strict=True):
                value.grad = torch.zeros_like(value) if gradient is None else gradient * scale
            optimizers[player].step()
    return {p: {n: v.detach() for n, v in values.items()} for p, values in params.items()}


@pytest.mark.parametrize("model_name", ["vae", "gan"])
@pytest.mark.parametrize("settings", [{"inner_optimizer": "adam", "inner_clip": 0.0}, {"inner_optimizer": "sgd"}])
def test_the_direction_is_theta_minus_the_mean_of_the_adapted(model_name: str, settings: dict[str, object]) -> None:
    algorithm, meta, support, query, noise = build(model_name, **{"inner_clip": 0.3, **settings})
    found = algorithm.meta_gradient(meta, support, query, noise, Moment())
    ends = [
        adapted_by_hand(algorithm, meta, support[i], {n: v[i] for n, v in noise.support.items()}) for i in range(TASKS)
    ]
    for player, values in meta.items():
        for name, value in values.items():
            expected = value - torch.stack([end[player][name] for end in ends]).mean(0)
            torch.testing.assert_close(found.gradients[player][name], expected, rtol=1e-8, atol=1e-10)
        assert any(gradient.abs().max() > 1e-6 for gradient in found.gradients[player].values())
        assert found.query_loss[player].shape == (TASKS,)


@pytest.mark.parametrize("model_name", ["vae", "gan"])
def test_moments_begin_afresh_in_every_task_and_every_step(model_name: str) -> None:
    """A meta-batch is the mean of its tasks alone, and asking twice gives the same: nothing is carried along."""
    algorithm, meta, support, query, noise = build(model_name)

    def direction(tasks: slice) -> MetaParams:
        picked = TaskNoise(
            *({n: v[tasks] for n, v in part.items()} for part in (noise.support, noise.judge, noise.query, noise.inner))
        )
        return algorithm.meta_gradient(meta, support[tasks], query[tasks], picked, Moment()).gradients

    together, again = direction(slice(None)), direction(slice(None))
    alone = [direction(slice(i, i + 1)) for i in range(TASKS)]
    for player, values in together.items():
        for name, value in values.items():
            assert torch.equal(value, again[player][name])
            torch.testing.assert_close(value, torch.stack([one[player][name] for one in alone]).mean(0))


@pytest.mark.parametrize("judge", ["query", "support"])
def test_training_grades_as_validation_does(judge: str, tiny: Callable[..., Experiment]) -> None:
    """One curve beside the other in the window: G's figure is of the same judge in both."""
    values = {"model.judge": judge, "model.mmd_weight": 0.0}
    learner = MetaLearner(tiny("densities", "gan", "reptile", values))
    support, query = learner.tensors(learner.family.batch("validation", 0, 2, 3, 4))
    noise = learner.algorithm.draw_noise(torch.Generator().manual_seed(0), 2, 3, 4, learner.steps)
    trained = learner.algorithm.meta_gradient(learner.meta, support, query, noise, Moment()).query_loss
    scored = score(learner.algorithm, learner.meta, support, query, noise, learner.steps).query_loss
    for player, losses in trained.items():
        assert losses.numpy() == pytest.approx(scored[player][-1], rel=1e-5)


def test_by_default_no_second_discriminator_is_adapted_for_a_figure() -> None:
    experiment = Experiment("densities", "gan", "reptile")
    assert experiment.config("model").judge == "support"
    assert Experiment("densities", "gan", "maml").config("model").judge == "query"


def test_what_does_not_adapt_is_not_learned() -> None:
    algorithm, meta, support, query, noise = build("vae", adapts="context")
    gradients = algorithm.meta_gradient(meta, support, query, noise, Moment()).gradients["vae"]
    assert [name for name, gradient in gradients.items() if gradient.any()] == ["context"]


def test_outer_sgd_is_the_papers_step(tiny: Callable[..., Experiment]) -> None:
    """θ ← θ + ε(mean φ − θ): with ε = 1 the initialization becomes the mean of the adapted parameters."""
    values = {"training.outer_optimizer": "sgd", "training.outer_lr": 1.0, "training.outer_clip": 0.0}
    learner = MetaLearner(tiny("densities", "vae", "reptile", {**values, "training.lr_schedule": "constant"}))
    theta = {name: value.detach().clone() for name, value in learner.meta["vae"].items()}
    found: list[MetaParams] = []
    own = learner.algorithm.meta_gradient

    def watched(*given: object) -> object:
        result = own(*given)
        found.append(result.gradients)
        return result

    learner.algorithm.meta_gradient = watched
    learner.step()
    for name, value in learner.meta["vae"].items():
        torch.testing.assert_close(value.detach(), theta[name] - found[0]["vae"][name])


@pytest.mark.parametrize("model_name", ["vae", "gan"])
def test_evaluation_leaves_no_trace(model_name: str, tiny: Callable[..., Experiment]) -> None:
    looked, blind = (MetaLearner(tiny("densities", model_name, "reptile")) for _ in range(2))
    for _ in range(3):
        looked.validate(0.0)
        looked.snapshot()
        assert looked.step() == blind.step()
        looked.snapshot()
    for player, values in blind.meta.items():
        assert all(torch.equal(looked.meta[player][name], value) for name, value in values.items())
