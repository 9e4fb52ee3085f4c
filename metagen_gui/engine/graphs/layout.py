"""Operations that move numbers and change none, in ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from metagen_gui.engine.graphs.emitter import Emitter, Value, says
from metagen_gui.engine.graphs.graph import Call, Free, NotOneGraph

END = 2**62
"""From here on the end of a slice is the end of the tensor."""


def at(value: Value, axis: int, more: int = 0) -> int:
    """Return an axis counted from the front."""
    return axis % (len(value.shape) + more)


@says(
    "aten.view.default",
    "aten._unsafe_view.default",
    "aten.reshape.default",
    "aten.squeeze.dim",
    "aten.squeeze.dims",
    "aten.squeeze.default",
    "aten.unsqueeze.default",
    "aten._reshape_copy.default",
    "aten.view_as.default",
)
def _view(e: Emitter, call: Call, a: Value, *_: Any) -> str:
    return str(e.op("Reshape", a.name, e.sizes(call.shape)))


@says("aten.clone.default", "aten.detach.default", "aten.alias.default", "aten.contiguous.default")
def _same(e: Emitter, call: Call, a: Value, *_: Any, **__: Any) -> str:
    return a.name


@says("aten._to_copy.default")
def _to_copy(e: Emitter, call: Call, a: Value, **_: Any) -> str:
    return e.like(a, call.dtype)


@says("aten.expand.default")
def _expand(e: Emitter, call: Call, a: Value, *_: Any, **__: Any) -> str:
    return str(e.op("Expand", a.name, e.sizes(call.shape)))


@says("aten.repeat.default")
def _repeat(e: Emitter, call: Call, a: Value, times: Sequence[Any]) -> str:
    more = len(times) - len(a.shape)
    wide = e.op("Reshape", a.name, e.sizes((1,) * more + a.shape))
    return str(e.op("Tile", wide, e.sizes(times)))


@says("aten.t.default")
def _t(e: Emitter, call: Call, a: Value) -> str:
    return str(e.op("Transpose", a.name, perm=[1, 0])) if len(a.shape) == 2 else a.name


@says("aten.transpose.int")
def _transpose(e: Emitter, call: Call, a: Value, first: int, second: int) -> str:
    order = list(range(len(a.shape)))
    one, other = at(a, first), at(a, second)
    order[one], order[other] = other, one
    return str(e.op("Transpose", a.name, perm=order))


@says("aten.permute.default")
def _permute(e: Emitter, call: Call, a: Value, order: Sequence[int]) -> str:
    return str(e.op("Transpose", a.name, perm=[at(a, axis) for axis in order]))


@says("aten.cat.default")
def _cat(e: Emitter, call: Call, parts: Sequence[Value], dim: int = 0) -> str:
    return str(e.op("Concat", *(e.like(part, call.dtype) for part in parts), axis=at(parts[0], dim)))


@says("aten.stack.default")
def _stack(e: Emitter, call: Call, parts: Sequence[Value], dim: int = 0) -> str:
    axis = at(parts[0], dim, 1)
    where = e.table(np.array([axis]))
    return str(e.op("Concat", *(e.op("Unsqueeze", e.like(part, call.dtype), where) for part in parts), axis=axis))


def sliced(e: Emitter, name: str, axis: int, start: Any, end: Any, step: Any = 1) -> str:
    """Return the name of a part of a tensor along one axis."""
    begin, last, along, by = (e.sizes([value]) for value in (start, end, axis, step))
    return str(e.op("Slice", name, begin, last, along, by))


@says("aten.select.int")
def _select(e: Emitter, call: Call, a: Value, dim: int, index: Any) -> str:
    return str(e.op("Gather", a.name, e.number(index, torch.int64), axis=at(a, dim)))


@says("aten.slice.Tensor")
def _slice(e: Emitter, call: Call, a: Value, dim: int = 0, start: Any = None, end: Any = None, step: Any = 1) -> str:
    last = END if end is None or (isinstance(end, int) and end > END) else end
    return sliced(e, a.name, at(a, dim), 0 if start is None else start, last, step)


@says("aten.split.Tensor")
def _split(e: Emitter, call: Call, a: Value, size: Any, dim: int = 0) -> tuple[str, ...]:
    axis = at(a, dim)
    length = a.shape[axis]
    if isinstance(size, Free) and isinstance(length, Free):
        parts = _how_often(size, length)
        return tuple(sliced(e, a.name, axis, _times(size, i), _times(size, i + 1)) for i in range(parts))
    return tuple(sliced(e, a.name, axis, begin, min(begin + size, length)) for begin in range(0, length, size))


def _how_often(size: Free, length: Free) -> int:
    """Return how often a free length holds a free part of it."""
    return round(next(whole / part for part, whole in zip(size.terms, length.terms, strict=True) if part))


def _times(size: Free, times: int) -> Any:
    a, b, c = (term * times for term in size.terms)
    return Free(size.axis, (a, b, c)) if times else 0


@says("aten.split_with_sizes.default")
def _split_with_sizes(e: Emitter, call: Call, a: Value, sizes: Sequence[Any], dim: int = 0) -> tuple[str, ...]:
    found = e.op("Split", a.name, e.sizes(sizes), outputs=len(sizes), axis=at(a, dim))
    return (found,) if isinstance(found, str) else tuple(found)


@says("aten.unbind.int")
def _unbind(e: Emitter, call: Call, a: Value, dim: int = 0) -> tuple[str, ...]:
    axis = at(a, dim)
    return tuple(str(e.op("Gather", a.name, e.number(i, torch.int64), axis=axis)) for i in range(a.shape[axis]))


@says("aten.gather.default")
def _gather(e: Emitter, call: Call, a: Value, dim: int, index: Value, **_: Any) -> str:
    return str(e.op("GatherElements", a.name, index.name, axis=at(a, dim)))


@says("aten.index_select.default")
def _index_select(e: Emitter, call: Call, a: Value, dim: int, index: Value) -> str:
    return str(e.op("Gather", a.name, index.name, axis=at(a, dim)))


@says("aten.index.Tensor")
def _index(e: Emitter, call: Call, a: Value, indices: Sequence[Any]) -> str:
    given = [(axis, index) for axis, index in enumerate(indices) if index is not None]
    if len(given) == 1:
        axis, index = given[0]
        return str(e.op("Gather", a.name, index.name, axis=axis))
    if [axis for axis, _ in given] != list(range(len(given))):
        raise NotOneGraph("places are told of axes that do not come first")
    shape = e.sizes(_broadcast([index.shape for _, index in given]))
    one = e.table(np.array([-1]))
    stacked = [e.op("Unsqueeze", e.op("Expand", e.like(index, torch.int64), shape), one) for _, index in given]
    return str(e.op("GatherND", a.name, e.op("Concat", *stacked, axis=-1)))


def _broadcast(shapes: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    rank = max(map(len, shapes))
    wide = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return tuple(next((length for length in lengths if length != 1), 1) for lengths in zip(*wide, strict=True))


@says("aten.select_backward.default")
def _select_backward(e: Emitter, call: Call, gradient: Value, sizes: Sequence[Any], dim: int, index: int) -> str:
    axis = dim % len(sizes)
    wide = e.op("Unsqueeze", gradient.name, e.table(np.array([axis])))
    place = _from_front(index, sizes[axis])
    return _padded(e, call, wide, axis, place, _difference(place, -1))


@says("aten.slice_backward.default")
def _slice_backward(
    e: Emitter, call: Call, gradient: Value, sizes: Sequence[Any], dim: int, start: Any, end: Any, step: int
) -> str:
    if step != 1:
        raise NotOneGraph("a slice takes every other place")
    axis = dim % len(sizes)
    size = sizes[axis]
    last = size if end > END else _from_front(end, size)
    return _padded(e, call, gradient.name, axis, _from_front(start, size), last)


def _padded(e: Emitter, call: Call, name: str, axis: int, start: Any, end: Any) -> str:
    """Return the name of a tensor with zeros before and after along one axis, to the shape of the outcome."""
    parts = []
    for begin, last in ((0, start), (end, call.shape[axis])):
        if begin != last:
            size = _difference(last, begin)
            shape = (*call.shape[:axis], size, *call.shape[axis + 1 :])
            parts.append(e.filled(0, shape, call.dtype or torch.float32))
        parts.append(name)
    parts.pop()
    return str(e.op("Concat", *parts, axis=axis)) if len(parts) > 1 else name


def _from_front(place: Any, size: Any) -> Any:
    """Return a place that may be counted from the end as one from the front."""
    return _difference(size, -place) if isinstance(place, int) and place < 0 else place


def _difference(a: Any, b: Any) -> Any:
    if not (isinstance(a, Free) or isinstance(b, Free)):
        return a - b
    first, second = (value.terms if isinstance(value, Free) else (value, 0, 0) for value in (a, b))
    axis = (a if isinstance(a, Free) else b).axis
    x, y, z = (one - other for one, other in zip(first, second, strict=True))
    return Free(axis, (x, y, z))


@says("aten.constant_pad_nd.default")
def _pad(e: Emitter, call: Call, a: Value, pads: Sequence[int], value: Any = 0.0) -> str:
    pairs = [(pads[i], pads[i + 1]) for i in range(0, len(pads), 2)][::-1]
    pairs = [(0, 0)] * (len(a.shape) - len(pairs)) + pairs
    both = e.sizes([begin for begin, _ in pairs] + [end for _, end in pairs])
    return str(e.op("Pad", a.name, both, e.number(value, call.dtype or torch.float32)))


@says("aten.flip.default")
def _flip(e: Emitter, call: Call, a: Value, dims: Sequence[int]) -> str:
    name = a.name
    for dim in dims:
        name = sliced(e, name, at(a, dim), -1, -END, -1)
    return name


@says("aten.diagonal.default")
def _diagonal(e: Emitter, call: Call, a: Value, offset: int = 0, dim1: int = 0, dim2: int = 1) -> str:
    if (offset, at(a, dim1), at(a, dim2), len(a.shape)) != (0, 0, 1, 2):
        raise NotOneGraph("a diagonal is not that of a matrix")
    eye = e.op("EyeLike", a.name)
    return str(e.op("ReduceSum", e.op("Mul", a.name, eye), e.table(np.array([1])), keepdims=0))
