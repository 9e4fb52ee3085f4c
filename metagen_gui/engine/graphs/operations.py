"""What every operation of torch that models and algorithms come down to is called in ONNX.

Each function gets the emitter, the call (which knows the shape and the type of its outcome) and the operation's own
arguments, in torch's order.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch

from metagen_gui.engine.graphs.emitter import Emitter, Value, says
from metagen_gui.engine.graphs.graph import Call


def _binary(kind: str, e: Emitter, call: Call, a: Any, b: Any, *, alpha: Any = 1, **_: Any) -> str:
    second = e.like(b, call.dtype)
    if alpha != 1:
        second = e.op("Mul", second, e.number(alpha, call.dtype or torch.float32))
    return str(e.op(kind, e.like(a, call.dtype), second))


for _operation, _kind in {"add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "pow": "Pow"}.items():
    says(*(f"aten.{_operation}.{form}" for form in ("Tensor", "Scalar", "Tensor_Scalar", "Tensor_Tensor")))(
        partial(_binary, _kind)
    )
says("aten.maximum.default")(partial(_binary, "Max"))
says("aten.minimum.default")(partial(_binary, "Min"))
says("aten.logical_and.default", "aten.bitwise_and.Tensor")(partial(_binary, "And"))
says("aten.logical_or.default", "aten.bitwise_or.Tensor")(partial(_binary, "Or"))


@says("aten.rsub.Scalar", "aten.rsub.Tensor")
def _rsub(e: Emitter, call: Call, a: Any, b: Any, alpha: Any = 1) -> str:
    return _binary("Sub", e, call, b, a, alpha=alpha)


def _compared(kind: str, e: Emitter, call: Call, a: Value, b: Any) -> str:
    other = b.dtype if isinstance(b, Value) else a.dtype
    common = torch.promote_types(a.dtype or torch.float32, other or torch.float32)
    if isinstance(b, float) and not common.is_floating_point:
        common = torch.float32
    if kind == "Different":
        return str(e.op("Not", e.op("Equal", e.like(a, common), e.like(b, common))))
    return str(e.op(kind, e.like(a, common), e.like(b, common)))


_COMPARED = {
    "lt": "Less",
    "gt": "Greater",
    "le": "LessOrEqual",
    "ge": "GreaterOrEqual",
    "eq": "Equal",
    "ne": "Different",
}
for _operation, _kind in _COMPARED.items():
    says(f"aten.{_operation}.Tensor", f"aten.{_operation}.Scalar")(partial(_compared, _kind))


def _unary(kind: str, e: Emitter, call: Call, a: Value, **_: Any) -> str:
    return str(e.op(kind, e.like(a, call.dtype)))


_UNARY = (
    *("sin", "cos", "tan", "sinh", "cosh", "tanh", "atan", "asinh", "erf", "exp", "log", "sqrt", "reciprocal"),
    *("floor", "ceil", "round", "abs", "neg", "sign", "relu", "sigmoid"),
)
for _operation in _UNARY:
    says(f"aten.{_operation}.default")(partial(_unary, _operation.capitalize()))


@says("aten.logical_not.default", "aten.bitwise_not.default")
def _not(e: Emitter, call: Call, a: Value) -> str:
    return str(e.op("Not", e.like(a, torch.bool)))


@says("aten.rsqrt.default")
def _rsqrt(e: Emitter, call: Call, a: Value) -> str:
    return str(e.op("Reciprocal", e.op("Sqrt", a.name)))


@says("aten.log1p.default")
def _log1p(e: Emitter, call: Call, a: Value) -> str:
    return str(e.op("Log", e.op("Add", a.name, e.number(1.0))))


@says("aten.silu.default")
def _silu(e: Emitter, call: Call, a: Value) -> str:
    return str(e.op("Mul", a.name, e.op("Sigmoid", a.name)))


@says("aten.silu_backward.default")
def _silu_backward(e: Emitter, call: Call, gradient: Value, a: Value) -> str:
    one, s = e.number(1.0), e.op("Sigmoid", a.name)
    slope = e.op("Mul", s, e.op("Add", one, e.op("Mul", a.name, e.op("Sub", one, s))))
    return str(e.op("Mul", gradient.name, slope))


@says("aten.sigmoid_backward.default")
def _sigmoid_backward(e: Emitter, call: Call, gradient: Value, s: Value) -> str:
    return str(e.op("Mul", gradient.name, e.op("Mul", s.name, e.op("Sub", e.number(1.0), s.name))))


@says("aten.tanh_backward.default")
def _tanh_backward(e: Emitter, call: Call, gradient: Value, t: Value) -> str:
    return str(e.op("Mul", gradient.name, e.op("Sub", e.number(1.0), e.op("Mul", t.name, t.name))))


@says("aten.softplus.default")
def _softplus(e: Emitter, call: Call, a: Value, beta: float = 1, threshold: float = 20) -> str:
    scaled = e.op("Mul", a.name, e.number(beta))
    soft = e.op("Div", e.op("Softplus", scaled), e.number(beta))
    return str(e.op("Where", e.op("Greater", scaled, e.number(threshold)), a.name, soft))


@says("aten.softplus_backward.default")
def _softplus_backward(
    e: Emitter, call: Call, gradient: Value, a: Value, beta: float = 1, threshold: float = 20
) -> str:
    scaled = e.op("Mul", a.name, e.number(beta))
    slope = e.op("Mul", gradient.name, e.op("Sigmoid", scaled))
    return str(e.op("Where", e.op("Greater", scaled, e.number(threshold)), gradient.name, slope))


@says("aten.threshold_backward.default")
def _threshold_backward(e: Emitter, call: Call, gradient: Value, a: Value, threshold: float) -> str:
    return str(e.op("Where", e.op("Greater", a.name, e.number(threshold)), gradient.name, e.number(0.0)))


@says("aten.leaky_relu.default")
def _leaky_relu(e: Emitter, call: Call, a: Value, slope: float = 0.01) -> str:
    return str(e.op("LeakyRelu", a.name, alpha=slope))


@says("aten.leaky_relu_backward.default")
def _leaky_relu_backward(e: Emitter, call: Call, gradient: Value, a: Value, slope: float, *_: Any) -> str:
    less = e.op("Mul", gradient.name, e.number(slope))
    return str(e.op("Where", e.op("Greater", a.name, e.number(0.0)), gradient.name, less))


@says("aten.elu.default")
def _elu(e: Emitter, call: Call, a: Value, alpha: float = 1, *_: Any) -> str:
    return str(e.op("Elu", a.name, alpha=float(alpha)))


@says("aten.clamp.default", "aten.clamp_min.default", "aten.clamp_max.default")
def _clamp(e: Emitter, call: Call, a: Value, min: Any = None, max: Any = None) -> str:
    low, high = (None, min) if str(call.target) == "aten.clamp_max.default" else (min, max)
    found = e.like(a, call.dtype)
    found = found if low is None else e.op("Max", found, e.like(low, call.dtype))
    return found if high is None else str(e.op("Min", found, e.like(high, call.dtype)))


@says("aten.where.self", "aten.where.ScalarOther", "aten.where.ScalarSelf", "aten.where.Scalar")
def _where(e: Emitter, call: Call, when: Value, a: Any, b: Any) -> str:
    return str(e.op("Where", when.name, e.like(a, call.dtype), e.like(b, call.dtype)))


@says("aten.masked_fill.Scalar", "aten.masked_fill.Tensor")
def _masked_fill(e: Emitter, call: Call, a: Value, mask: Value, value: Any) -> str:
    return str(e.op("Where", mask.name, e.like(value, call.dtype), a.name))


@says("aten.nan_to_num.default")
def _nan_to_num(e: Emitter, call: Call, a: Value, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> str:
    low, high = (torch.finfo(torch.float32).min if neginf is None else neginf), posinf
    high = torch.finfo(torch.float32).max if high is None else high
    held = e.op("Min", e.op("Max", a.name, e.number(low)), e.number(high))
    return str(e.op("Where", e.op("IsNaN", a.name), e.number(0.0 if nan is None else nan), held))


@says("aten.addcmul.default")
def _addcmul(e: Emitter, call: Call, a: Value, b: Value, c: Value, value: Any = 1) -> str:
    return _binary("Add", e, call, a, Value(e.op("Mul", b.name, c.name), (), call.dtype), alpha=value)


@says("aten.addcdiv.default")
def _addcdiv(e: Emitter, call: Call, a: Value, b: Value, c: Value, value: Any = 1) -> str:
    return _binary("Add", e, call, a, Value(e.op("Div", b.name, c.name), (), call.dtype), alpha=value)


@says("aten.mm.default", "aten.bmm.default", "aten.mv.default", "aten.dot.default", "aten.matmul.default")
def _product(e: Emitter, call: Call, a: Value, b: Value) -> str:
    return str(e.op("MatMul", a.name, b.name))


@says("aten.addmm.default", "aten.baddbmm.default", "aten.addmv.default")
def _addmm(e: Emitter, call: Call, bias: Value, a: Value, b: Value, beta: Any = 1, alpha: Any = 1) -> str:
    product = Value(e.op("MatMul", a.name, b.name), (), call.dtype)
    first = bias if beta == 1 else Value(e.op("Mul", bias.name, e.number(beta)), (), call.dtype)
    return _binary("Add", e, call, first, product, alpha=alpha)
