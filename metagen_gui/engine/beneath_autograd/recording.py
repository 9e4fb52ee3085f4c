"""Recordings: a step that is computed the same way again and again, as a flat list of tensor operations.

Small networks spend their time in Python: transforms, modules and dictionaries are walked anew in every outer step, to
arrive at the same few hundred operations. A recording listens below autograd and vmap while a step is computed, keeps
the operations it is made of, without those that change nothing, and replays them. The replay does the same arithmetic
in the same order, so it gives the same bits; whoever uses one compares them first, on inputs it was not made from.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakIdKeyDictionary

from metagen_gui.engine.beneath_autograd.operations import Operations
from metagen_gui.engine.beneath_autograd.turns import hearing
from metagen_gui.engine.progress import tell

Tensors = tuple[Tensor, ...]
Step = Callable[..., Tensors]
"""A function from tensors to a tuple of tensors that depends on nothing else."""
Turn = tuple[object, int]
"""The work that is done by turns, and how many turns of it came before."""

aten = torch.ops.aten
HANDING_ON = {aten.detach.default, aten.alias.default, aten.lift_fresh.default}
RESHAPING = {aten.view.default, aten._unsafe_view.default, aten.expand.default}
SWAPPING = {aten.t.default, aten.transpose.int}
SCALING = {aten.mul.Scalar, aten.mul.Tensor, aten.div.Scalar, aten.div.Tensor, aten.pow.Tensor_Scalar}
REVIEWING = {
    aten.squeeze_.dim: aten.squeeze.dim,
    aten.squeeze_.dims: aten.squeeze.dims,
    aten.squeeze_.default: aten.squeeze.default,
    aten.unsqueeze_.default: aten.unsqueeze.default,
    aten.t_.default: aten.t.default,
}
"""Operations in place that change how a tensor is seen and not what is in it, and those that return the new view."""
LOOKING = HANDING_ON | RESHAPING | SWAPPING
FILLING = {
    aten.ones_like.default,
    aten.zeros_like.default,
    aten.full_like.default,
    aten.new_zeros.default,
    aten.new_full.default,
    aten.fill.Scalar,
}
"""Operations whose outcome depends on the shapes of their inputs alone."""
LEAVING = {Tensor.numpy, Tensor.tolist, Tensor.__array__}
"""Ways of getting at numbers that are no operations."""


class TooLong(Exception):
    """A step has more operations than a recording is worth."""


class NotOfTensors(Exception):
    """A step asks for a number, or for as many as satisfy something: what it does next may depend on it."""


class _Changing(Exception):
    """An operation changes a tensor in place, so that no two operations may be taken for one."""


@dataclass(frozen=True)
class Notes:
    """What was recorded, with the tensors that it holds; of nodes what they give (`_kind`) and in which turn."""

    graph: fx.Graph
    kept: Mapping[str, Tensor]
    kinds: Mapping[fx.Node, tuple[Any, ...]]
    turns: Mapping[fx.Node, Turn]


def noted(
    step: Step, inputs: Sequence[Tensor], longest: int = 100_000, *, settled: bool = True, by_turns: bool = False
) -> Notes:
    """Compute `step` and return what it is made of; raise `TooLong` or `NotOfTensors`. What `step` raises is passed on.

    What is the same for all inputs is kept as it came out, unless it is not to be `settled`: it may depend on shapes.
    With `by_turns` nothing of one turn (see `in_turn`) is settled or stands for anything of another, so that all turns
    are made of the same operations.
    """
    for simplifying in (True, False):
        recorder = _Recorder(inputs, longest, simplifying, settled)
        try:
            with hearing(recorder.begin if by_turns else None), recorder, _Staying():
                outputs = step(*inputs)
            return recorder.notes(outputs)
        except _Changing:
            continue
    raise AssertionError("a recording without simplification takes every operation")


class _Staying(TorchFunctionMode):
    """Refuses to let numbers out of tensors by ways that a recorder does not see."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in LEAVING:
            raise NotOfTensors(str(func))
        return func(*args, **(kwargs or {}))


class _Recorder(Operations):
    """Writes down every operation as a node of a graph, and simplifies as it goes."""

    def __init__(self, inputs: Sequence[Tensor], longest: int, simplifying: bool, settled: bool) -> None:
        super().__init__()
        self.module = fx.GraphModule(torch.nn.Module(), fx.Graph())
        self.graph = self.module.graph
        self.longest, self.simplifying, self.settled = longest, simplifying, settled
        self.nodes: Any = WeakIdKeyDictionary()  # the node that stands for each tensor alive
        self.kinds: dict[fx.Node, tuple[Any, ...]] = {}
        self.seen: dict[Any, fx.Node] = {}
        self.constants: dict[fx.Node, Any] = {}
        self.shared: set[fx.Node] = set()  # those whose memory another tensor looks into
        self.turn: Turn | None = None
        self.turns: dict[fx.Node, Turn] = {}
        for place, tensor in enumerate(inputs):
            self.nodes[tensor] = self.graph.placeholder(f"input_{place}")
            self.kinds[self.nodes[tensor]] = _kind(tensor)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given, named = self._named(args), self._named(kwargs or {})
        out = func(*args, **(kwargs or {}))
        if self.simplifying and func._schema.is_mutable:
            func = self._out_of_place(func, given)
        if not isinstance(out, Tensor) and not all(isinstance(each, Tensor | None) for each in _several(out)):
            raise NotOfTensors(str(func))
        if torch.Tag.dynamic_output_shape in func.tags and not _is_index(func, args):
            raise NotOfTensors(str(func))
        self._note(func, given, named, out)
        if len(self.graph.nodes) > self.longest:
            raise TooLong
        return out

    def begin_anew(self) -> None:
        """Take nothing that comes for what came before: it is computed again so that it need not be kept."""
        self.seen.clear()

    def begin(self, work: object, number: int | None) -> None:
        """Take what comes for part of a turn of `work`, or of none, and nothing of it for what came before."""
        tell("")  # a turn may take a second, and there may be hundreds
        if self.turn is None or self.turn[0] is work:  # turns within a turn are part of that
            self.turn = None if number is None else (work, number)
            self.begin_anew()

    def notes(self, outputs: Tensors) -> Notes:
        """Return the recorded operations."""
        self.graph.output(tuple(self._node(value) for value in outputs))
        for node, value in self.constants.items():
            if any(user not in self.constants for user in node.users):
                with self.graph.inserting_before(node):
                    kept = self._keep(value)
                node.replace_all_uses_with(kept, delete_user_cb=lambda user: user not in self.constants)
        if self.simplifying:
            self.graph.eliminate_dead_code()
        held = {str(node.target) for node in self.graph.nodes if node.op == "get_attr"}
        tensors = {name: value for name, value in self.module.named_buffers() if name in held}
        return Notes(self.graph, tensors, self.kinds, self.turns)

    def _out_of_place(self, func: Any, given: Any) -> Any:
        """Return the operation that gives as a new tensor what `func` makes of its first argument in place.

        Whoever read that tensor before has read the old one. Only for tensors that no other looks into: raises
        `_Changing` for others.
        """
        if func in REVIEWING:
            return REVIEWING[func]
        node, name = given[0], func._schema.name.removeprefix("aten::")
        packet = getattr(aten, name[:-1], None) if name.endswith("_") else None
        known = isinstance(node, fx.Node) and node.op == "call_function" and node not in self.shared
        if not known or packet is None or func._overloadname not in packet.overloads():
            raise _Changing
        self.constants.pop(node, None)  # the tensor at hand no longer holds what it held
        return getattr(packet, func._overloadname)

    def _note(self, func: Any, args: Any, kwargs: Any, out: Any) -> None:
        node = self._standing_for(func, args, kwargs, out) if self.simplifying else None
        if node is None:
            node = self._called(func, args, kwargs)
            if self.simplifying:
                self._remember(node, out)
        looks_in = func in LOOKING or any(given.alias_info is not None for given in func._schema.returns)
        if looks_in and args and isinstance(args[0], fx.Node):
            self.shared |= {args[0], node}
        parts = [(node, out)]
        if isinstance(out, tuple | list):
            parts = [(self._called(operator.getitem, (node, i), {}), part) for i, part in enumerate(out)]
            self.shared |= {part for part, _ in parts} if looks_in else set()
        for part, value in parts:
            if isinstance(value, Tensor):
                self.nodes[value] = part
                self.kinds[part] = _kind(value)

    def _called(self, func: Any, args: Any, kwargs: Any) -> fx.Node:
        """Return a new node for a call; what it is given comes after, or fx would look through it for other things."""
        node = self.graph.create_node("call_function", func, name="value")
        node.args, node.kwargs = args, kwargs
        if self.turn:
            self.turns[node] = self.turn
        return node

    def _standing_for(self, func: Any, args: Any, kwargs: Any, out: Any) -> fx.Node | None:
        """Return the node that has this outcome already, or None if the operation does something new."""
        source = args[0] if args and isinstance(args[0], fx.Node) else None
        alike = source is not None and isinstance(out, Tensor) and self.kinds[source] == _kind(out)
        if alike and (func in HANDING_ON or func in RESHAPING or (func in SCALING and _is_one(args[1]))):
            return source
        swapped = source is not None and func in SWAPPING and source.target is func and source.args[1:] == args[1:]
        if source is not None and swapped and isinstance(source.args[0], fx.Node):
            return source.args[0]
        return self.seen.get(_key(func, args, kwargs))

    def _remember(self, node: fx.Node, out: Any) -> None:
        """Note what was computed, so that it is not computed again, and whether it is the same for all inputs."""
        target: Any = node.target
        if torch.Tag.nondeterministic_seeded in target.tags:
            return
        self.seen[_key(target, node.args, node.kwargs)] = node
        given = node.all_input_nodes
        if (
            self.settled
            and not self.turn
            and isinstance(out, Tensor)
            and (target in FILLING or all(each in self.constants for each in given))
        ):
            self.constants[node] = out

    def _named(self, given: Any) -> Any:
        """Return arguments with the node of every tensor in its place."""
        return fx.node.map_aggregate(given, lambda value: self._node(value) if isinstance(value, Tensor) else value)

    def _node(self, value: Tensor) -> fx.Node:
        if value not in self.nodes:  # neither given nor computed here: a number that a model holds
            self.nodes[value] = self._keep(value)
        node: fx.Node = self.nodes[value]
        return node

    def _keep(self, value: Tensor) -> fx.Node:
        name = f"kept_{len(list(self.module.buffers()))}"
        self.module.register_buffer(name, value.detach(), persistent=False)
        node = self.graph.get_attr(name)
        self.kinds[node] = _kind(value)
        return node


def _several(out: Any) -> tuple[Any, ...]:
    return tuple(out) if isinstance(out, tuple | list) else (out,)


def _kind(value: Tensor) -> tuple[Any, ...]:
    """Return what one tensor must share with another to stand for it.

    Strides are part of it, those of an axis of length 1 too: by them a product chooses its kernel, and kernels round
    differently.
    """
    return value.shape, value.stride(), value.dtype


def _is_index(func: Any, args: Any) -> bool:
    """Return whether `func` takes examples by their places, so that how many does not depend on any number."""
    return func is aten.index.Tensor and not any(
        at.dtype in (torch.bool, torch.uint8) for at in args[1] if at is not None
    )


def _is_one(value: Any) -> bool:
    return isinstance(value, int | float) and value == 1


def _key(func: Any, args: Any, kwargs: Any) -> Any:
    """Return what two operations have in common that compute the same."""
    return func, _told_apart(args), _told_apart(kwargs)


def _told_apart(value: Any) -> Any:
    """Return what stands for `value` as a key: 1, 1.0 and True are not the same, and neither are 0.0 and -0.0."""
    if isinstance(value, tuple | list):
        return tuple(map(_told_apart, value))
    if isinstance(value, dict):
        return tuple((name, _told_apart(each)) for name, each in value.items())
    if isinstance(value, float | complex):
        return type(value), repr(value)
    return (type(value), value) if isinstance(value, int) else value
