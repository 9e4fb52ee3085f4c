"""The GAN of images: which code stands for which image, what grades whom, and that adaptation finds the support."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from metagen_gui.engine.adaptation.meta_params import MetaParams
from metagen_gui.engine.algorithms.base import algorithms
from metagen_gui.engine.data.spec import ImageSpec, PixelKind, PointSpec
from metagen_gui.engine.models.base import PlayerParams
from metagen_gui.engine.models.image_gan import SUPPORT, ImageGan, ImageGanSettings, standing_for
from metagen_gui.engine.networks.energy_distance import energy_distance, views
from metagen_gui.engine.settings.bad_input import BadInput

SHAPE = (1, 16, 16)


def build(pixels: PixelKind = "grey", **settings: object) -> tuple[ImageGan, PlayerParams]:
    """Return a small one and parameters off their starting values, in float64, with a support of three images."""
    small = {"bank": 3, "code_size": 4, "latent_size": 3, "channels": 4, "judge_channels": 2}
    model = ImageGan(ImageGanSettings(**{**small, **settings}), ImageSpec(SHAPE, pixels))
    generator = torch.Generator().manual_seed(0)
    params = {
        player: {n: v.double() + 0.2 * torch.randn(v.shape, generator=generator).double() for n, v in values.items()}
        for player, values in model.initialize(generator).items()
    }
    return model, model.condition(params, images(3, 1))


def images(count: int, seed: int) -> Tensor:
    return torch.rand(count, *SHAPE, generator=torch.Generator().manual_seed(seed)).double()


def noise_of(model: ImageGan, examples: int) -> dict[str, Tensor]:
    return {n: v.double() for n, v in model.noise(torch.Generator().manual_seed(5), (), examples).items()}


def verdict(model: ImageGan, params: PlayerParams, given: Tensor) -> Tensor:
    return model.verdict(params, given)[0]


@pytest.mark.parametrize(("examples", "bank"), [(3, 3), (5, 3), (3, 5), (1, 4), (0, 2)])
def test_every_code_stands_for_an_example_and_every_example_has_one(examples: int, bank: int) -> None:
    found = standing_for(examples, bank, torch.zeros(()))
    assert found.shape == (examples, bank)
    if examples:
        assert found.sum(0).min() == 1 or examples > bank
        assert found.sum(1).min() >= 1 and found.sum() == max(examples, bank)


def test_g_adapts_so_that_each_code_draws_its_own_example() -> None:
    model, params = build()
    support, logits = params["discriminator"][SUPPORT], model._drawn(params)
    own = [F.binary_cross_entropy_with_logits(logits[k], support[k], reduction="sum") for k in range(3)]
    found = model.loss("generator", params, support, noise_of(model, 3))
    assert float(found) == pytest.approx(float(sum(own)) / 3)


def test_d_learns_to_tell_real_from_made_and_from_turned_and_is_held_flat() -> None:
    """Its loss written out, R1 by autograd over every fourth image."""
    model, params = build(penalty=2.0)
    query, noise = images(6, 2), noise_of(model, 6)
    real, fake = verdict(model, params, query), verdict(model, params, model.generate(params, noise["latents"]))
    kinds = noise["turn"].argmax(1).tolist()
    turned = torch.stack([image.flip(((1,), (2,), (1, 2))[kind]) for image, kind in zip(query, kinds, strict=True)])
    assert len(set(kinds)) > 1
    wrong = verdict(model, params, turned)
    at = query[::4].clone().requires_grad_()
    slopes = torch.autograd.grad(verdict(model, params, at).sum(), at)[0]
    penalty = 0.5 * slopes.flatten(1).square().sum(1).mean()
    expected = F.softplus(fake - real).mean() + F.softplus(wrong - real).mean() + 2 * penalty
    assert float(model.query_loss("discriminator", params, query, noise)) == pytest.approx(float(expected))


@pytest.mark.parametrize("part", ["adversary", "energy", "reconstruction"])
def test_g_is_graded_on_the_query_and_by_how_its_codes_draw_the_support(part: str) -> None:
    """Each of the three terms alone."""
    weights: dict[str, Any] = {"adversary": 0.0, "energy": 0.0, "reconstruction": 0.0, part: 3.0}
    model, params = build(**weights)
    query, noise = images(4, 2), noise_of(model, 4)
    samples = torch.sigmoid(model._drawn(params, noise["latents"]))
    features = [model.verdict(params, given)[1] for given in (samples, query)]
    seen = [*zip(views(samples), views(query), strict=True), tuple(f[None] / features[1].std() for f in features)]
    support = params["discriminator"][SUPPORT]
    expected = {
        "adversary": F.softplus(verdict(model, params, query) - verdict(model, params, samples)).mean(),
        "energy": sum(energy_distance(made, real, 0.45) for made, real in seen),
        "reconstruction": model.loss("generator", params, support, noise_of(model, 3)) / 256,
    }[part]
    assert float(model.query_loss("generator", params, query, noise)) == pytest.approx(3 * float(expected))


def test_a_few_steps_draw_the_support_and_leave_the_judge_alone() -> None:
    model, _ = build(bank=2)
    plugin = algorithms.get("fomaml")
    algorithm = plugin(plugin.Settings(adaptation_steps=15, inner_lr=0.5, inner_clip=10.0), model)
    meta = algorithm.initialize(torch.Generator().manual_seed(0))
    support = (images(2, 1) > 0.8).float()
    noise = algorithm.adaptation_noise(torch.Generator().manual_seed(0), 1, 15, 2)
    path = algorithm.trajectory(MetaParams(meta.model, meta.own), support, {n: v[0] for n, v in noise.items()}, 15)
    before, after = (torch.sigmoid(model._drawn(place)) for place in (path[0], path[-1]))
    assert float((after - support).abs().max()) < 0.2 < 0.4 < float((before - support).abs().max())
    assert all(torch.equal(path[-1]["discriminator"][n], v) for n, v in meta.model["discriminator"].items())


def test_samples_of_black_and_white_images_are_black_and_white_and_learned_by_as_grey() -> None:
    (grey, params), (binary, _) = build(), build("binary")
    noise = noise_of(grey, 4)
    soft, hard = (model.generate(params, noise["latents"]) for model in (grey, binary))
    assert torch.equal(hard, (soft > 0.5).double()) and 0 < float(hard.mean()) < 1
    for player in grey.players:
        found = [model.query_loss(player, params, images(4, 2), noise) for model in (grey, binary)]
        assert torch.equal(*found)


def test_what_it_cannot_learn_from_is_said() -> None:
    assert "points" in ImageGan.objection_to(PointSpec())
    assert "multiples of 4" in ImageGan.objection_to(ImageSpec((1, 18, 16)))
    assert not ImageGan.objection_to(ImageSpec((3, 28, 32)))
    with pytest.raises(BadInput, match=r"^training.query_size: 1 is too few"):
        build()[0].check(5, 1)
