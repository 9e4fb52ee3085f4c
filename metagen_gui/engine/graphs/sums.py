"""Operations in ONNX that make one number of many, or many of one."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch

from metagen_gui.engine.graphs.emitter import Emitter, Value, says
from metagen_gui.engine.graphs.graph import Call
from metagen_gui.engine.graphs.layout import at


def _reduced(kind: str, e: Emitter, call: Call, a: Value, dim: Any = None, keepdim: bool = False, **_: Any) -> str:
    axes = range(len(a.shape)) if dim is None or dim == () else (dim,) if isinstance(dim, int) else dim
    if not a.shape:
        return e.like(a, call.dtype)
    over = e.table(np.array([at(a, axis) for axis in axes], np.int64))
    return str(e.op(kind, e.like(a, call.dtype), over, keepdims=int(keepdim)))


says("aten.sum.default", "aten.sum.dim_IntList")(partial(_reduced, "ReduceSum"))
says("aten.mean.default", "aten.mean.dim")(partial(_reduced, "ReduceMean"))
says("aten.amax.default", "aten.max.default")(partial(_reduced, "ReduceMax"))
says("aten.amin.default", "aten.min.default")(partial(_reduced, "ReduceMin"))
says("aten.logsumexp.default")(partial(_reduced, "ReduceLogSumExp"))
says("aten.prod.default", "aten.prod.dim_int")(partial(_reduced, "ReduceProd"))


@says("aten.all.default", "aten.all.dim", "aten.any.default", "aten.any.dim")
def _all(e: Emitter, call: Call, a: Value, dim: Any = None, keepdim: bool = False) -> str:
    kind = "ReduceMin" if ".all." in str(call.target) else "ReduceMax"
    counted = Call(call.target, shape=call.shape, dtype=torch.int32)
    return e.cast(
        _reduced(kind, e, counted, Value(e.like(a, torch.int32), a.shape, torch.int32), dim, keepdim), torch.bool
    )


@says("aten.argmin.default", "aten.argmax.default")
def _argmin(e: Emitter, call: Call, a: Value, dim: Any = None, keepdim: bool = False) -> str:
    kind = "ArgMin" if "argmin" in str(call.target) else "ArgMax"
    if dim is None:
        flat = e.op("Reshape", a.name, e.table(np.array([-1])))
        return str(e.op(kind, flat, axis=0, keepdims=0))
    return str(e.op(kind, a.name, axis=at(a, dim), keepdims=int(keepdim)))


@says("aten.var.correction")
def _var(e: Emitter, call: Call, a: Value, dim: Any = None, correction: Any = 1, keepdim: bool = False) -> str:
    axes = range(len(a.shape)) if dim is None or dim == () else dim
    over = e.table(np.array([at(a, axis) for axis in axes], np.int64))
    away = e.op("Sub", a.name, e.op("ReduceMean", a.name, over, keepdims=1))
    total = e.op("ReduceSum", e.op("Mul", away, away), over, keepdims=int(keepdim))
    lengths = e.op("Gather", e.op("Shape", a.name), over)
    count = e.cast(e.op("ReduceProd", lengths, keepdims=0), torch.float32)
    return str(e.op("Div", total, e.op("Sub", count, e.number(1 if correction is None else correction))))


@says("aten.std.correction")
def _std(e: Emitter, call: Call, *given: Any, **named: Any) -> str:
    return str(e.op("Sqrt", _var(e, call, *given, **named)))


@says("aten.cumsum.default")
def _cumsum(e: Emitter, call: Call, a: Value, dim: int, **_: Any) -> str:
    return str(e.op("CumSum", e.like(a, call.dtype), e.table(np.array(at(a, dim)))))


@says("aten._softmax.default", "aten._log_softmax.default")
def _softmax(e: Emitter, call: Call, a: Value, dim: int, *_: Any) -> str:
    return str(e.op("LogSoftmax" if "log" in str(call.target) else "Softmax", a.name, axis=at(a, dim)))


@says("aten._softmax_backward_data.default")
def _softmax_backward(e: Emitter, call: Call, gradient: Value, s: Value, dim: int, *_: Any) -> str:
    weighed = e.op("Mul", gradient.name, s.name)
    total = e.op("ReduceSum", weighed, e.table(np.array([at(s, dim)])), keepdims=1)
    return str(e.op("Sub", weighed, e.op("Mul", s.name, total)))


@says("aten._log_softmax_backward_data.default")
def _log_softmax_backward(e: Emitter, call: Call, gradient: Value, s: Value, dim: int, *_: Any) -> str:
    total = e.op("ReduceSum", gradient.name, e.table(np.array([at(s, dim)])), keepdims=1)
    return str(e.op("Sub", gradient.name, e.op("Mul", e.op("Exp", s.name), total)))


@says("aten.empty_like.default", "aten.zeros_like.default", "aten.new_zeros.default", "aten.new_empty.default")
def _zeros(e: Emitter, call: Call, *_: Any, **__: Any) -> str:
    return e.filled(0, call.shape, call.dtype or torch.float32)


@says("aten.zeros.default", "aten.empty.memory_format", "aten.new_empty_strided.default")
def _fresh_zeros(e: Emitter, call: Call, *_: Any, **__: Any) -> str:
    return e.filled(0, call.shape, call.dtype or torch.float32)


@says("aten.ones_like.default", "aten.ones.default", "aten.new_ones.default")
def _ones(e: Emitter, call: Call, *_: Any, **__: Any) -> str:
    return e.filled(1, call.shape, call.dtype or torch.float32)


@says("aten.fill.Scalar", "aten.full_like.default", "aten.new_full.default", "aten.full.default")
def _full(e: Emitter, call: Call, *given: Any, **_: Any) -> str:
    return e.filled(given[-1], call.shape, call.dtype or torch.float32)


@says("aten.eye.default", "aten.eye.m")
def _eye(e: Emitter, call: Call, *_: Any, **__: Any) -> str:
    eye = e.op("EyeLike", e.filled(0, call.shape, torch.float32))
    return e.cast(eye, call.dtype or torch.float32)


@says("aten.tril.default", "aten.triu.default")
def _triangle(e: Emitter, call: Call, a: Value, diagonal: Any = 0) -> str:
    return str(e.op("Trilu", a.name, e.number(diagonal, torch.int64), upper=int("triu" in str(call.target))))


@says("aten.scalar_tensor.default")
def _scalar(e: Emitter, call: Call, value: Any, **_: Any) -> str:
    return e.number(value, call.dtype or torch.float32)


@says("aten.arange.default", "aten.arange.start", "aten.arange.start_step")
def _arange(e: Emitter, call: Call, *given: Any, **_: Any) -> str:
    dtype = call.dtype or torch.int64
    start, end, step = (0, given[0], 1) if len(given) == 1 else (*given, 1)[:3]
    return str(e.op("Range", e.number(start, dtype), e.number(end, dtype), e.number(step, dtype)))
