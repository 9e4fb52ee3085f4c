"""Reptile by hand: θ − mean φ, with torch's own optimizers inside, fresh in every task or carried along."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from metagen_gui.engine.adaptation.inner_loop import ORDER
from metagen_gui.engine.algorithms.base import MetaParams, Moment, TaskNoise, algorithms
from metagen_gui.engine.algorithms.reptile import DECAY, Reptile
from metagen_gui.engine.data.spec import ImageSpec, PointSpec
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.evaluation import score
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.observer import Observer
from metagen_gui.engine.models.base import models
from metagen_gui.engine.settings.bad_input import BadInput

SMALL = {"width": 6, "depth": 1, "latent_size": 3, "context_size": 4}
LOCAL = {"likelihood": "local", "local_width": 3, "channels": 4}
TINY = {"channels": 4, "layers": 2, "units": 2, "looks": 1, "judge_channels": 2, "bank": 2, "code_size": 4}
OF_IMAGES = [("vae", LOCAL), *(("vae", {**LOCAL, "adapts_by": by}) for by in ("local", "both"))]
OF_IMAGES += [("pixel", TINY), ("image_gan", TINY)]
TASKS, SHOTS, STEPS = 3, 4, 3


def build(
    model_name: str, of_images: dict[str, object] | None = None, **settings: object
) -> tuple[Reptile, MetaParams, Tensor, Tensor, TaskNoise]:
    plugin, spec = models.get(model_name), PointSpec() if of_images is None else ImageSpec((1, 8, 8))
    chosen = {**SMALL, **(of_images or {})}
    model = plugin(plugin.Settings(**{k: v for k, v in chosen.items() if k in plugin.Settings.model_fields}), spec)
    chosen = {"inner_lr": 0.02, "adaptation_steps": STEPS, "adapts": "everything", **settings}
    algorithm = algorithms.get("reptile")(algorithms.get("reptile").Settings(**chosen), model)
    generator = torch.Generator().manual_seed(0)
    fresh = algorithm.initialize(generator)
    meta = MetaParams.of({player: {n: v.double() for n, v in values.items()} for player, values in fresh.items()})
    for values in algorithm.initialization(meta).values():
        for value in values.values():
            value += 0.1 * torch.randn(value.shape, generator=generator).double()
    support, query = (torch.randn(TASKS, n, *spec.shape, generator=generator).double() for n in (SHOTS, 5))
    if spec.has_pixels:
        support, query = (support > 0.5).double(), (query > 0.5).double()
    noise = algorithm.draw_noise(generator, TASKS, SHOTS, 5, STEPS)
    for part in (noise.support, noise.opponent, noise.query, noise.inner):
        part.update({name: value.double() for name, value in part.items() if name != ORDER})
    return algorithm, meta, support, query, noise


def adapted_by_hand(
    algorithm: Reptile, meta: MetaParams, batch: Tensor, noise: dict[str, Tensor], kept: dict | None = None
) -> MetaParams:
    """Return φ of one task, by an optimizer of torch per player that begins here and ends here.

    With `kept` the optimizers' states are those of the task before, by player, and are left there.
    """
    model, settings = algorithm.model, algorithm.settings
    meta = algorithm.initialization(meta)
    params = {p: {n: v.clone().requires_grad_() for n, v in values.items()} for p, values in meta.items()}
    optimizers = {}
    for player, values in params.items():
        groups = [
            {"params": [v], "lr": settings.inner_lr * model.group_rates[model.group_of(player, n)]}
            for n, v in values.items()
        ]
        adam = settings.inner_optimizer == "adam"
        optimizers[player] = torch.optim.Adam(groups, betas=(0.0, DECAY)) if adam else torch.optim.SGD(groups)
        if kept and player in kept:
            optimizers[player].load_state_dict({**optimizers[player].state_dict(), "state": kept[player]})
    for step in range(STEPS):
        for turn, player in enumerate(model.turns()):
            values = list(params[player].values())
            drawn = {n: v[step, turn] for n, v in noise.items()}
            seen = batch[drawn.pop(ORDER)] if ORDER in drawn else batch
            loss = model.loss(player, params, seen, drawn)
            gradients = torch.autograd.grad(loss, values, allow_unused=True)
            length = sum(float(g.square().sum()) for g in gradients if g is not None) ** 0.5
            scale = min(1.0, settings.inner_clip / length) if settings.inner_clip else 1.0
            for value, gradient in zip(values, gradients, strict=True):
                value.grad = torch.zeros_like(value) if gradient is None else gradient * scale
            optimizers[player].step()
    if kept is not None:
        kept |= {player: copy.deepcopy(optimizer.state_dict()["state"]) for player, optimizer in optimizers.items()}
    return {p: {n: v.detach() for n, v in values.items()} for p, values in params.items()}


def assert_is_the_way_to_the_adapted(
    found: MetaParams, algorithm: Reptile, meta: MetaParams, support: Tensor, noise: TaskNoise
) -> None:
    """Compare an outer gradient with θ − mean φ, every task's φ found by hand."""
    ends = [
        adapted_by_hand(algorithm, meta, support[i], {n: v[i] for n, v in noise.support.items()}) for i in range(TASKS)
    ]
    for player, values in meta.items():
        for name, value in values.items():
            expected = value - torch.stack([end[player][name] for end in ends]).mean(0)
            torch.testing.assert_close(found[player][name], expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("model_name", ["vae", "gan"])
@pytest.mark.parametrize("settings", [{"inner_optimizer": "adam", "inner_clip": 0.0}, {"inner_optimizer": "sgd"}])
def test_the_direction_is_theta_minus_the_mean_of_the_adapted(model_name: str, settings: dict[str, object]) -> None:
    algorithm, meta, support, query, noise = build(model_name, **{"inner_clip": 0.3, **settings})
    found = algorithm.meta_gradient(meta, support, query, noise, Moment())
    assert_is_the_way_to_the_adapted(found.gradients, algorithm, meta, support, noise)
    for player in meta:
        assert any(gradient.abs().max() > 1e-6 for gradient in found.gradients[player].values())
        assert found.query_loss[player].shape == (TASKS,)


@pytest.mark.parametrize(("model_name", "of_images"), OF_IMAGES, ids=str)
def test_of_images_one_plain_step_is_the_slope_of_the_support_loss_by_finite_differences(
    model_name: str, of_images: dict[str, object]
) -> None:
    """θ − mean φ = α r ∘ ∇ mean ℓ_S: of local pixels by what adaptation descends, and by nothing else.

    Who steps first has the others where they began; G of images, who steps second, does not look at D.
    """
    plain = {"inner_optimizer": "sgd", "inner_clip": 0.0, "adaptation_steps": 1, "inner_lr": 1.0}
    algorithm, meta, support, query, noise = build(model_name, of_images, **plain)
    model, theta, h = algorithm.model, algorithm.initialization(meta), 1e-5
    begun = [model.condition(theta, batch) for batch in support]  # what is looked up is so once, before step 0
    found = algorithm.meta_gradient(meta, support, query, noise, Moment()).gradients
    for turn, player in enumerate(model.turns()):
        random = torch.Generator().manual_seed(4)
        way = {name: torch.randn(value.shape, generator=random).double() for name, value in theta[player].items()}
        length = sum(float(part.square().sum()) for part in way.values()) ** 0.5
        sides = []
        for far in (1, -1, 2, -2):
            moved = {name: value + far * h / length * way[name] for name, value in theta[player].items()}
            losses = [
                model.loss(
                    player,
                    {**begun[i], player: {**begun[i][player], **moved}},
                    support[i],
                    {name: value[i, 0, turn] for name, value in noise.support.items()},
                )
                for i in range(TASKS)
            ]
            sides.append(float(torch.stack(losses).detach().mean()))
        expected = (8 * (sides[0] - sides[1]) - (sides[2] - sides[3])) / (12 * h) * length
        rates = {name: model.group_rates[model.group_of(player, name)] for name in way}
        slope = sum(float((found[player][name] / rates[name] * part).sum()) for name, part in way.items())
        assert expected != 0 and slope == pytest.approx(expected, rel=1e-5)


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
        Observer(looked).validate(0.0)
        Observer(looked).snapshot()
        assert looked.step() == blind.step()
        Observer(looked).snapshot()
    for player, values in blind.meta.items():
        assert all(torch.equal(looked.meta[player][name], value) for name, value in values.items())


def test_minibatches_go_through_all_examples_before_any_comes_again() -> None:
    algorithm, meta, support, query, noise = build("gan", minibatch=2, inner_optimizer="sgd")
    order = noise.support[ORDER]
    assert order.shape == (TASKS, STEPS, 2, 2) and noise.support["z"].shape[:4] == (TASKS, STEPS, 2, 2)
    for seen in order.flatten(1):
        for begin in range(0, len(seen) - SHOTS + 1, SHOTS):
            assert sorted(seen[begin : begin + SHOTS].tolist()) == list(range(SHOTS))
    assert len({tuple(seen.flatten().tolist()) for seen in order}) > 1, "every task has an order of its own"
    found = algorithm.meta_gradient(meta, support, query, noise, Moment())
    assert_is_the_way_to_the_adapted(found.gradients, algorithm, meta, support, noise)


@pytest.mark.parametrize("size", [0, SHOTS, SHOTS + 1])
def test_a_minibatch_of_all_examples_is_none(size: int) -> None:
    *_, noise = build("vae", minibatch=size)
    assert ORDER not in noise.support and noise.support["z"].shape[3] == SHOTS


def test_epsilon_falls_linearly_and_its_last_step_is_taken(tiny: Callable[..., Experiment]) -> None:
    """ε_i = ε (1 − i/n): every outer step moves θ by ε_i of the way, the last one by ε/n."""
    values = {
        "training.outer_optimizer": "sgd", "training.outer_lr": 0.5, "training.outer_clip": 0.0,
        "training.lr_schedule": "linear", "training.meta_steps": 10, "training.replay": False,
    }  # fmt: skip
    learner = MetaLearner(tiny("densities", "vae", "reptile", values))
    found: list[MetaParams] = []
    own = learner.algorithm.meta_gradient

    def watched(*given: object) -> object:
        result = own(*given)
        found.append(result.gradients)
        return result

    learner.algorithm.meta_gradient = watched
    for step in range(10):
        before = {name: value.detach().clone() for name, value in learner.meta["vae"].items()}
        learner.step()
        for name, value in learner.meta["vae"].items():
            expected = before[name] - 0.5 * (1 - step / 10) * found[-1]["vae"][name]
            torch.testing.assert_close(value.detach(), expected)
    assert len(found) == 10 and any(gradient.any() for gradient in found[-1]["vae"].values())


def test_minibatches_too_small_for_the_model_are_refused(tiny: Callable[..., Experiment]) -> None:
    values = {"algorithm.minibatch": 1, "model.mode_seeking": 0.5}
    with pytest.raises(BadInput, match=r"^algorithm.minibatch: 1 is too few for mode seeking"):
        MetaLearner(tiny("densities", "gan", "reptile", values))
    assert MetaLearner(tiny("densities", "gan", "reptile", {**values, "algorithm.minibatch": 2})).step().applied
    assert MetaLearner(tiny("densities", "gan", "reptile", {"algorithm.minibatch": 1})).step().applied
