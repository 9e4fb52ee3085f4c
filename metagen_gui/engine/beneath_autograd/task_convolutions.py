"""Convolutions with weights of their own for every task, on the CPU, where the usual way is slow.

Under vmap, a convolution whose weights differ from task to task becomes one with groups, and so do its derivatives of
any order. They all come down to three maps between an input `x` `(examples, groups * C, height, width)`, a `weight`
`(groups * O, C, *kernel)` and an outcome `y` `(examples, groups * O, …)`: `convolution` gives y, `input_gradient` what
a gradient by y is by x, `weight_gradient` what it is by the weight.

oneDNN computes them nearly as fast as a core multiplies if every group has many channels, and three to twenty times
slower than need be if it has few. There, each map is one batched product with what a kernel sees on the side of few
channels, so that copies stay small. `Layer` holds the rule, `benchmarks/results/convolutions.md` the measurements
behind it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

aten = torch.ops.aten
Pair = tuple[int, int]
LARGEST_KERNEL = 7
"""Taps along one side, beyond which the second image of a convolution is taken for an outcome and not for a kernel."""


@dataclass(frozen=True)
class Layer:
    """A convolution: how many groups, the channels of one group's input and outcome, and how its kernel moves."""

    groups: int
    channels: int
    outputs: int
    kernel: Pair
    stride: Pair
    padding: Pair

    @property
    def few_outputs(self) -> bool:
        """Whether all three maps are fastest as products with patches of the outcome.

        oneDNN is at its best with multiples of four channels, and wherever there are no groups.
        """
        takes_turns = self.stride == (1, 1) and min(self.opposite) >= 0
        ratio = 3 if self.groups > 1 else 16
        return takes_turns and self.outputs % 4 != 0 and ratio * self.outputs <= self.channels

    @property
    def few_inputs(self) -> bool:
        """Whether the gradient by the input is fastest as a product of whole patches, which are then added up."""
        return max(self.stride) > 1 and self.outputs >= 12 and self.outputs > 4 * self.channels

    @property
    def opposite(self) -> Pair:
        """The padding with which a convolution of stride 1 leads from the outcome back to the input."""
        return self.kernel[0] - 1 - self.padding[0], self.kernel[1] - 1 - self.padding[1]

    def outcome_size(self, size: Sequence[int]) -> list[int]:
        """Return the height and width of the outcome for an input of `size`, with stride 1."""
        return [side + 2 * edge - taps + 1 for side, edge, taps in zip(size, self.padding, self.kernel, strict=True)]

    def input_size(self, size: Sequence[int]) -> list[int]:
        """Return the height and width of the smallest input that has an outcome of `size`."""
        sides = zip(size, self.stride, self.padding, self.kernel, strict=True)
        return [(side - 1) * step - 2 * edge + taps for side, step, edge, taps in sides]


def layer(weight: Tensor, stride: Sequence[int], padding: Sequence[int], groups: int) -> Layer:
    """Return the convolution that `weight` `(groups * O, C, *kernel)` belongs to."""
    outputs, channels, *kernel = weight.shape
    return Layer(groups, channels, outputs // groups, _pair(kernel), _pair(stride), _pair(padding))


# -- the three maps, with stride 1 and few outputs; and one with few inputs --------------------------------------------


def convolution(x: Tensor, weight: Tensor, of: Layer) -> Tensor:
    """Return y, stride 1: a product gives what every pixel adds to its surroundings, and `col2im` adds it."""
    size = of.outcome_size(x.shape[2:])
    added = torch.bmm(_for_each(_mirrored(weight, of).transpose(1, 2), len(x)), _pixels(x, of))
    y: Tensor = aten.col2im.default(added, size, of.kernel, [1, 1], of.opposite, [1, 1])
    return y.reshape(len(x), of.groups * of.outputs, *size)


def input_gradient(seen: Tensor, weight: Tensor, size: Sequence[int], of: Layer) -> Tensor:
    """Return the gradient by an x of `size`, stride 1, from the `outcome_patches` of that by y."""
    x = torch.bmm(_for_each(_mirrored(weight, of), len(seen) // of.groups), seen)
    return x.reshape(-1, of.groups * of.channels, *size)


def weight_gradient(seen: Tensor, x: Tensor, of: Layer) -> Tensor:
    """Return the gradient by the weight, stride 1, from the `outcome_patches` of that by y."""
    products = torch.bmm(seen, _pixels(x, of).transpose(1, 2))
    taps = products.reshape(len(x), of.groups, of.outputs, *of.kernel, of.channels).sum(0).flip(2, 3)
    return taps.permute(0, 1, 4, 2, 3).reshape(of.groups * of.outputs, of.channels, *of.kernel)


def outcome_patches(y: Tensor, of: Layer) -> Tensor:
    """Return, stride 1, what of y each pixel of x has an effect on: `(examples * groups, O * taps, pixels)`."""
    down, right = of.opposite
    apart = y.reshape(len(y) * of.groups, of.outputs, *y.shape[2:])
    framed: Tensor = aten.constant_pad_nd.default(apart, [right, right, down, down])
    seen = framed.unfold(2, of.kernel[0], 1).unfold(3, of.kernel[1], 1)
    return seen.permute(0, 1, 4, 5, 2, 3).reshape(len(apart), -1, seen.shape[2] * seen.shape[3])


def input_gradient_by_patches(y: Tensor, weight: Tensor, size: Sequence[int], of: Layer) -> Tensor:
    """Return the gradient by an x of `size`, any stride: a product gives that of patches, and `col2im` adds them."""
    per_patch = weight.reshape(of.groups, of.outputs, -1).transpose(1, 2)
    added = torch.bmm(_for_each(per_patch, len(y)), y.reshape(len(y) * of.groups, of.outputs, -1))
    x: Tensor = aten.col2im.default(added, list(size), of.kernel, [1, 1], of.padding, of.stride)
    return x.reshape(len(y), of.groups * of.channels, *size)


def _mirrored(weight: Tensor, of: Layer) -> Tensor:
    """Return the weight as it leads from `outcome_patches` to pixels: `(groups, C, O * taps)`."""
    apart = weight.reshape(of.groups, of.outputs, of.channels, *of.kernel)
    return apart.transpose(1, 2).flip(3, 4).reshape(of.groups, of.channels, -1)


def _pixels(x: Tensor, of: Layer) -> Tensor:
    return x.reshape(len(x) * of.groups, of.channels, -1)


def _for_each(matrices: Tensor, examples: int) -> Tensor:
    """Return matrices `(groups, m, n)` once for every example: `(examples * groups, m, n)`."""
    return matrices.expand(examples, *matrices.shape).reshape(-1, *matrices.shape[1:])


# -- where autograd and vmap call them -------------------------------------------------------------------------------


def substitute(func: Any, args: Any, kwargs: Any = None) -> Any:
    """Return what an operation gives, computed in a faster way; NotImplemented where none is known.

    Knows `aten.convolution.default` and `aten.convolution_backward.default`, on plain tensors of a CPU.
    """
    known = CALLS.get(func)
    if known is None or kwargs or not all(_is_usual(each) for each in args[:2]):
        return NotImplemented
    return known(*args)


def _convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: bool,
    extra: Any,
    groups: int,
) -> Any:
    of = layer(weight, stride, padding, groups)
    if not transposed and groups == 1 and of.stride == (1, 1) and bias is None:
        disguised = _as_weight_gradient(x, weight, of.padding, _pair(dilation))
        if disguised is not None:
            return disguised
    if _pair(dilation) != (1, 1):
        return NotImplemented
    if not transposed:
        found = convolution(x, weight, of) if of.few_outputs else NotImplemented
    else:
        size = [side + more for side, more in zip(of.input_size(x.shape[2:]), extra, strict=True)]
        found = _input_gradient(x, weight, size, of)
    return found if bias is None or found is NotImplemented else found + bias[:, None, None]


def _backward(
    grad: Tensor,
    given: Tensor,
    weight: Tensor,
    bias_sizes: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: bool,
    extra: Any,
    groups: int,
    wanted: Any,
) -> Any:
    of = layer(weight, stride, padding, groups)
    y, x = (given, grad) if transposed else (grad, given)
    quick = of.few_outputs or (of.few_inputs and not transposed and wanted[0])
    if _pair(dilation) != (1, 1) or not quick or not (wanted[0] or wanted[1]):
        return NotImplemented
    by_given, by_weight = None, None
    if of.few_outputs:
        seen = outcome_patches(y, of)  # of use to both gradients
        if wanted[0]:
            by_given = convolution(x, weight, of) if transposed else input_gradient(seen, weight, x.shape[2:], of)
        by_weight = weight_gradient(seen, x, of) if wanted[1] else None
    else:
        by_given = input_gradient_by_patches(y, weight, x.shape[2:], of)
        rest = (bias_sizes, stride, padding, dilation, transposed, extra, groups, [False, True, False])
        by_weight = aten.convolution_backward.default(grad, given, weight, *rest)[1] if wanted[1] else None
    return by_given, by_weight, grad.sum((0, 2, 3)) if wanted[2] else None


def _input_gradient(y: Tensor, weight: Tensor, size: Sequence[int], of: Layer) -> Any:
    if of.few_outputs:
        return input_gradient(outcome_patches(y, of), weight, size, of)
    return input_gradient_by_patches(y, weight, size, of) if of.few_inputs else NotImplemented


def _as_weight_gradient(x: Tensor, y: Tensor, padding: Pair, stride: Pair) -> Tensor | None:
    """Return a convolution of `x` `(C, examples, …)` with a `y` `(O, examples, …)` too large to be a usual kernel.

    It is how autograd writes a weight's gradient `(C, O, *kernel)` when it differentiates an input's, task by task; the
    stride is there as a dilation. None if it is a convolution like any other.
    """
    sides = zip(x.shape[2:], y.shape[2:], padding, stride, strict=True)
    kernel = [side + 2 * edge - step * (steps - 1) for side, steps, edge, step in sides]
    large = stride != (1, 1) or max(y.shape[2:]) > LARGEST_KERNEL
    if not large or math.prod(kernel) >= math.prod(y.shape[2:]):
        return None
    x, y = x.transpose(0, 1), y.transpose(0, 1)
    of = Layer(1, x.shape[1], y.shape[1], _pair(kernel), stride, padding)
    if of.few_outputs:
        return weight_gradient(outcome_patches(y, of), x, of).transpose(0, 1)
    like = x.new_empty(1).expand(of.outputs, of.channels, *kernel)
    rest = (None, of.stride, of.padding, [1, 1], False, [0, 0], 1, [False, True, False])
    found: Tensor = aten.convolution_backward.default(y, x, like, *rest)[1]
    return found.transpose(0, 1)


CALLS: dict[Any, Callable[..., Any]] = {
    aten.convolution.default: _convolution,
    aten.convolution_backward.default: _backward,
}


def _is_usual(given: Tensor) -> bool:
    """Return whether `given` is a batch of images, or weights for them, of a kind that the measurements are about."""
    usual = given.device.type == "cpu" and given.dtype in (torch.float32, torch.float64)
    return usual and given.ndim == 4 and given.numel() > 0


def _pair(values: Sequence[int]) -> Pair:
    """Return height and width, where one number may stand for both."""
    return values[0], values[-1]
