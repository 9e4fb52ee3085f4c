"""The GAN: who moves when, who judges whom, and that penalties see the weights as they are."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.func import functional_call

from metagen_gui.engine.adaptation.meta_params import MetaParams
from metagen_gui.engine.algorithms.base import Algorithm, algorithms, query_losses
from metagen_gui.engine.data.spec import DataSpec, ImageSpec, PointSpec
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.models.base import Circumstances, PlayerParams
from metagen_gui.engine.models.gan import Gan, GanSettings
from metagen_gui.engine.networks.adversarial_losses import generator_loss, mode_seeking, squared_mmd
from metagen_gui.engine.settings.bad_input import BadInput

POINTS, IMAGES = PointSpec(), ImageSpec((3, 16, 16))
SMALL = {"width": 6, "depth": 1, "latent_size": 3, "context_size": 4, "channels": 4}


def build(spec: DataSpec = POINTS, seed: int = 0, **settings: object) -> tuple[Gan, PlayerParams]:
    """Return a GAN and parameters off their starting values, in float64."""
    model = Gan(GanSettings(**{**SMALL, **settings}), spec)
    generator = torch.Generator().manual_seed(seed)
    fresh = model.initialize(generator)
    return model, {
        player: {n: v.double() + 0.2 * torch.randn(v.shape, generator=generator).double() for n, v in values.items()}
        for player, values in fresh.items()
    }


def draw(model: Gan, examples: int = 5, seed: int = 9) -> tuple[Tensor, dict[str, Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    batch = torch.rand(examples, *model.spec.shape, generator=generator).double()
    return batch, {name: value.double() for name, value in model.noise(generator, (), examples).items()}


def maml(model: Gan, **settings: object) -> Algorithm:
    plugin = algorithms.get("maml")
    return plugin(plugin.Settings(inner_lr=0.1, adaptation_steps=2, learned_rates="no", **settings), model)


def test_a_round_is_the_discriminators_turns_and_then_the_generators(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alternating: whoever moves sees what the players before it have just done, and only itself moves."""
    model, params = build(discriminator_turns=2, generator_turns=1)
    assert model.turns() == ("discriminator", "discriminator", "generator")
    seen: list[tuple[str, float, float]] = []
    own = Gan.loss

    def watched(self: Gan, player: str, given: PlayerParams, *rest: object) -> Tensor:
        places = ("discriminator", "generator")
        seen.append((player, *(float(given[place]["body.out.bias"].detach().sum()) for place in places)))
        return own(self, player, given, *rest)

    monkeypatch.setattr(Gan, "loss", watched)
    batch, _ = draw(model)
    noise = {name: value.double() for name, value in model.noise(torch.Generator().manual_seed(1), (2, 3), 5).items()}
    path = maml(model).trajectory(MetaParams(params), batch, noise, 2)
    assert [player for player, _, _ in seen] == ["discriminator", "discriminator", "generator"] * 2
    of_d, of_g = [d for _, d, _ in seen], [g for _, _, g in seen]
    assert len(set(of_d)) == 5 and of_d[2] == of_d[3], "D moves on its turns and rests while G moves"
    assert of_g[0] == of_g[1] == of_g[2] != of_g[3] == of_g[4] == of_g[5]
    ends = [float(step["generator"]["body.out.bias"].sum()) for step in path]
    assert ends[:2] == [of_g[0], of_g[3]]


@pytest.mark.parametrize("kind", ["non_saturating", "hinge", "wgan_gp"])
@pytest.mark.parametrize("spec", [POINTS, IMAGES], ids=["points", "images"])
def test_penalties_are_those_of_the_adapted_discriminator(spec: DataSpec, kind: str) -> None:
    """The difference that the penalty makes, by autograd example by example, for two sets of parameters."""
    network = "conv" if spec is IMAGES else "mlp"
    model, params = build(spec, loss=kind, penalty=2.0, network=network)
    bare, _ = build(spec, loss=kind, penalty=0.0, network=network)
    batch, noise = draw(model)
    adapted = {**params, "discriminator": {n: 1.3 * v + 0.1 for n, v in params["discriminator"].items()}}
    found = []
    for values in (params, adapted):
        at = batch
        if kind == "wgan_gp":
            share = noise["share"].view(-1, *[1] * len(spec.shape))
            at = share * batch + (1 - share) * model.generate(values, noise["z"])
        slopes = []
        for example in at:
            example = example[None].clone().requires_grad_()
            out = functional_call(model.discriminator, values["discriminator"], (example,))
            slopes.append(float(torch.autograd.grad(out.sum(), example)[0].square().sum()))
        terms = [(s**0.5 - 1) ** 2 if kind == "wgan_gp" else 0.5 * s for s in slopes]
        expected = 2.0 * sum(terms) / len(terms)
        penalty = model.loss("discriminator", values, batch, noise) - bare.loss("discriminator", values, batch, noise)
        assert float(penalty) == pytest.approx(expected, rel=1e-8)
        assert model.loss("generator", values, batch, noise) == bare.loss("generator", values, batch, noise)
        found.append(expected)
    assert found[0] != pytest.approx(found[1], rel=1e-3)


@pytest.mark.parametrize("kind", ["non_saturating", "hinge", "wgan_gp"])
def test_the_generator_is_graded_by_the_judges_discriminator_and_by_mmd(kind: str) -> None:
    model, params = build(loss=kind, mmd_weight=3.0)
    (_, judge), (_, other) = build(seed=1), build(seed=2)
    batch, noise = draw(model)
    fake = model.generate(params, noise["z"])

    def grade(judging: PlayerParams | None) -> float:
        return float(model.query_loss("generator", params, batch, noise, Circumstances(opponent=judging)))

    for judging in (judge, other):
        verdict = functional_call(model.discriminator, judging["discriminator"], (fake,))
        expected = generator_loss(kind, verdict) + 3.0 * squared_mmd(fake, batch)
        assert grade(judging) == pytest.approx(float(expected), rel=1e-10)
    assert grade(judge) != pytest.approx(grade(other), rel=1e-3)
    assert grade({**judge, "generator": other["generator"]}) == grade(judge), "only the judge's D is asked"
    assert grade(None) == grade(params)
    own = model.loss("discriminator", params, batch, noise)
    assert model.query_loss("discriminator", params, batch, noise, Circumstances(opponent=judge)) == own


@pytest.mark.parametrize("judge", ["query", "support"])
def test_the_outer_loss_of_g_comes_from_a_discriminator_adapted_to_the_query(judge: str) -> None:
    """G adapts against d_S; with `query` d_Q grades it, written out without vmap. d_S would give another number."""
    model, params = build(judge=judge, mmd_weight=0.0)
    algorithm = maml(model)
    support, query = draw(model, 5, seed=3)[0][None], 2 + draw(model, 6, seed=4)[0][None]
    noise = algorithm.draw_noise(torch.Generator().manual_seed(0), 1, 5, 6, 2)
    for kind in (noise.support, noise.opponent, noise.query):
        kind.update({name: value.double() for name, value in kind.items()})
    found = query_losses(algorithm, MetaParams(params), support, query, noise)
    to_support = algorithm.trajectory(MetaParams(params), support[0], {"z": noise.support["z"][0]}, 2)[-1]
    fake = model.generate(to_support, noise.query["z"][0, 1])
    graders = {"support": to_support}
    if judge == "query":
        graders["query"] = algorithm.trajectory(MetaParams(params), query[0], {"z": noise.opponent["z"][0]}, 2)[-1]
    grades = {
        name: float(generator_loss("non_saturating", functional_call(model.discriminator, d["discriminator"], (fake,))))
        for name, d in graders.items()
    }
    assert float(found["generator"]) == pytest.approx(grades[judge], rel=1e-9)
    assert len({round(grade, 4) for grade in grades.values()}) == len(grades)
    assert model.needs_opponent == (judge == "query")


def test_samples_come_from_the_learned_law_of_latents() -> None:
    model, params = build()
    latents = torch.randn(4, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    law = params["generator"]["prior"]
    standard = {**params["generator"], "prior": torch.zeros_like(law)}
    moved = model.generate({**params, "generator": standard}, law[0] + law[1].exp() * latents)
    torch.testing.assert_close(model.generate(params, latents), moved)


def test_without_contexts_it_still_adapts() -> None:
    model, params = build(context_size=0)
    batch, _ = draw(model)
    noise = {name: value.double() for name, value in model.noise(torch.Generator().manual_seed(1), (2, 2), 5).items()}
    path = maml(model).trajectory(MetaParams(params), batch, noise, 2)
    for player in model.players:
        assert not torch.equal(path[0][player]["body.out.weight"], path[2][player]["body.out.weight"])


def test_the_field_is_the_discriminators_output() -> None:
    model, params = build()
    points = torch.rand(7, 2).double()
    expected = functional_call(model.discriminator, params["discriminator"], (points,))
    assert torch.equal(model.field(params, points), expected)


def test_single_query_examples_are_refused_before_the_start() -> None:
    experiment = Experiment(tasks="densities", model="gan").with_value("training.query_size", 1)
    with pytest.raises(BadInput, match=r"training\.query_size: 1 is too few"):
        experiment.build_model(experiment.build_tasks())


def test_unrolling_looks_at_where_the_discriminator_would_go() -> None:
    """G's inner loss and its gradient, D's steps written out with autograd; D's own loss is as ever."""
    model, params = build(unrolled_steps=3, unrolled_lr=0.2, penalty=0.5)
    plain, _ = build(penalty=0.5)
    batch, noise = draw(model)
    theta = {n: v.clone().requires_grad_() for n, v in params["generator"].items()}
    ahead = {n: v.clone().requires_grad_() for n, v in params["discriminator"].items()}
    for _ in range(3):
        loss = plain.loss("discriminator", {"generator": theta, "discriminator": ahead}, batch, noise)
        slopes = torch.autograd.grad(loss, list(ahead.values()), create_graph=True)
        ahead = {n: v - 0.2 * g for (n, v), g in zip(ahead.items(), slopes, strict=True)}
    fake = plain.generate({"generator": theta}, noise["z"])
    verdict = generator_loss("non_saturating", functional_call(plain.discriminator, ahead, (fake,)))
    expected = torch.autograd.grad(verdict, list(theta.values()))

    def slope_of(gan: Gan, discriminator: dict[str, Tensor]) -> dict[str, Tensor]:
        def loss(generator: dict[str, Tensor]) -> Tensor:
            return gan.loss("generator", {"generator": generator, "discriminator": discriminator}, batch, noise)

        return torch.func.grad(loss)(params["generator"])

    found = slope_of(model, params["discriminator"])
    assert float(model.loss("generator", params, batch, noise)) == pytest.approx(verdict.item(), rel=1e-10)
    for value, wanted in zip(found.values(), expected, strict=True):
        torch.testing.assert_close(value, wanted)
    own = plain.loss("discriminator", params, batch, noise)
    assert model.loss("discriminator", params, batch, noise) == own
    # a gradient that took D's steps for constants would be another one
    short = slope_of(plain, {name: value.detach() for name, value in ahead.items()})
    assert not torch.allclose(short["body.out.weight"], found["body.out.weight"], rtol=1e-3)


def test_mode_seeking_counts_inside_and_outside() -> None:
    model, params = build(mode_seeking=2.0)
    plain, _ = build()
    batch, noise = draw(model)
    term = float(2.0 * mode_seeking(noise["z"], model.generate(params, noise["z"])))
    inside = [gan.loss("generator", params, batch, noise) for gan in (model, plain)]
    outside = [gan.query_loss("generator", params, batch, noise) for gan in (model, plain)]
    for with_term, without in (inside, outside):
        assert float(with_term - without) == pytest.approx(term, rel=1e-9)
    assert model.loss("discriminator", params, batch, noise) == plain.loss("discriminator", params, batch, noise)
    with pytest.raises(BadInput, match=r"^training.shots: 1 is too few for mode seeking"):
        model.check(1, 5)
