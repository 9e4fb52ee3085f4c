"""The importance-weighted bound: −ELBO for one sample, nearer to the likelihood with more, exact for a linear VAE."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from metagen_gui.engine.data.spec import ImageSpec, PointSpec
from metagen_gui.engine.models.vae import Vae, VaeSettings
from metagen_gui.engine.networks import importance_weights

SMALL = {"width": 6, "latent_size": 3, "context_size": 4, "channels": 4}


def build(kind: str) -> tuple[Vae, dict[str, dict[str, Tensor]], Tensor, torch.Generator]:
    """A VAE with every parameter off its start, and a batch, in float64."""
    spec = PointSpec() if kind == "points" else ImageSpec((1, 16, 16))
    model, generator = Vae(VaeSettings(**SMALL), spec), torch.Generator().manual_seed(0)
    fresh = model.initialize(generator)["vae"]
    params = {n: v.double() + 0.1 * torch.randn(v.shape, generator=generator).double() for n, v in fresh.items()}
    return model, {"vae": params}, torch.rand(5, *spec.shape, generator=generator).double(), generator


def drawn(model: Vae, generator: torch.Generator, draws: int) -> Tensor:
    """Noise of a bound by so many draws for five examples, in float64."""
    return model.noise(generator, (draws,), 5)["z"].double()


def negative_bound(model: Vae, params: dict[str, dict[str, Tensor]], batch: Tensor, z: Tensor) -> Tensor:
    return -model.log_likelihood(params, batch, {"z": z})


@pytest.mark.parametrize("kind", ["points", "images"])
def test_one_sample_on_average_is_the_elbo(kind: str) -> None:
    model, params, batch, generator = build(kind)
    noise = drawn(model, generator, 2000)
    one_each = torch.func.vmap(lambda one: negative_bound(model, params, batch, one[None]).mean())
    single = one_each(noise)
    elbo = torch.func.vmap(lambda one: model.loss("vae", params, batch, {"z": one}))(noise)
    assert single.std() > 0
    error = float((single - elbo).std()) / math.sqrt(len(noise))  # they differ by the KL's own noise
    assert abs(float((single - elbo).mean())) < 3 * error


def test_more_samples_bound_it_more_closely() -> None:
    model, params, batch, generator = build("points")
    noise = drawn(model, generator, 1024)
    bounds = [
        float(torch.stack([negative_bound(model, params, batch, part).mean() for part in noise.split(k)]).mean())
        for k in (1, 8, 64, 512)
    ]
    assert bounds == sorted(bounds, reverse=True) and bounds[0] - bounds[-1] > 0.05
    assert bounds[-2] - bounds[-1] < 0.2 * (bounds[0] - bounds[-1])


def test_how_many_samples_are_held_at_once_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model, params, batch, generator = build("images")
    noise = drawn(model, generator, 20)
    in_parts = negative_bound(model, params, batch, noise)
    monkeypatch.setattr(importance_weights, "AT_ONCE", 20)
    torch.testing.assert_close(in_parts, negative_bound(model, params, batch, noise))


def test_it_reaches_the_likelihood_where_that_is_known() -> None:
    """Decoder and encoder that give constants: x is N(b, s²) whatever z is, and q is off the prior."""
    model, params, batch, generator = build("points")
    zero = {name: torch.zeros_like(value) for name, value in params["vae"].items()}
    zero["decoder.out.bias"] = torch.tensor([0.3, -0.2]).double()
    zero["decoder_log_std"] = torch.tensor([-0.5, 0.4]).double()
    zero["encoder.out.bias"] = torch.tensor([0.2, -0.1, 0.3, 0.1, -0.2, 0.1]).double()
    law = torch.distributions.Normal(zero["decoder.out.bias"], zero["decoder_log_std"].exp())
    exact = -law.log_prob(batch).sum(1)
    found = negative_bound(model, {"vae": zero}, batch, drawn(model, generator, 4000))
    torch.testing.assert_close(found, exact, atol=0.03, rtol=0)


def test_it_can_be_had_of_many_tasks_at_once() -> None:
    model, params, batch, generator = build("points")
    batches, noise = torch.stack([batch, batch + 1]), drawn(model, generator, 4)
    together = torch.func.vmap(lambda one: negative_bound(model, params, one, noise))(batches)
    for task in range(2):
        torch.testing.assert_close(together[task], negative_bound(model, params, batches[task], noise))
