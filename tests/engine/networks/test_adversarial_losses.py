"""Adversarial losses, gradient penalties and MMD² against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from metagen_gui.engine.networks.adversarial_losses import (
    BANDWIDTHS,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    mode_seeking,
    r1_penalty,
    squared_mmd,
)

REAL, FAKE = torch.tensor([2.0, -0.5]).double(), torch.tensor([0.25, -3.0, 1.0]).double()
IMAGE = (3, 4, 5)
"""Three channels and two unequal sides: a norm over too few axes cannot pass."""


def log_sigmoid(value: float) -> float:
    return -math.log(1 + math.exp(-value))


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def test_losses_are_those_of_the_papers() -> None:
    real, fake = REAL.tolist(), FAKE.tolist()
    saturating = -mean([log_sigmoid(x) for x in real]) - mean([log_sigmoid(-x) for x in fake])
    expected = {
        "non_saturating": (saturating, -mean([log_sigmoid(x) for x in fake])),
        "hinge": ((0 + 1.5) / 2 + (1.25 + 0 + 2) / 3, -mean(fake)),
        "wgan_gp": (mean(fake) - mean(real), -mean(fake)),
    }
    for kind, (of_discriminator, of_generator) in expected.items():
        assert float(discriminator_loss(kind, REAL, FAKE)) == pytest.approx(of_discriminator, rel=1e-12), kind
        assert float(generator_loss(kind, FAKE)) == pytest.approx(of_generator, rel=1e-12), kind


def linear(weight: Tensor):
    return lambda x: (x * weight).flatten(1).sum(1)


def bowl(x: Tensor) -> Tensor:
    """½‖x‖² per example; its slope is x itself."""
    return 0.5 * x.square().flatten(1).sum(1)


@pytest.fixture
def images() -> Tensor:
    return torch.randn(6, *IMAGE, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_r1_is_half_the_squared_slope_over_all_axes(images: Tensor) -> None:
    weight = torch.randn(IMAGE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert float(r1_penalty(linear(weight), images)) == pytest.approx(0.5 * float(weight.square().sum()), rel=1e-12)
    by_hand = mean([0.5 * float(image.square().sum()) for image in images])
    assert float(r1_penalty(bowl, images)) == pytest.approx(by_hand, rel=1e-12)


def test_gradient_penalty_is_taken_per_example_over_all_axes(images: Tensor) -> None:
    """A linear critic: (‖w‖ − 1)² whatever the examples. One over the channel axis gives another number."""
    weight = torch.randn(IMAGE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    share = torch.rand(6, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    expected = (float(weight.square().sum()) ** 0.5 - 1) ** 2
    assert float(gradient_penalty(linear(weight), images, -images, share)) == pytest.approx(expected, rel=1e-9)
    over_channels = float((weight.square().sum(0).sqrt() - 1).square().mean())
    assert over_channels != pytest.approx(expected, rel=0.1)


def test_gradient_penalty_is_taken_between_real_and_generated(images: Tensor) -> None:
    """With the bowl the slope at x̂ is x̂: every example's own share of the real one shows."""
    fake, share = images.flip(0) + 1, torch.tensor([0.0, 0.1, 0.4, 0.5, 0.9, 1.0]).double()
    between = [float(s) * x + (1 - float(s)) * g for s, x, g in zip(share, images, fake, strict=True)]
    expected = mean([(float(x.square().sum()) ** 0.5 - 1) ** 2 for x in between])
    assert float(gradient_penalty(bowl, images, fake, share)) == pytest.approx(expected, rel=1e-9)


def test_penalties_reach_the_critics_weights(images: Tensor) -> None:
    """∂R1/∂w = w and ∂GP/∂w = 2(‖w‖ − 1)w/‖w‖ for a linear critic; both finite where the slope vanishes."""
    weight = torch.randn(IMAGE, generator=torch.Generator().manual_seed(1), dtype=torch.float64, requires_grad=True)
    share, length = torch.full((6,), 0.5).double(), weight.detach().square().sum().sqrt()
    (found,) = torch.autograd.grad(r1_penalty(linear(weight), images), weight)
    torch.testing.assert_close(found, weight.detach())
    (found,) = torch.autograd.grad(gradient_penalty(linear(weight), images, -images, share), weight)
    torch.testing.assert_close(found, 2 * (length - 1) * weight.detach() / length)
    flat = torch.zeros(IMAGE, dtype=torch.float64, requires_grad=True)
    (found,) = torch.autograd.grad(gradient_penalty(linear(flat), images, -images, share), flat)
    assert found.isfinite().all()


def naive_mmd(a: Tensor, b: Tensor) -> float:
    def kernel(x: Tensor, y: Tensor) -> float:
        square = float((x - y).square().sum()) / x.numel()
        return mean([math.exp(-square / (2 * width**2)) for width in BANDWIDTHS])

    def within(values: Tensor) -> float:
        return mean([kernel(x, y) for i, x in enumerate(values) for j, y in enumerate(values) if i != j])

    return within(a) + within(b) - 2 * mean([kernel(x, y) for x in a for y in b])


@pytest.mark.parametrize("shape", [(2,), IMAGE])
def test_mmd_equals_a_double_loop(shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(5, *shape, generator=generator, dtype=torch.float64)
    b = 0.5 + torch.randn(3, *shape, generator=generator, dtype=torch.float64)
    assert float(squared_mmd(a, b)) == pytest.approx(naive_mmd(a, b), rel=1e-10)
    assert float(squared_mmd(a, b)) == pytest.approx(float(squared_mmd(b, a)), rel=1e-12)


def test_mmd_is_unbiased() -> None:
    """Over 2,000 draws of 4 against 6 points of one law the mean is 0; a biased estimate is far above."""
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(2000, n, 2, generator=generator, dtype=torch.float64) for n in (4, 6))
    found = torch.func.vmap(squared_mmd)(a, b)
    standard_error = float(found.std()) / math.sqrt(len(found))
    assert abs(float(found.mean())) < 3 * standard_error
    assert (found < 0).any(), "an unbiased estimate of 0 is negative at times"
    apart = torch.func.vmap(squared_mmd)(a, b + 1)
    assert float(apart.mean()) > 20 * standard_error


def test_mode_seeking_is_high_where_samples_collapse() -> None:
    z = torch.tensor([[0.0, 0.0], [1.0, 3.0], [-1.0, 1.0]]).double()
    samples = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 4.0]]).double()
    # neighbours (0, 2), (1, 0), (2, 1): mean |x − x'| is 2, 1, 3 and mean |z − z'| is 1, 2, 2
    assert float(mode_seeking(z, samples)) == pytest.approx(1 / ((2 + 0.5 + 1.5) / 3 + 1e-5))
    assert mode_seeking(z, 0.01 * samples) > 50 * mode_seeking(z, samples)
    assert float(mode_seeking(z, 0 * samples)) == pytest.approx(1e5)
