"""A graph of tensor operations as text, to hand it to another process or to know it again.

JSON, with one line per operation: its name, and its arguments, in which `{"node": 3}` is the outcome of line 3. Whoever
reads it gets operations of torch by their names and nothing else. Tensors that a recording keeps become inputs.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx

GETITEM = "getitem"
NAMED = (torch.dtype, torch.layout, torch.memory_format)


class NotPlain(Exception):
    """An operation is given something that text does not tell."""


@dataclass(frozen=True)
class Kind:
    """What a tensor is like, without its numbers."""

    shape: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: str
    device: str

    @classmethod
    def of(cls, tensor: Tensor) -> Kind:
        """Return the kind of `tensor`."""
        return cls(tuple(tensor.shape), tensor.stride(), str(tensor.dtype).removeprefix("torch."), str(tensor.device))

    def example(self) -> Tensor:
        """Return a tensor of this kind, all zeros; elements that share their memory do so here."""
        last = sum((size - 1) * step for size, step in zip(self.shape, self.stride, strict=True))
        held = torch.zeros(last + 1 if 0 not in self.shape else 0, dtype=getattr(torch, self.dtype), device=self.device)
        return held.as_strided(self.shape, self.stride)


def written(graph: fx.Graph, inputs: Sequence[Tensor]) -> str:
    """Return `graph` as text; `inputs` are those of its placeholders and then what it keeps. Raise `NotPlain`."""
    places = {node: place for place, node in enumerate(graph.nodes)}

    def line(node: fx.Node) -> list[Any]:
        named = {name: _plain(value, places) for name, value in node.kwargs.items()}
        return [_name(node), [] if node.op == "placeholder" else _plain(node.args, places), named]

    kinds = [vars(Kind.of(tensor)) for tensor in inputs]
    return "\n".join(map(json.dumps, [kinds, *map(line, graph.nodes)])) + "\n"


def read(text: str) -> tuple[fx.GraphModule, list[Kind]]:
    """Return the graph that `written` wrote, and the kinds of its inputs, those that were kept last."""
    head, *lines = text.splitlines()
    kinds = [Kind(tuple(kind.pop("shape")), tuple(kind.pop("stride")), **kind) for kind in json.loads(head)]
    graph = fx.Graph()
    known = list(map(json.loads, lines))
    first = [place for what in ("placeholder", "get_attr") for place, (name, *_) in enumerate(known) if name == what]
    nodes = {place: graph.placeholder(f"input_{number}") for number, place in enumerate(first)}
    for place, (name, args, kwargs) in enumerate(known):
        if name == "output":
            graph.output(tuple(_meant(args[0], nodes)))
        elif place not in nodes:
            named = {each: _meant(value, nodes) for each, value in kwargs.items()}
            nodes[place] = graph.call_function(_operation(name), tuple(_meant(args, nodes)), named)
    return fx.GraphModule(torch.nn.Module(), graph), kinds


def _name(node: fx.Node) -> str:
    if node.op != "call_function":
        return node.op
    return GETITEM if node.target is operator.getitem else str(node.target)


def _operation(name: str) -> Any:
    if name == GETITEM:
        return operator.getitem
    library, packet, overload = name.split(".")
    return getattr(getattr(getattr(torch.ops, library), packet), overload)


def _plain(value: Any, places: dict[fx.Node, int]) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple | list):
        return [_plain(each, places) for each in value]
    if isinstance(value, fx.Node):
        return {"node": places[value]}
    if isinstance(value, NAMED):
        return {"torch": str(value).removeprefix("torch.")}
    if isinstance(value, torch.device):
        return {"device": str(value)}
    raise NotPlain(repr(value))


def _meant(value: Any, nodes: dict[int, fx.Node]) -> Any:
    if isinstance(value, list):
        return [_meant(each, nodes) for each in value]
    if not isinstance(value, dict):
        return value
    if "node" in value:
        return nodes[value["node"]]
    if "torch" in value:
        return getattr(torch, value["torch"])
    return torch.device(value["device"])
