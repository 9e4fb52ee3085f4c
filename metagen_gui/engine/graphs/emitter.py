"""Writes a graph down as ONNX, operation by operation; how each is said in ONNX is in the files beside it.

It is done here, and not by `torch.onnx`, for the time that takes: that walks a graph many times over, a minute for a
thousand operations, which a graph of adaptation has; and it leaves no axis free that a gradient is taken through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from metagen_gui.engine.graphs.graph import Call, Filled, Free, Graph, NotOneGraph, Ref
from metagen_gui.engine.graphs.turns import ByTurn

OPSET, IR_VERSION = 20, 10
NUMPY = {
    torch.float32: np.float32,
    torch.float64: np.float64,
    torch.int64: np.int64,
    torch.int32: np.int32,
    torch.bool: np.bool_,
    torch.uint8: np.uint8,
}


class NoSuchOperation(Exception):
    """An operation of torch for which nobody has said what it is in ONNX."""


@dataclass(frozen=True)
class Value:
    """A tensor of the graph: its name there, and what it looks like; a length may be `Free`."""

    name: str
    shape: tuple[Any, ...]
    dtype: torch.dtype | None


Translation = Callable[..., Any]
TRANSLATIONS: dict[str, Translation] = {}
"""What says an operation in ONNX, by the operation: `(emitter, call, *args, **kwargs)` returns its outcome's name."""


def says(*operations: str) -> Callable[[Translation], Translation]:
    """Enter what says one or more operations of torch, called as in `aten.mul.Tensor`."""

    def enter(translation: Translation) -> Translation:
        TRANSLATIONS.update(dict.fromkeys(operations, translation))
        return translation

    return enter


class Emitter:
    """Nodes and constants of a file as they come about."""

    def __init__(self, graph: Graph) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[Any, str] = {}
        self.tables: list[onnx.TensorProto] = []
        self.values: list[Any] = []
        self.lengths: dict[str, str] = {}
        self.numbers: dict[Any, str] = {}
        self.turn = ""
        self.graph = graph
        self.names = {place: name for name, place in graph.inputs.items()}
        self.count = 0

    # -- what translations are written with --------------------------------------------------------------------------

    def op(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Add a node and return the name of its outcome, or the names where there are several."""
        names = [self.fresh() for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, [*inputs], names, **attributes))
        return names[0] if outputs == 1 else names

    def fresh(self) -> str:
        """Return a name that nothing has."""
        self.count += 1
        return f"v{self.count}"

    def table(self, array: Any) -> str:
        """Return the name of a constant; equal ones are kept once."""
        array = np.asarray(array, order="C")
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in self.constants:
            name = self.constants[key] = f"c{len(self.constants)}"
            self.tables.append(numpy_helper.from_array(array, name))
        return self.constants[key]

    def number(self, value: Any, dtype: torch.dtype = torch.float32) -> str:
        """Return the name of a scalar of that type, which may follow from a length."""
        kind = NUMPY[dtype]
        if isinstance(value, ByTurn):
            found = self.of_turn(value.values)
            return found if dtype == torch.int64 else self.cast(found, dtype)
        if not isinstance(value, Free):
            return self.table(np.array(value, kind))
        if (value, dtype) not in self.numbers:
            exact = torch.int64 if value.whole and not any(term % 1 for term in value.terms) else torch.float32
            length = self.cast(self.lengths[value.axis], exact)
            a, b, c = (self.table(np.array(term, NUMPY[exact])) for term in value.terms)
            found = self.op("Add", a, self.op("Mul", length, self.op("Add", b, self.op("Mul", length, c))))
            found = self.op("Reciprocal", found) if value.inverse else found
            found = self.op("Floor", found) if value.whole and exact == torch.float32 else found
            self.numbers[value, dtype] = self.cast(found, dtype)
        return self.numbers[value, dtype]

    def sizes(self, values: Sequence[Any]) -> str:
        """Return the name of a list of whole numbers, such as a shape."""
        if not any(isinstance(value, Free | ByTurn) for value in values):
            return self.table(np.array(values, np.int64))
        one = self.table(np.array([1], np.int64))
        parts = [self.op("Reshape", self.number(value, torch.int64), one) for value in values]
        return str(self.op("Concat", *parts, axis=0))

    def cast(self, name: str, dtype: torch.dtype) -> str:
        """Return the name of a tensor as another type."""
        return str(self.op("Cast", name, to=helper.np_dtype_to_tensor_dtype(np.dtype(NUMPY[dtype]))))

    def like(self, value: Any, dtype: torch.dtype | None) -> str:
        """Return the name of a tensor or a number as that type."""
        assert dtype is not None
        if isinstance(value, Value):
            return value.name if value.dtype == dtype else self.cast(value.name, dtype)
        return self.number(value, dtype)

    def filled(self, number: Any, shape: Sequence[Any], dtype: torch.dtype) -> str:
        """Return the name of a tensor that holds one number everywhere."""
        return str(self.op("Expand", self.number(number, dtype), self.sizes(shape)))

    def of_turn(self, values: Sequence[int]) -> str:
        """Return the name of the whole number of `values` that belongs to the present turn."""
        return str(self.op("Gather", self.table(np.array(values, np.int64)), self.turn))

    @contextmanager
    def inside(self, turn: str) -> Iterator[list[onnx.NodeProto]]:
        """Within it nodes are those of one turn, whose number has the name `turn`; they may take what lies outside."""
        before = self.nodes, self.numbers, self.turn
        self.nodes, self.numbers, self.turn = [], dict(self.numbers), turn
        try:
            yield self.nodes
        finally:
            self.nodes, self.numbers, self.turn = before

    # -- the whole ---------------------------------------------------------------------------------------------------

    def model(self, name: str, about: Mapping[str, str]) -> onnx.ModelProto:
        """Return the file of the graph, checked; raise `NoSuchOperation` where something has no translation."""
        inputs = []
        for place, given in self.names.items():
            call = self.graph.calls[place]
            inputs.append(self.described(given, call))
            for axis, length in enumerate(call.shape):
                if isinstance(length, Free) and length.terms == (0, 1, 0) and length.axis not in self.lengths:
                    at = self.op("Gather", self.op("Shape", given), self.table(np.array(axis)), axis=0)
                    self.lengths[length.axis] = at
        for place, call in enumerate(self.graph.calls):
            known = self.names.get(place)
            self.values.append(Value(known, call.shape, call.dtype) if known else self.said(call))
        outputs = []
        for output, ref in self.graph.outputs.items():
            value: Value = self.values[ref.place]
            self.nodes.append(helper.make_node("Identity", [value.name], [output]))
            outputs.append(self.described(output, self.graph.calls[ref.place]))
        graph = helper.make_graph(self.nodes, name, inputs, outputs, self.tables)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        helper.set_model_props(made, dict(about))
        _drop_unused(made)
        onnx.checker.check_model(made)
        return made

    def described(self, name: str, call: Call) -> onnx.ValueInfoProto:
        """Return what the outcome of a call looks like, for what is given or comes out."""
        assert call.dtype is not None
        named = [
            (length.axis if length.terms == (0, 1, 0) else None) if isinstance(length, Free) else length
            for length in call.shape
        ]
        return helper.make_tensor_value_info(name, _onnx_type(call.dtype), named)

    def said(self, call: Call) -> Any:
        """Return the outcome of a call: a `Value`, or names where it gives several."""
        if call.target == "constant":
            (given,) = call.args
            name = (
                self.filled(given.number, given.shape, given.dtype) if isinstance(given, Filled) else self.table(given)
            )
            return Value(name, call.shape, call.dtype)
        args, kwargs = self._given(call.args), self._given(call.kwargs)
        if getattr(call.target, "__name__", "") == "getitem":
            return Value(args[0][args[1]], call.shape, call.dtype)
        if str(call.target) not in TRANSLATIONS:
            if _is_settled((args, kwargs)):
                return Value(self.table(call.target(*args, **kwargs).numpy()), call.shape, call.dtype)
            raise NoSuchOperation(str(call.target))
        found = TRANSLATIONS[str(call.target)](self, call, *args, **kwargs)
        return Value(found, call.shape, call.dtype) if isinstance(found, str) else found

    def _given(self, value: Any) -> Any:
        if isinstance(value, Ref):
            return self.values[value.place]
        if isinstance(value, tuple):
            return tuple(map(self._given, value))
        if isinstance(value, Mapping):
            return {name: self._given(each) for name, each in value.items()}
        return value


@cache
def _onnx_type(dtype: torch.dtype) -> int:
    return int(helper.np_dtype_to_tensor_dtype(np.dtype(NUMPY[dtype])))


def _is_settled(given: Any) -> bool:
    """Return whether no tensor and no length is among what an operation is given."""
    if isinstance(given, tuple | Mapping):
        return all(map(_is_settled, given.values() if isinstance(given, Mapping) else given))
    return not isinstance(given, Value | Free | ByTurn | str)


def _drop_unused(model: onnx.ModelProto) -> None:
    """Leave out what nothing is made of."""
    wanted, kept = {output.name for output in model.graph.output}, []
    for node in reversed(model.graph.node):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            wanted.update(name for each in node.attribute for inner in each.g.node for name in inner.input)
            kept.append(node)
    tables = [table for table in model.graph.initializer if table.name in wanted]
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(reversed(kept))
    model.graph.initializer.extend(tables)


def onnx_of(graph: Graph, name: str, about: Mapping[str, str]) -> bytes:
    """Return a graph as the bytes of an ONNX file; raise `NotOneGraph` where that cannot say what it does."""
    from metagen_gui.engine.graphs import layout, loops, operations, pictures, sums  # they enter what they say

    assert all((layout, loops, operations, pictures, sums))
    try:
        data: bytes = Emitter(graph).model(name, about).SerializeToString()
    except NoSuchOperation as lacking:
        raise NotOneGraph(f"ONNX is not told what {lacking} is") from None
    return data


__all__ = ["OPSET", "Emitter", "TensorProto", "Value", "onnx_of", "says"]
