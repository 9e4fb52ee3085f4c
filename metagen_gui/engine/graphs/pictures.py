"""Operations of pictures in ONNX: convolutions, their gradients, and pixels that change places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from metagen_gui.engine.graphs.emitter import Emitter, Value, says
from metagen_gui.engine.graphs.graph import Call, NotOneGraph
from metagen_gui.engine.graphs.layout import sliced


@says("aten.pixel_shuffle.default")
def _pixel_shuffle(e: Emitter, call: Call, a: Value, factor: int) -> str:
    return str(e.op("DepthToSpace", a.name, blocksize=factor, mode="CRD"))


@says("aten.pixel_unshuffle.default")
def _pixel_unshuffle(e: Emitter, call: Call, a: Value, factor: int) -> str:
    *lead, channels, height, width = a.shape
    parts = (*lead, channels, height // factor, factor, width // factor, factor)
    apart, at_front = e.op("Reshape", a.name, e.sizes(parts)), len(lead)
    order = [*range(at_front), *(at_front + axis for axis in (0, 2, 4, 1, 3))]
    return str(e.op("Reshape", e.op("Transpose", apart, perm=order), e.sizes(call.shape)))


@says("aten.upsample_nearest2d.default")
def _upsample(e: Emitter, call: Call, a: Value, *_: Any) -> str:
    batch, channels, height, width = a.shape
    by, across = call.shape[2] // height, call.shape[3] // width
    apart = e.op("Reshape", a.name, e.sizes((batch, channels, height, 1, width, 1)))
    wide = e.op("Expand", apart, e.sizes((batch, channels, height, by, width, across)))
    return str(e.op("Reshape", wide, e.sizes(call.shape)))


@says("aten.upsample_nearest2d_backward.default")
def _upsample_backward(e: Emitter, call: Call, gradient: Value, *_: Any) -> str:
    batch, channels, height, width = call.shape
    by, across = gradient.shape[2] // height, gradient.shape[3] // width
    apart = e.op("Reshape", gradient.name, e.sizes((batch, channels, height, by, width, across)))
    return str(e.op("ReduceSum", apart, e.table(np.array([3, 5])), keepdims=0))


@says("aten.convolution.default")
def _convolution(
    e: Emitter,
    call: Call,
    a: Value,
    weight: Value,
    bias: Value | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
) -> str:
    given = [a.name, weight.name, *([] if bias is None else [bias.name])]
    stride, padding, dilation, output_padding = _each(weight, stride, padding, dilation, output_padding)
    how: dict[str, Any] = {"strides": stride, "pads": padding * 2, "dilations": dilation, "group": groups}
    if transposed:
        return str(e.op("ConvTranspose", *given, output_padding=output_padding, **how))
    return str(e.op("Conv", *given, **how))


def _each(weight: Value, *numbers: Sequence[int]) -> list[list[int]]:
    """Return numbers of every direction, where one may stand for all."""
    directions = len(weight.shape) - 2
    return [[*given] * directions if len(given) == 1 else [*given] for given in numbers]


@says("aten.convolution_backward.default")
def _convolution_backward(
    e: Emitter,
    call: Call,
    gradient: Value,
    a: Value,
    weight: Value,
    sizes: Any,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
    wanted: Sequence[bool],
) -> tuple[str, ...]:
    if transposed or groups != 1:
        raise NotOneGraph("a gradient is of a convolution that is transposed or in groups")
    stride, padding, dilation = _each(weight, stride, padding, dilation)
    to_input = to_weight = to_bias = ""
    kernel = [reach * (size - 1) + 1 for reach, size in zip(dilation, weight.shape[2:], strict=True)]
    if wanted[0]:
        left = [
            length - ((out - 1) * by + size - 2 * pad)
            for length, out, by, size, pad in zip(a.shape[2:], gradient.shape[2:], stride, kernel, padding, strict=True)
        ]
        how: dict[str, Any] = {"strides": stride, "pads": padding * 2, "dilations": dilation, "output_padding": left}
        to_input = e.op("ConvTranspose", gradient.name, weight.name, **how)
    if wanted[1]:
        swapped, slopes = (e.op("Transpose", value.name, perm=[1, 0, 2, 3]) for value in (a, gradient))
        how = {"strides": dilation, "pads": padding * 2, "dilations": stride}
        found = e.op("Transpose", e.op("Conv", swapped, slopes, **how), perm=[1, 0, 2, 3])
        for axis, size in enumerate(weight.shape[2:], 2):  # what the stride left over at the end
            found = sliced(e, found, axis, 0, size)
        to_weight = found
    if wanted[2]:
        to_bias = e.op("ReduceSum", gradient.name, e.table(np.array([0, 2, 3])), keepdims=0)
    return to_input, to_weight, to_bias
