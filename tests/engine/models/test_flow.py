from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from metagen_gui.engine.data.spec import DataSpec, ImageSpec, PointSpec
from metagen_gui.engine.models.base import PlayerParams
from metagen_gui.engine.models.flow import FLOOR, Flow, FlowSettings
from metagen_gui.testing.promises import seeded

SMALL = {"width": 8, "depth": 2, "context_size": 4}
PICTURES = ImageSpec((1, 4, 4))


def build(spec: DataSpec, **settings: object) -> tuple[Flow, PlayerParams]:
    """A small flow with a context that is not 0, in float64."""
    flow = Flow(FlowSettings(**{**SMALL, **settings}), spec)
    params = flow.initialize(seeded())["flow"]
    params["context"] = torch.randn(4, generator=seeded(1))
    return flow, {"flow": {name: value.double() for name, value in params.items()}}


def always(params: PlayerParams, out: float) -> PlayerParams:
    """Parameters under which the network says `out` of every number, whatever is seen."""
    values = dict(params["flow"])
    values["network.out.weight"] = torch.zeros_like(values["network.out.weight"])
    values["network.out.bias"] = torch.full_like(values["network.out.bias"], out)
    return {"flow": values}


MIDDLE = torch.tensor([0.7, -0.2]).double()


@pytest.fixture
def certain(monkeypatch: pytest.MonkeyPatch) -> Tensor:
    """All flows are sure of one example."""
    monkeypatch.setattr(Flow, "_example", lambda self, params, x, time, share: MIDDLE.expand_as(x))
    return MIDDLE


@pytest.mark.parametrize("steps", [1, 3, 16])
def test_steps_are_exact_where_the_example_is_always_the_same(certain: Tensor, steps: int) -> None:
    flow, params = build(PointSpec(), sampling_steps=steps)
    latents = flow.latents(seeded(2), 9).double()
    states = flow.path(params, latents)
    assert states.shape == (steps + 1, 9, 2) and torch.equal(states[0], latents)
    left = torch.tensor([max(1 - t / steps, FLOOR) for t in range(steps + 1)]).double()
    left[-1] = FLOOR * math.exp(-1)
    torch.testing.assert_close(states, certain + left[:, None, None] * (latents - certain))


def test_the_likelihood_is_that_of_the_law_of_the_samples(certain: Tensor) -> None:
    flow, params = build(PointSpec())
    spread = FLOOR * math.exp(-1)
    points = certain + spread * torch.randn(9, 2, generator=seeded(3)).double()
    expected = -0.5 * ((points - certain * (1 - spread)) / spread).square().sum(1) - 2 * math.log(spread)
    found = flow.log_likelihood(params, points, {})
    torch.testing.assert_close(found, expected - math.log(2 * math.pi), atol=0.01, rtol=0)


def test_densities_of_the_plane_sum_to_one_and_are_where_samples_are() -> None:
    flow, params = build(PointSpec(), sampling_steps=64)
    params["flow"]["network.out.weight"].mul_(0.3)
    side = torch.linspace(-6, 6, 61).double()
    places = torch.cartesian_prod(side, side)
    density = flow.log_likelihood(params, places, {}).exp() * 0.04
    assert density.sum() == pytest.approx(1, abs=0.02)
    samples = flow.generate(params, flow.latents(seeded(4), 4000).double())
    mean, spread = samples.mean(0), samples.std(0)
    torch.testing.assert_close((density[:, None] * places).sum(0), mean, atol=0.06, rtol=0)
    squares = (density[:, None] * (places - mean).square()).sum(0)
    torch.testing.assert_close(squares.sqrt(), spread, atol=0.06, rtol=0)


def test_the_loss_is_the_squared_error_of_the_velocity() -> None:
    flow, params = build(PointSpec(), draws=3)
    batch, noise = torch.randn(5, 2, generator=seeded(5)).double(), flow.noise(seeded(6), (), 5)
    noise = {name: value.double() for name, value in noise.items()}
    assert noise["time"].shape == (5, 3) and noise["x0"].shape == (5, 3, 2)
    assert (noise["time"].mul(3).floor() == torch.arange(3)).all(), "one draw in each third of the times"
    time = noise["time"][..., None]
    x = (1 - time) * noise["x0"] + time * batch[:, None]
    spread = (time**2 + (1 - time) ** 2).sqrt()
    seen = time / spread**2 * x + (1 - time) / spread * 0.3
    expected = ((seen - batch[:, None]) / (1 - time).clamp(min=FLOOR)).square().sum(-1).mean()
    torch.testing.assert_close(flow.loss("flow", always(params, 0.3), batch, noise), expected)


def test_nothing_is_to_be_learned_of_standard_normal_points() -> None:
    """Where the network is silent, x̂ is their mean given x_t, and its unit is their deviation around that."""
    flow, params = build(PointSpec())
    x1, x0 = torch.randn(2, 50_000, 2, generator=seeded(12)).double()
    for time in (0.1, 0.5, 0.9):
        x = (1 - time) * x0 + time * x1
        at = torch.full((50_000,), time).double()
        mean, above = (flow._example(always(params, out), x, at, None) for out in (0.0, 1.0))
        error = (x1 - mean) / (above - mean)
        assert error.std() == pytest.approx(1, abs=0.02) and (error * x).mean().abs() < 0.02


def test_a_pixel_is_told_by_its_own_noisy_value_and_the_odds_of_the_others() -> None:
    flow, params = build(PICTURES)
    logit, time = 0.8, 0.3
    x = torch.randn(7, 16, generator=seeded(7)).double()

    def density(pixel: float) -> Tensor:
        return torch.exp(-0.5 * ((x - time * pixel) / (1 - time)) ** 2)

    prior = 1 / (1 + math.exp(-logit))
    on, off = prior * density(1.0), (1 - prior) * density(-1.0)
    found = flow._example(always(params, logit), x, torch.full((7,), time).double(), None)
    torch.testing.assert_close(found, (on - off) / (on + off))


@pytest.mark.parametrize("spec", [PointSpec(), PICTURES])
def test_guidance_goes_from_no_context_to_more_than_was_learned(spec: DataSpec) -> None:
    flow, params = build(spec)
    without = {"flow": {**params["flow"], "context": torch.zeros(4).double()}}
    latents = flow.latents(seeded(8), 6).double()

    def samples(params: PlayerParams, guidance: float) -> Tensor:
        return Flow(FlowSettings(**SMALL, guidance=guidance), spec).generate(params, latents)

    torch.testing.assert_close(samples(params, 0.0), samples(without, 1.0))
    torch.testing.assert_close(samples(params, 1.0), samples(params, 1.0 + 1e-12))
    at_first = [Flow(FlowSettings(**SMALL, guidance=g), spec)._guided(params, latents, 0.25) for g in (0.0, 1.0, 2.0)]
    further = at_first[0] + 2 * (at_first[1] - at_first[0])
    torch.testing.assert_close(at_first[2], further.clamp(-1, 1) if spec.bounds else further)
    assert not torch.allclose(samples(params, 1.0), samples(params, 3.0))
    torch.testing.assert_close(samples(without, 3.0), samples(without, 1.0))


def test_some_examples_of_the_outer_loss_go_without_context() -> None:
    batch, found = torch.rand(6, 2, generator=seeded(9)).double(), []
    for dropped in (0.0, 0.5, 1.0):
        flow, params = build(PointSpec(), drop_context=dropped)
        noise = {name: value.double() for name, value in flow.noise(seeded(10), (), 6).items()}
        without = {"flow": {**params["flow"], "context": torch.zeros(4).double()}}
        told = flow.query_loss("flow", params, batch, noise), flow.query_loss("flow", without, batch, noise)
        found.append([float(loss) for loss in told])
        assert float(flow.loss("flow", params, batch, noise)) == pytest.approx(found[0][0])
    assert found[0][0] != found[0][1] and found[2][0] == pytest.approx(found[2][1]) == found[0][1]
    assert min(found[0]) < found[1][0] < max(found[0])


def test_early_times_are_noisier_ones() -> None:
    flow, _ = build(PICTURES, times="early", draws=8)
    time = flow.noise(seeded(11), (), 50)["time"]
    assert time.min() > 0 and time.max() < 1 and time.mean() < 0.4


def test_only_points_have_a_likelihood() -> None:
    assert build(PICTURES)[0].likelihood is None and Flow.likelihood is None
    told = build(PointSpec())[0].likelihood
    assert told is not None and told.exact
