"""Convolutions computed another way give what aten gives, alone and inside second-order meta-gradients."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from metagen_gui.engine.beneath_autograd.replay import record
from metagen_gui.engine.beneath_autograd.task_convolutions import substitute

aten = torch.ops.aten
FORWARD, BACKWARD = aten.convolution.default, aten.convolution_backward.default


class Substituting(TorchDispatchMode):
    """Lets `substitute` compute what it can, and counts it."""

    def __init__(self) -> None:
        super().__init__()
        self.replaced: list[Any] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = substitute(func, args, kwargs)
        if found is NotImplemented:
            return func(*args, **(kwargs or {}))
        self.replaced.append(func)
        return found


def draw(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def agree(found: Any, expected: Any, tolerance: float = 1e-12) -> None:
    """Compare tensors with their largest number, since sums of many terms round as their terms do."""
    assert type(found) is type(expected)
    if isinstance(expected, tuple):
        for one, other in zip(found, expected, strict=True):
            agree(one, other, tolerance)
    elif expected is not None:
        assert found.shape == expected.shape
        assert float((found - expected).abs().max()) <= tolerance * float(expected.abs().max())


@st.composite
def layers(draw_from: Any) -> dict[str, Any]:
    """Draw a convolution's shapes: thin and thick ones, with and without groups, not square."""
    kernel = draw_from(st.tuples(*[st.sampled_from([1, 3, 4, 5])] * 2))
    padding = tuple(draw_from(st.integers(0, side)) for side in kernel)
    least = [max(1, taps - 2 * edge) for taps, edge in zip(kernel, padding, strict=True)]
    return {
        "examples": draw_from(st.integers(1, 3)),
        "groups": draw_from(st.sampled_from([1, 2, 3])),
        "channels": draw_from(st.sampled_from([1, 2, 3, 4, 9, 16, 17])),
        "outputs": draw_from(st.sampled_from([1, 2, 3, 4, 5, 12, 13, 17])),
        "kernel": kernel,
        "padding": padding,
        "stride": draw_from(st.tuples(*[st.sampled_from([1, 2, 3])] * 2)) if draw_from(st.booleans()) else (1, 1),
        "size": tuple(side + draw_from(st.integers(0, 6)) for side in least),
    }


@settings(max_examples=300, deadline=None)
@given(layers(), st.booleans(), st.tuples(st.booleans(), st.booleans(), st.booleans()), st.integers(0, 2))
def test_every_shape_agrees_with_aten(
    s: dict[str, Any], transposed: bool, wanted: tuple[bool, bool, bool], extra: int
) -> None:
    """Forwards and backwards, ordinary and transposed: what is replaced is exact, in value, shape and what is None."""
    groups, stride, padding = s["groups"], list(s["stride"]), list(s["padding"])
    weight = draw(groups * s["outputs"], s["channels"], *s["kernel"], seed=1)
    surplus = [min(extra, step - 1) for step in stride] if transposed else [0, 0]
    rest = (stride, padding, [1, 1], transposed, surplus, groups)
    per_group = s["outputs"] if transposed else s["channels"]
    x = draw(s["examples"], groups * per_group, *s["size"], seed=2)
    if transposed:
        sides = zip(s["size"], stride, padding, s["kernel"], surplus, strict=True)
        assume(all((n - 1) * step - 2 * edge + taps + more > 0 for n, step, edge, taps, more in sides))
    bias = draw(groups * s["channels"] if transposed else groups * s["outputs"], seed=3) if wanted[2] else None
    expected = FORWARD(x, weight, bias, *rest)
    found = substitute(FORWARD, (x, weight, bias, *rest))
    if found is not NotImplemented:
        agree(found, expected)
    gradient = draw(*expected.shape, seed=4)
    backward = (gradient, x, weight, [expected.shape[1]], *rest, list(wanted))
    found = substitute(BACKWARD, backward)
    if found is not NotImplemented:
        agree(found, BACKWARD(*backward))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("channels", "outputs", "stride", "groups"), [(9, 3, 1, 4), (1, 13, 2, 4), (16, 1, 1, 1)])
def test_thin_layers_are_replaced(channels: int, outputs: int, stride: int, groups: int, dtype: torch.dtype) -> None:
    x = draw(2, groups * channels, 8, 8, dtype=dtype)
    weight = draw(groups * outputs, channels, 3, 3, seed=1, dtype=dtype)
    rest = ([stride, stride], [1, 1], [1, 1], False, [0, 0], groups)
    gradient = FORWARD(x, weight, None, *rest)
    for wanted in ([True, True, False], [True, False, True]):
        backward = (gradient, x, weight, [groups * outputs], *rest, wanted)
        expected = (value if asked else None for value, asked in zip(BACKWARD(*backward), wanted, strict=True))
        agree(substitute(BACKWARD, backward), tuple(expected), 1e-5 if dtype == torch.float32 else 1e-12)
    assert (substitute(FORWARD, (x, weight, None, *rest)) is NotImplemented) == (stride == 2)


@pytest.mark.parametrize(
    ("given", "rest"),
    [
        (draw(2, 48, 8, 8, dtype=torch.float16), ([1, 1], [1, 1], [1, 1], False, [0, 0], 3)),
        (draw(2, 48, 8), ([1], [1], [1], False, [0], 3)),
        (draw(2, 48, 8, 8), ([1, 1], [1, 1], [2, 2], False, [0, 0], 3)),
        (draw(2, 16, 8, 8), ([1, 1], [1, 1], [2, 2], False, [0, 0], 1)),
        (draw(0, 48, 8, 8), ([1, 1], [1, 1], [1, 1], False, [0, 0], 3)),
        (draw(2, 48, 8, 8), ([1, 1], [3, 3], [1, 1], False, [0, 0], 3)),
    ],
    ids=["half", "one dimension", "dilated", "dilated, one group", "no examples", "more padding than kernel"],
)
def test_anything_else_is_left_to_aten(given: Tensor, rest: tuple[Any, ...]) -> None:
    weight = torch.zeros((3, 16, *[3] * (given.ndim - 2)), dtype=given.dtype)
    assert substitute(FORWARD, (given, weight, None, *rest)) is NotImplemented
    assert substitute(aten.mm.default, (weight[0, 0], weight[0, 0])) is NotImplemented


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("channels", "outputs"), [(16, 1), (4, 6), (1, 5)])
@pytest.mark.parametrize("size", [9, 10, 18])
def test_a_weight_gradient_written_as_a_convolution_is_seen_through(
    stride: int, channels: int, outputs: int, size: int
) -> None:
    """Autograd writes it with a kernel as large as the outcome, and the stride as a dilation."""
    y = draw(5, outputs, (size - 1) // stride + 1, (size - 1) // stride + 1, seed=1)
    x = draw(5, channels, size, size)
    call = (x.transpose(0, 1), y.transpose(0, 1), None, [1, 1], [1, 1], [stride, stride], False, [0, 0], 1)
    found = substitute(FORWARD, call)
    assert (found is NotImplemented) == (stride == 1 and y.shape[2] <= 7)
    agree(found, FORWARD(*call))


def network(weights: list[Tensor], x: Tensor) -> Tensor:
    """Return the squared error of a small convolutional autoencoder, transposed layer included."""
    hidden = F.silu(F.conv2d(x, weights[0], weights[1], stride=2, padding=1))
    hidden = F.silu(F.conv_transpose2d(hidden, weights[2], stride=2, padding=1))
    return ((F.conv2d(hidden, weights[3], weights[4], padding=1) - x) ** 2).sum()


def meta_gradient(x: Tensor, *weights: Tensor, steps: int = 2) -> tuple[Tensor, ...]:
    """Return the second-order gradient of MAML after two steps, on images `(tasks, shots, 1, 10, 10)`."""
    moving = [each.detach().requires_grad_() for each in weights]

    def adapted(x: Tensor) -> Tensor:
        now: list[Tensor] = list(moving)
        for _ in range(steps):
            gradients = torch.func.grad(network)(now, x)
            now = [weight - 0.001 * gradient for weight, gradient in zip(now, gradients, strict=True)]
        return network(now, x)

    return torch.autograd.grad(torch.func.vmap(adapted)(x).mean(), moving)


def weights_of_the_network() -> list[Tensor]:
    shapes = [(17, 1, 3, 3), (17,), (17, 16, 4, 4), (1, 16, 3, 3), (1,)]
    return [draw(*shape, seed=seed) / 3 for seed, shape in enumerate(shapes)]


def test_meta_gradients_of_second_order_agree_and_use_it() -> None:
    x, weights = draw(3, 2, 1, 10, 10, seed=9), weights_of_the_network()
    expected = meta_gradient(x, *weights)
    with Substituting() as mode:
        found = meta_gradient(x, *weights)
    agree(found, expected, 1e-11)  # of a whole chain of roundings
    assert {FORWARD, BACKWARD} == set(mode.replaced)


def test_a_recording_of_it_can_be_replayed() -> None:
    """Recorded beneath the mode, on one input, and replayed on another."""
    weights = weights_of_the_network()

    def step(*given: Tensor) -> tuple[Tensor, ...]:
        with Substituting():
            return meta_gradient(*given)

    recording = record(step, (draw(3, 2, 1, 10, 10, seed=9), *weights))
    other = (draw(3, 2, 1, 10, 10, seed=10), *weights)
    for found, expected in zip(recording(*other), step(*other), strict=True):
        assert torch.equal(found, expected)
