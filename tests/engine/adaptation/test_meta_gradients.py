"""Meta-gradients of the real models against central differences, in float64."""

from __future__ import annotations

import pytest
import torch

from metagen_gui.engine.algorithms.base import Algorithm, MetaParams, Moment, algorithms, grade
from metagen_gui.engine.algorithms.maml_pp import step_weights
from metagen_gui.engine.data.spec import DataSpec, ImageSpec, PointSpec
from metagen_gui.engine.models.base import Circumstances, models

POINTS, IMAGES = PointSpec(), ImageSpec((1, 16, 16))
TINY = {"width": 6, "latent_size": 3, "context_size": 4}
CASES = [
    ("vae", POINTS, {}, {}),
    ("vae", POINTS, {}, {"adapts": "everything"}),
    ("vae", IMAGES, {}, {"inner_clip": 0.5}),
    ("vae", IMAGES, {"network": "conv", "channels": 4}, {}),
    ("gan", POINTS, {}, {}),
    ("gan", POINTS, {"judge": "support", "mmd_weight": 0.0}, {"adapts": "generator"}),
    ("gan", POINTS, {"loss": "hinge", "discriminator_turns": 2}, {}),
    ("gan", POINTS, {"loss": "wgan_gp"}, {"adapts": "both contexts"}),
    ("gan", POINTS, {"unrolled_steps": 2, "unrolled_lr": 0.1, "mode_seeking": 0.5}, {}),
    ("gan", POINTS, {"mmd_where": "both", "mode_seeking": 0.5}, {}),
    ("gan", IMAGES, {"network": "conv", "channels": 4}, {"adapts": "both contexts"}),
    ("curve", POINTS, {"activation": "tanh", "initial_weights": "by_inputs"}, {}),
    ("curve", POINTS, {"context_size": 0, "initial_weights": "by_inputs"}, {}),
]
LEARNED = {"maml": "per_entry", "anil": "per_group", "cavia": "per_entry", "maml_pp": "per_layer"}
MOMENT = Moment(share=0.1)
"""Early enough for MAML++ to weigh all steps."""


def title(case: tuple) -> str:
    return f"{case[0]}-{case[1].kind}-{case[2]}-{case[3]}".replace(" ", "")


def double(meta: MetaParams) -> MetaParams:
    # every tensor is moved off zero, where contexts and biases begin and some derivatives vanish
    generator = torch.Generator().manual_seed(5)
    return {
        player: {
            name: (value.double() + 0.05 * torch.randn(value.shape, generator=generator).double()).requires_grad_()
            for name, value in values.items()
        }
        for player, values in meta.items()
    }


def build(name: str, case: tuple[str, DataSpec, dict, dict]) -> Algorithm:
    model_name, spec, model_settings, settings = case
    model_type, algorithm_type = models.get(model_name), algorithms.get(name)
    chosen = {**TINY, **model_settings}
    chosen = {key: value for key, value in chosen.items() if key in model_type.Settings.model_fields}
    model = model_type(model_type.Settings(**chosen), spec)
    return algorithm_type(algorithm_type.Settings(**{"inner_lr": 0.05, "adaptation_steps": 2, **settings}), model)


def draw(algorithm: Algorithm, tasks: int = 2, shots: int = 3, queries: int = 4):
    generator = torch.Generator().manual_seed(0)
    shape = algorithm.model.spec.shape
    support, query = torch.rand(tasks, shots, *shape).double(), torch.rand(tasks, queries, *shape).double()
    noise = algorithm.draw_noise(generator, tasks, shots, queries)
    for part in (noise.support, noise.opponent, noise.query, noise.inner):
        part.update({name: value.double() for name, value in part.items()})
    return support, query, noise


H = 1e-5


def outer_losses(algorithm: Algorithm, meta: MetaParams, drawn: tuple) -> dict[str, torch.Tensor]:
    """Return what the algorithm descends, task by task without vmap, as its paper defines it."""
    support, query, noise = drawn
    model, steps = algorithm.model, algorithm.steps
    weights = [0.0] * (steps - 1) + [1.0]
    if algorithm.settings.__class__.__name__ == "MamlPlusPlusSettings":
        weights = step_weights(steps, MOMENT.share, algorithm.settings.multi_step_share)
    total = {player: torch.zeros(()).double() for player in model.players}
    for i in range(len(support)):
        mine = [{n: v[i] for n, v in part.items()} for part in (noise.support, noise.opponent, noise.query)]
        path = algorithm.trajectory(meta, support[i], mine[0], steps)
        opponent = algorithm.trajectory(meta, query[i], mine[1], steps)[-1] if model.needs_opponent else None
        for weight, params in zip(weights, path[1:], strict=True):
            for player, loss in grade(model, params, query[i], mine[2], Circumstances(opponent=opponent)).items():
                total[player] = total[player] + weight * loss / len(support)
    return total


def loss_at(algorithm: Algorithm, meta: MetaParams, player: str, direction: dict, distance: float, drawn: tuple):
    """Return the player's mean outer loss with its own meta-parameters moved along `direction`."""
    moved = {name: (value + distance * direction[name]).detach() for name, value in meta[player].items()}
    with torch.no_grad():
        return float(outer_losses(algorithm, {**meta, player: moved}, drawn)[player])


def assert_slopes_agree(algorithm: Algorithm, meta: MetaParams, drawn: tuple, tolerance: float) -> None:
    """Compare the meta-gradient with central differences along a random direction through all of each player's own."""
    found = algorithm.meta_gradient(meta, *drawn, MOMENT).gradients
    generator = torch.Generator().manual_seed(3)
    for player, values in meta.items():
        direction = {name: torch.randn(value.shape, generator=generator).double() for name, value in values.items()}
        length = sum(float(part.square().sum()) for part in direction.values()) ** 0.5

        sides = [loss_at(algorithm, meta, player, direction, far * H / length, drawn) for far in (1, -1, 2, -2)]
        # central differences of fourth order
        expected = (8 * (sides[0] - sides[1]) - (sides[2] - sides[3])) / (12 * H) * length
        slope = sum(float((found[player][name] * direction[name]).sum()) for name in values)
        assert slope == pytest.approx(expected, rel=tolerance, abs=1e-9)
        assert expected != 0


@pytest.mark.parametrize("case", CASES, ids=title)
@pytest.mark.parametrize("name", ["maml", "meta_sgd", "anil", "cavia", "maml_pp"])
def test_meta_gradients_agree_with_finite_differences(name: str, case: tuple) -> None:
    torch.manual_seed(1)
    settings = dict(case[3])
    if name in LEARNED:
        settings["learned_rates"] = LEARNED[name]
    if name == "meta_sgd":
        settings |= {"lowest_start": 0.05, "highest_start": 0.06, "inner_lr": 1.0}
    if name == "maml_pp":
        settings["first_order_share"] = 0.0
    if name == "anil":
        settings["adapts"] = "head"
    if name == "cavia":
        if case[2].get("context_size") == 0:
            return  # nothing to adapt: refused before a run
        settings["adapts"] = "context"
    algorithm = build(name, (*case[:3], settings))
    meta = double(algorithm.initialize(torch.Generator().manual_seed(2)))
    assert_slopes_agree(algorithm, meta, draw(algorithm), 3e-6)


@pytest.mark.parametrize("adapts", ["default", "everything"])
@pytest.mark.parametrize("case", [case for case in CASES if case[0] != "gan"], ids=title)
def test_implicit_gradients_agree_with_finite_differences_at_the_minimum(case: tuple, adapts: str) -> None:
    """Held close to θ, adaptation converges; there the implicit gradient is the gradient. One noise for all steps."""
    torch.manual_seed(1)
    strength = 400.0 if adapts == "default" else 5000.0  # more than the largest curvature of the inner loss
    settings = {"adapts": adapts, "proximity": strength, "inner_lr": 0.96 / strength, "inner_clip": 0.0}
    settings |= {"adaptation_steps": 40, "inner_solver": "gradient"}
    flat = dict.fromkeys(models.get(case[0]).groups, 1.0)
    algorithm = build("imaml", (*case[:3], {**settings, "group_rates": flat, "conjugate_steps": 30}))
    meta = double(algorithm.initialize(torch.Generator().manual_seed(2)))
    assert_slopes_agree(algorithm, meta, draw(algorithm), 1e-5)


@pytest.mark.parametrize("case", CASES[:6], ids=title)
def test_first_order_maml_is_the_query_gradient_at_the_adapted_parameters(case: tuple) -> None:
    """The definition, written out task by task without vmap: shift θ by the constant φ_k − θ, differentiate ℓ_Q."""
    torch.manual_seed(1)
    algorithm = build("fomaml", (*case[:3], {**case[3], "learned_rates": "no"}))
    meta = double(algorithm.initialize(torch.Generator().manual_seed(2)))
    support, query, noise = draw(algorithm)
    found = algorithm.meta_gradient(meta, support, query, noise, Moment()).gradients
    model, theta = algorithm.model, algorithm.initialization(meta)
    for place, player in enumerate(model.players):
        total = {name: torch.zeros_like(value) for name, value in meta[player].items()}
        for i in range(len(support)):
            pick = {
                kind: {n: v[i] for n, v in getattr(noise, kind).items()} for kind in ("support", "opponent", "query")
            }

            def shifted(batch, drawn):
                end = algorithm.trajectory(meta, batch, drawn, 2)[-1]
                return {p: {n: v + (end[p][n] - v).detach() for n, v in values.items()} for p, values in theta.items()}

            outer = Circumstances(opponent=shifted(query[i], pick["opponent"]) if model.needs_opponent else None)
            graded = {n: v[place] for n, v in pick["query"].items()}
            loss = model.query_loss(player, shifted(support[i], pick["support"]), query[i], graded, outer)
            got = torch.autograd.grad(loss, list(meta[player].values()), allow_unused=True)
            for name, gradient in zip(meta[player], got, strict=True):
                if gradient is not None:
                    total[name] += gradient / len(support)
        for name, gradient in total.items():
            torch.testing.assert_close(found[player][name], gradient, rtol=1e-9, atol=1e-11)


def test_second_order_differs_from_first() -> None:
    """A MAML whose path is cut would pass every test of shape; it must not equal FOMAML."""
    gradients = []
    for name in ("maml", "fomaml"):
        torch.manual_seed(1)
        algorithm = build(name, CASES[0])
        meta = double(algorithm.initialize(torch.Generator().manual_seed(2)))
        support, query, noise = draw(algorithm)
        gradients.append(algorithm.meta_gradient(meta, support, query, noise, Moment()).gradients["vae"]["context"])
    assert not torch.allclose(gradients[0], gradients[1], rtol=1e-3)
