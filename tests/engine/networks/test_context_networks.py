"""The networks: normalisation as torch's to first order, and right where torch's is not; every image size."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from metagen_gui.engine.networks.context_networks import (
    ACTIVATIONS,
    ContextConv,
    ContextMLP,
    ConvDecoder,
    ConvEncoder,
    Normalisation,
    initial_values,
)

CASES = [((5, 12), 1), ((5, 12, 3, 4), 4), ((5, 12, 3, 4), 1)]


def norm_of(features: int, groups: int) -> Normalisation:
    norm = Normalisation(features, groups).double()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for value in norm.parameters():
            value.add_(torch.randn(features, generator=generator).double())
    return norm


@pytest.mark.parametrize(("shape", "groups"), CASES)
def test_normalisation_equals_torchs_in_value_and_first_derivative(shape: tuple[int, ...], groups: int) -> None:
    norm = norm_of(shape[1], groups)
    x = (3 * torch.randn(shape, generator=torch.Generator().manual_seed(0)).double() + 1).requires_grad_()
    given = (x, *norm.parameters())
    theirs = F.group_norm(x, groups, norm.weight, norm.bias, eps=1e-5)
    torch.testing.assert_close(norm(x), theirs, rtol=1e-12, atol=1e-12)
    if len(shape) == 2:
        torch.testing.assert_close(norm(x), F.layer_norm(x, shape[1:], norm.weight, norm.bias), rtol=1e-12, atol=1e-12)
    mix = torch.randn(shape, generator=torch.Generator().manual_seed(2)).double()
    ours = torch.autograd.grad((norm(x) * mix).sum(), given)
    for found, expected in zip(ours, torch.autograd.grad((theirs * mix).sum(), given), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("shape", "groups"), [((2, 4), 1), ((2, 4, 1, 2), 2)])
def test_normalisation_is_exact_to_the_third_derivative(shape: tuple[int, ...], groups: int) -> None:
    """What a MAML step over a gradient penalty takes, and where torch's fused normalisation is wrong."""
    norm = norm_of(shape[1], groups)
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0)).double().requires_grad_()

    def slope(at: Tensor) -> Tensor:
        (found,) = torch.autograd.grad(torch.tanh(norm(at)).sum(), at, create_graph=True)
        return found

    assert torch.autograd.gradcheck(slope, (x,))
    assert torch.autograd.gradgradcheck(slope, (x,))


def test_examples_are_normalised_one_by_one() -> None:
    norm = norm_of(8, 2)
    x = torch.randn(4, 8, 3, 3, generator=torch.Generator().manual_seed(0)).double()
    alone = torch.cat([norm(example[None]) for example in x])
    torch.testing.assert_close(norm(x), alone)


@pytest.mark.parametrize("size", [16, 28, 32, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_convolutions_fit_every_image_size(size: int, channels: int) -> None:
    shape = (channels, size, size)
    encoder, decoder = ConvEncoder(shape, 4, 6, 5, 3, "silu"), ConvDecoder(shape, 4, 6, 2, 3, "silu")
    context = torch.zeros(3)
    assert encoder(torch.rand(2, *shape), context).shape == (2, 5)
    assert decoder(torch.rand(2, 2), context).shape == (2, *shape)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_are_smooth_enough_to_be_differentiated_twice(activation: str) -> None:
    """R1 of a ReLU network has a Hessian of zero almost everywhere; that of these must not vanish."""
    x = torch.linspace(-2, 2, 9, dtype=torch.float64, requires_grad=True)
    (first,) = torch.autograd.grad(ACTIVATIONS[activation](x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    assert (second.abs() > 1e-3).sum() >= 8


IMAGE = (2, 16, 16)


@pytest.mark.parametrize(
    ("build", "shape"),
    [
        pytest.param(lambda: ContextMLP(3, 6, 2, 1, 4, "silu"), (3,), id="mlp"),
        pytest.param(lambda: ConvEncoder(IMAGE, 4, 6, 1, 4, "silu"), IMAGE, id="encoder"),
        pytest.param(lambda: ConvDecoder(IMAGE, 4, 6, 3, 4, "silu"), (3,), id="decoder"),
    ],
)
def test_double_backward_under_vmap_is_that_of_a_loop(build: Callable[[], nn.Module], shape: tuple[int, ...]) -> None:
    """What a meta-gradient through a gradient penalty needs: ∂/∂w of ‖∇_x f‖², for all tasks at once."""
    network = build()
    generator = torch.Generator().manual_seed(0)
    params = {n: v.double() for n, v in initial_values(network, generator).items()}
    contexts = torch.randn(3, 4, generator=generator).double()
    batch = torch.randn(3, 2, *shape, generator=generator).double()

    def penalty(params: dict[str, Tensor], x: Tensor, context: Tensor) -> Tensor:
        slope = torch.func.grad(lambda at: functional_call(network, params, (at, context)).square().sum())(x)
        return slope.square().sum()

    together = torch.func.vmap(torch.func.grad(penalty), in_dims=(None, 0, 0))(params, batch, contexts)
    for i in range(3):
        given = {n: v.clone().requires_grad_() for n, v in params.items()}
        x = batch[i].clone().requires_grad_()
        out = functional_call(network, given, (x, contexts[i])).square().sum()
        (slope,) = torch.autograd.grad(out, x, create_graph=True)
        alone = torch.autograd.grad(slope.square().sum(), list(given.values()), allow_unused=True)
        for key, expected in zip(given, alone, strict=True):
            torch.testing.assert_close(
                together[key][i], torch.zeros_like(params[key]) if expected is None else expected, rtol=1e-8, atol=1e-9
            )
    assert sum(float(gradient.abs().sum()) for gradient in together.values()) > 1


@pytest.mark.parametrize("layer", ["mlp", "conv"])
def test_a_context_adds_a_linear_map_to_every_example_alike(layer: str) -> None:
    generator = torch.Generator().manual_seed(0)
    network = ContextMLP(3, 6, 1, 2, 4, "tanh") if layer == "mlp" else ContextConv(3, 8, 4, "tanh")
    params = initial_values(network, generator)
    x = torch.randn(2, 3, *([] if layer == "mlp" else [5, 5]), generator=generator)
    context = torch.randn(4, generator=generator)
    steer, bias = ("layers.0.steer.weight", "layers.0.linear.bias") if layer == "mlp" else ("steer.weight", "conv.bias")
    instead = {**params, bias: params[bias] + params[steer] @ context}
    steered = functional_call(network, params, (x, context))
    torch.testing.assert_close(steered, functional_call(network, instead, (x, torch.zeros(4))))
    assert not torch.allclose(steered, functional_call(network, params, (x, torch.zeros(4))))


def test_fresh_values_are_drawn_from_the_generator_alone() -> None:
    network = ContextMLP(400, 50, 1, 2, 4, "silu")
    first = initial_values(network, torch.Generator().manual_seed(0))
    torch.manual_seed(123)
    again = initial_values(network, torch.Generator().manual_seed(0))
    other = initial_values(network, torch.Generator().manual_seed(1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    weight = first["layers.0.linear.weight"]
    assert not torch.equal(weight, other["layers.0.linear.weight"])
    assert float(weight.std()) == pytest.approx(1 / 20, rel=0.05), "variance 1 / inputs"
    assert float(first["layers.0.linear.bias"].std()) == pytest.approx(1 / 20, rel=0.3)
    assert torch.equal(first["layers.0.norm.weight"], torch.ones(50)) and not first["layers.0.norm.bias"].any()


def test_a_fresh_network_sees_how_far_a_point_lies_from_the_origin() -> None:
    """With biases of 0 normalisation would cancel the length of what enters the first layer."""
    network = ContextMLP(2, 50, 1, 1, 4, "silu")
    values = initial_values(network, torch.Generator().manual_seed(0))
    near, far = (functional_call(network, values, (torch.tensor([[x, x]]), torch.zeros(4))) for x in (0.5, 2.0))
    assert abs(float(near - far)) > 0.01
