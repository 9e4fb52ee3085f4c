"""Replays of recordings: graphs of tensor operations as one plain Python function, with nothing needless in between.

What runs is a list of calls on local names: no attribute is looked up and no wrapper entered, and a tensor is let go
with its last use. For graphs of small operations that is a quarter less time than what `torch.fx` generates. Operations
are called by their public functions where there are any: these read their arguments a microsecond or more faster than
calls of any operation by its schema do, and end in the same kernels.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx

from metagen_gui.engine.beneath_autograd.recording import Step, Tensors, noted

TOGETHER = 300
"""Operations in one Python function: its compiler takes some kilobytes for every line that it sees at once."""

PUBLIC = (
    "add.Tensor", "addcmul.default", "addmm.default", "baddbmm.default", "bmm.default", "cat.default",
    "clone.default", "cos.default", "div.Scalar", "div.Tensor", "exp.default", "expand.default", "log.default",
    "mean.dim", "mm.default", "mul.Scalar", "mul.Tensor", "neg.default", "permute.default", "pow.Tensor_Scalar",
    "relu.default", "reshape.default", "rsqrt.default", "select.int", "sigmoid.default", "sin.default",
    "sqrt.default", "squeeze.dim", "squeeze.dims", "stack.default", "sub.Tensor", "sum.default",
    "sum.dim_IntList", "t.default", "tanh.default", "transpose.int", "unsqueeze.default", "view.default",
    "where.self",
)  # fmt: skip
"""Operations that `torch` or `torch.Tensor` has a function of, with the arguments of the schema in the same order."""


@dataclass(frozen=True)
class Recording:
    """What was recorded, a function that replays it, and the tensors that it holds, by their names in the graph."""

    graph: fx.Graph
    run: Step
    kept: Mapping[str, Tensor]

    def __call__(self, *inputs: Tensor) -> Tensors:
        """Return what the step gives for these inputs, without any record of how, for gradients, being kept."""
        return self.run(*inputs)


def record(step: Step, inputs: Sequence[Tensor], longest: int = 100_000) -> Recording:
    """Compute `step` and return a replay of it for tensors of the same shapes; raise `TooLong` or `NotOfTensors`.

    The replay knows nothing of gradients.
    """
    notes = noted(step, inputs, longest)
    return Recording(notes.graph, compiled(notes.graph, notes.kept), notes.kept)


def compiled(graph: fx.Graph, kept: Mapping[str, Any]) -> Callable[..., tuple[Any, ...]]:
    """Return `graph` as a function of its placeholders; `kept` are the tensors that it holds, by name."""
    nodes = [node for node in graph.nodes if node.op == "call_function"]
    names = {node: f"v{number}" for number, node in enumerate(graph.nodes)}
    (end,) = (node for node in graph.nodes if node.op == "output")
    last = {given: node for node in (*nodes, end) for given in node.all_input_nodes}
    held = {node: kept[str(node.target)] for node in graph.nodes if node.op == "get_attr"}
    here = [node for node in graph.nodes if node.op == "placeholder"]
    parts = []
    for begin in range(0, len(nodes), TOGETHER):
        few = nodes[begin : begin + TOGETHER]
        used_up = {given for node in few for given in node.all_input_nodes if last[given] is node}
        there = [node for node in (*here, *few) if node in last and node not in used_up]
        parts.append(_part(few, here, there, names, held, last))
        here = there
    parts.append(_part([], here, end.args[0], names, held, last))

    def replay(*inputs: Any) -> tuple[Any, ...]:
        values = list(inputs)
        for part in parts:
            values = part(values)
        return tuple(values)

    found: Callable[..., tuple[Any, ...]] = torch.inference_mode()(replay)
    return found


def _part(
    nodes: list[fx.Node],
    here: list[fx.Node],
    there: Any,
    names: Mapping[fx.Node, str],
    held: Mapping[fx.Node, Any],
    last: Mapping[fx.Node, fx.Node],
) -> Callable[[list[Any]], list[Any]]:
    """Return a function that computes `nodes`, from a list of the values of `here` to one of those of `there`.

    It empties the list that it is given: what it has let go of is then held by nobody.
    """
    known: dict[str, Any] = {}
    places: dict[int, str] = {}
    lines: list[str] = [f"[{', '.join(names[node] for node in here)}] = values", "values.clear()"]

    def bound(value: Any) -> str:
        name = places.setdefault(id(value), f"k{len(places)}")
        known[name] = value
        return name

    def written(value: Any) -> str:
        if isinstance(value, fx.Node):
            return bound(held[value]) if value in held else names[value]
        if isinstance(value, tuple | list):
            inside = ", ".join(map(written, value))
            return f"[{inside}]" if isinstance(value, list) else f"({inside},)"
        plain = value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value))
        return repr(value) if plain else bound(value)

    for node in nodes:
        given = [*map(written, node.args), *(f"{name}={written(value)}" for name, value in node.kwargs.items())]
        lines.append(f"{names[node]} = {bound(_called(node.target))}({', '.join(given)})")
        done = [names[value] for value in node.all_input_nodes if last[value] is node and value not in held]
        if done:
            lines.append(" = ".join([*done, "None"]))
    lines.append(f"return {written(list(there))}")
    fast = [f"{name}={name}" for name in known]  # as defaults they are local, and found at once
    body = "\n    ".join(lines)
    exec(f"def part(values, *, {', '.join(fast) or '_=None'}):\n    {body}", known)
    part: Callable[[list[Any]], list[Any]] = known["part"]
    return part


def _called(target: Any) -> Any:
    """Return what an operation comes down to, below the wrapper that looks for modes and overrides."""
    if target is operator.getitem:
        return target
    if target.namespace == "aten" and f"{target.overloadpacket.__name__}.{target._overloadname}" in PUBLIC:
        name = target.overloadpacket.__name__
        return getattr(torch, name, None) or getattr(torch.Tensor, name)
    return target._op
