"""The VAE's loss, term by term, against torch.distributions; the context steers all of it, or is not there."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.func import functional_call

from metagen_gui.engine.data.spec import DataSpec, ImageSpec, PointSpec
from metagen_gui.engine.models.base import Circumstances, Params, PlayerParams
from metagen_gui.engine.models.vae import Vae, VaeSettings

POINTS, IMAGES = PointSpec(), ImageSpec((2, 16, 16))
SMALL = {"width": 6, "latent_size": 3, "context_size": 4, "channels": 4}
CASES = [
    pytest.param(spec, {"network": network, "context_size": context}, id=f"{spec.kind}-{network}-context{context}")
    for spec, network in ((POINTS, "mlp"), (IMAGES, "mlp"), (IMAGES, "conv"))
    for context in (4, 0)
]


def build(spec: DataSpec, **settings: object) -> tuple[Vae, PlayerParams, Tensor, dict[str, Tensor]]:
    """Return a VAE with every parameter off its starting value, a batch and noise, all in float64."""
    model = Vae(VaeSettings(**{**SMALL, **settings}), spec)
    generator = torch.Generator().manual_seed(0)
    fresh = model.initialize(generator)["vae"]
    params = {n: v.double() + 0.2 * torch.randn(v.shape, generator=generator).double() for n, v in fresh.items()}
    batch = torch.rand(5, *spec.shape, generator=generator).double()
    noise = {name: value.double() for name, value in model.noise(generator, (), 5).items()}
    return model, {"vae": params}, batch, noise


def part(params: Params, name: str) -> Params:
    return {n.removeprefix(f"{name}."): v for n, v in params.items() if n.startswith(f"{name}.")}


def by_hand(model: Vae, params: Params, batch: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Return −log p(x | z, c) per example and KL(q ‖ p) per latent, by torch.distributions."""
    context = params.get("context", torch.zeros(0).double())
    encoded = functional_call(model.networks.encoder, part(params, "encoder"), (batch, context))
    mean, log_std = encoded[:, : model.settings.latent_size], encoded[:, model.settings.latent_size :]
    z = mean + log_std.exp() * noise
    out = functional_call(model.networks.decoder, part(params, "decoder"), (z, context)).reshape(batch.shape)
    if model.spec.kind == "images":
        likelihood = Bernoulli(logits=out, validate_args=False)  # grey values count as shares of ink
    else:
        likelihood = Normal(out, params["decoder_log_std"].exp())
    law = params["prior"]
    if "context" in params:
        law = law + (params["decoder_prior.weight"] @ params["context"]).reshape(2, -1)
    kl = kl_divergence(Normal(mean, log_std.exp()), Normal(law[0], law[1].exp()))
    return -likelihood.log_prob(batch).flatten(1).sum(1), kl


@pytest.mark.parametrize(("spec", "settings"), CASES)
def test_the_loss_is_the_negative_elbo_summed_over_pixels_and_latents(spec: DataSpec, settings: dict) -> None:
    model, params, batch, noise = build(spec, beta=0.7, **settings)
    misfit, kl = by_hand(model, params["vae"], batch, noise["z"])
    for ramp in (1.0, 0.25, 0.0):
        expected = misfit.mean() + ramp * 0.7 * kl.sum(1).mean()
        torch.testing.assert_close(
            model.loss("vae", params, batch, noise, Circumstances(ramp=ramp)), expected, rtol=1e-10, atol=1e-10
        )
    details = model.details(params, batch, noise)
    torch.testing.assert_close(details["kl"], kl.sum(1).mean(), rtol=1e-10, atol=1e-10)
    assert int(details["active_units"]) == int((kl.mean(0) > 0.01).sum())


@pytest.mark.parametrize("network", ["mlp", "conv"])
def test_a_vae_that_knows_nothing_pays_one_bit_per_pixel(network: str) -> None:
    """All parameters 0: p is ½ everywhere, q is the prior; −ELBO is the number of pixels times ln 2, whatever x."""
    model, params, batch, noise = build(IMAGES, network=network)
    blank = {"vae": {name: torch.zeros_like(value) for name, value in params["vae"].items()}}
    assert float(model.loss("vae", blank, batch, noise)) == pytest.approx(2 * 16 * 16 * math.log(2), rel=1e-12)
    assert float(model.details(blank, batch, noise)["active_units"]) == 0


def test_units_are_active_where_their_mean_kl_exceeds_a_hundredth_of_a_nat() -> None:
    model, params, batch, noise = build(POINTS)
    values = {name: torch.zeros_like(value) for name, value in params["vae"].items()}
    # KL(N(a, 1) ‖ N(0, 1)) = a²/2: 0.02, 0.005 and 0.5 nats
    values["encoder.out.bias"][:3] = torch.tensor([0.2, 0.1, 1.0])
    details = model.details({"vae": values}, batch, noise)
    assert float(details["active_units"]) == 2
    assert float(details["kl"]) == pytest.approx(0.525)


@pytest.mark.parametrize("network", ["mlp", "conv"])
def test_without_a_context_it_is_a_plain_vae(network: str) -> None:
    model, params, _, _ = build(IMAGES, network=network, context_size=0)
    assert not [
        name for name in params["vae"] if "context" in name or "steer" in name or name == "decoder_prior.weight"
    ]
    assert {model.group_of("vae", name) for name in params["vae"]} == {"prior", "encoder", "decoder", "head"}


@pytest.mark.parametrize("network", ["mlp", "conv"])
def test_a_context_at_zero_is_a_plain_vae_and_elsewhere_steers_encoder_decoder_and_prior(network: str) -> None:
    model, params, batch, noise = build(IMAGES, network=network)
    plain, _, _, _ = build(IMAGES, network=network, context_size=0)
    values = dict(params["vae"])
    shared = {n: v for n, v in values.items() if "steer" not in n and n not in ("context", "decoder_prior.weight")}
    at_zero = {"vae": {**values, "context": torch.zeros(4).double()}}
    expected = plain.loss("vae", {"vae": shared}, batch, noise)
    torch.testing.assert_close(model.loss("vae", at_zero, batch, noise), expected)
    steering = [name for name in values if "steer" in name or name == "decoder_prior.weight"]
    for where in ("encoder", "decoder.", "decoder_prior"):
        only = {
            n: torch.zeros_like(values[n]) if n in steering and not n.startswith(where) else values[n] for n in values
        }
        assert abs(float(model.loss("vae", {"vae": only}, batch, noise) - expected)) > 1e-4, where


def test_fresh_parameters_hold_a_standard_normal_prior() -> None:
    model = Vae(VaeSettings(**SMALL), POINTS)
    params = model.initialize(torch.Generator().manual_seed(3))
    assert not params["vae"]["prior"].any() and not params["vae"]["context"].any()
    again = model.initialize(torch.Generator().manual_seed(3))["vae"]
    assert all(torch.equal(value, again[name]) for name, value in params["vae"].items())


def test_samples_follow_the_prior_and_points_the_observation_noise() -> None:
    """p(z | c) = N(Vc + m, s²) decoded; the last two latents are the spread of the points around that."""
    model, params, _, _ = build(POINTS)
    latents = torch.randn(6, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert model.latents(torch.Generator(), 6).shape == latents.shape
    values = params["vae"]
    law = values["prior"] + (values["decoder_prior.weight"] @ values["context"]).reshape(2, -1)
    z = law[0] + law[1].exp() * latents[:, :3]
    mean = functional_call(model.networks.decoder, part(values, "decoder"), (z, values["context"]))
    expected = mean + values["decoder_log_std"].exp() * latents[:, 3:]
    torch.testing.assert_close(model.generate(params, latents), expected)


def test_grey_pixels_have_a_floor_that_no_decoder_comes_below_and_the_caveat_names_it() -> None:
    spec = ImageSpec((1, 8, 8))
    model = Vae(VaeSettings(), spec)
    grey = 0.1 + 0.8 * torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    best = torch.logit(grey)
    floor = float((torch.nn.functional.softplus(best) - grey * best).flatten(1).sum(1).mean())
    assert f"no model comes below {floor:.0f} nats" in model.caveat(grey) and "not a likelihood" in model.caveat(grey)
    assert model.caveat((grey > 0.5).float()) == "", "of ink and paper alone it is one"
    assert Vae(VaeSettings(), PointSpec()).caveat(torch.rand(9, 2)) == ""
