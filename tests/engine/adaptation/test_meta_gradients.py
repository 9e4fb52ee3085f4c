"""Meta-gradients of the real models against central differences, in float64."""

from __future__ import annotations

import pytest
import torch

from metagen_gui.engine.algorithms.base import Algorithm, Moment, algorithms
from metagen_gui.engine.algorithms.maml_pp import step_weights
from metagen_gui.engine.data.spec import DataSpec, ImageSpec, PointSpec
from metagen_gui.engine.models.base import Circumstances, models
from metagen_gui.testing import check_meta_gradient
from metagen_gui.testing.algorithms import EARLY, double, draw
from tests.engine.cells import EVERY

POINTS, IMAGES = PointSpec(), ImageSpec((1, 16, 16))
FEW = ImageSpec((1, 6, 6))
TINY = {"width": 6, "latent_size": 3, "context_size": 4, "channels": 4, "layers": 2, "units": 2, "looks": 1}
LOCAL = {"likelihood": "local", "local_width": 3}
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
    ("image_gan", IMAGES, {"channels": 4, "judge_channels": 2, "bank": 2, "code_size": 4}, {}),
    ("curve", POINTS, {"activation": "tanh", "initial_weights": "by_inputs"}, {}),
    ("curve", POINTS, {"context_size": 0, "initial_weights": "by_inputs"}, {}),
    ("flow", POINTS, {"depth": 2, "draws": 2}, {}),
    ("flow", IMAGES, {"depth": 2, "draws": 2, "times": "early"}, {"adapts": "context and head"}),
    ("pixel", FEW, {}, {}),
    ("pixel", FEW, {"block": 1, "attention": False}, {"adapts": "network"}),
    ("vae", FEW, LOCAL, {}),
    ("vae", FEW, {**LOCAL, "adapts_by": "both"}, {"adapts": "everything"}),
    ("vae", ImageSpec((1, 8, 8)), {**LOCAL, "adapts_by": "local", "network": "conv", "channels": 4}, {}),
]
OTHERS = ("meta_sgd", "anil", "cavia", "maml_pp")
TESTED = [
    (name, case)
    for place, case in enumerate(CASES)
    for name in ("maml", *(OTHERS if EVERY else [OTHERS[(place // 2 + 1) % 4]][: place % 2]))
]
"""MAML in every case, of its kin one in every other; with `METAGEN_EVERY` all."""
ALONE = [case for case in CASES if len(models.get(case[0]).players) == 1]
HELD_CLOSE = [
    (adapts, case)
    for place, case in enumerate(ALONE)
    for adapts in (("default", "everything") if EVERY else ("everything" if place % 3 == 1 else "default",))
    if EVERY or place % 2 == 0
]
"""Every other case, adapting the default groups or, in every third, everything, which takes long; with `METAGEN_EVERY`
every case, and both."""
LEARNED = {"maml": "per_entry", "anil": "per_group", "cavia": "per_entry", "maml_pp": "per_layer"}


def title(case: tuple | str) -> str:
    return case if isinstance(case, str) else f"{case[0]}-{case[1].kind}-{case[2]}-{case[3]}".replace(" ", "")


def build(name: str, case: tuple[str, DataSpec, dict, dict]) -> Algorithm:
    model_name, spec, model_settings, settings = case
    model_type, algorithm_type = models.get(model_name), algorithms.get(name)
    chosen = {**TINY, **model_settings}
    chosen = {key: value for key, value in chosen.items() if key in model_type.Settings.model_fields}
    model = model_type(model_type.Settings(**chosen), spec)
    return algorithm_type(algorithm_type.Settings(**{"inner_lr": 0.05, "adaptation_steps": 2, **settings}), model)


@pytest.mark.parametrize(("name", "case"), TESTED, ids=title)
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
    # MAML++ weighs all steps at the moment that is looked at
    several = name == "maml_pp"
    weights = step_weights(algorithm.steps, EARLY.share, algorithm.settings.multi_step_share) if several else []
    check_meta_gradient(algorithm, weights=weights)


@pytest.mark.parametrize("case", [case for case in CASES if case[0] != "gan" or not case[2]], ids=title)
def test_so_do_those_through_what_the_support_says(case: tuple) -> None:
    check_meta_gradient(build("amortised", (*case[:3], {**case[3], "learned_rates": "per_group"})))


@pytest.mark.parametrize(("adapts", "case"), HELD_CLOSE, ids=title)
def test_implicit_gradients_agree_with_finite_differences_at_the_minimum(case: tuple, adapts: str) -> None:
    """Held close to θ, adaptation converges; there the implicit gradient is the gradient. One noise for all steps."""
    torch.manual_seed(1)
    steep = case[2].get("adapts_by") == "local"  # what is more than the largest curvature of the inner loss
    strength = 400.0 if adapts == "default" else 10_000.0 if steep else 5000.0
    settings = {"adapts": adapts, "proximity": strength, "inner_lr": 0.96 / strength, "inner_clip": 0.0}
    settings |= {"adaptation_steps": 16, "inner_solver": "gradient"}
    flat = dict.fromkeys(models.get(case[0]).groups, 1.0)
    algorithm = build("imaml", (*case[:3], {**settings, "group_rates": flat, "conjugate_steps": 12}))
    check_meta_gradient(algorithm, tolerance=1e-5)


@pytest.mark.parametrize("case", [*CASES[:6], *(case for case in CASES[11:] if case[0] != "curve")], ids=title)
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
                begun = model.condition(theta, batch)  # by which slopes reach what the support is looked up with
                return {p: {n: v + (end[p][n] - v).detach() for n, v in values.items()} for p, values in begun.items()}

            opponent = shifted(query[i], pick["opponent"]) if model.needs_opponent else None
            outer = Circumstances(opponent=opponent, training=Moment().training)
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
