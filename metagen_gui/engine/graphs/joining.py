"""One graph for inputs of any length, made of recordings of a few lengths.

A recording is exact and takes a moment, but it is of one shape. What differs between recordings of other lengths are
numbers: sizes, divisors. Where every one of them is a simple function of the lengths, the recordings are one graph,
whose numbers are computed from its inputs. Where that does not hold the graph is refused, and nothing is guessed: a
recording of yet another length has to agree. Work that is done by turns is in it once, for all turns (`turns.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx

from metagen_gui.engine.beneath_autograd.recording import NotOfTensors, TooLong, noted
from metagen_gui.engine.graphs.graph import Call, Filled, Free, Graph, NotOneGraph, Ref
from metagen_gui.engine.graphs.turns import rolled
from metagen_gui.engine.progress import tell

Lengths = Mapping[str, int]
"""How long the free axes are, by name."""
LENGTHS = (11, 17, 22, 27)
"""Of a free axis in the recordings, odd and even and of every rest by 3; the last is only compared."""
LONGEST = 10_000
"""Operations of a graph at most; of what is done by turns, those of one."""
LONGEST_WRITTEN = 250_000
"""Operations that are recorded for it at most, with those of all turns: some ten seconds, and half a gigabyte."""
NO_GRAPH = (NotOneGraph, TooLong, NotOfTensors)
"""What a function raises that cannot be a graph."""


@dataclass(frozen=True)
class Function:
    """A pure function of named tensors, some of whose axes may have any length."""

    compute: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]]
    example: Callable[[Lengths], Mapping[str, Tensor]]
    """Returns inputs of such lengths; always the same for the same."""
    axes: tuple[str, ...] = ()
    """The names of the free axes."""


def graph_of(function: Function) -> Graph:
    """Return `function` as a graph; raise `NotOneGraph` where its lengths cannot be left free, or what it raises."""
    base = dict.fromkeys(function.axes, LENGTHS[0])
    settings = [base, *({**base, axis: length} for axis in function.axes for length in LENGTHS[1:])]
    try:
        return _Joined(settings, _seen(function, settings, settled=True)).graph
    except NotOneGraph:  # a table that was settled, such as a mask, may be of another size each time
        return _Joined(settings, _seen(function, settings, settled=False)).graph


def _seen(function: Function, settings: Sequence[Lengths], *, settled: bool) -> list[_Seen]:
    found = []
    for number, lengths in enumerate(settings):
        tell("Making the graph", number / len(settings))
        found.append(_Seen(function, lengths, settled=settled))
    return found


class _Seen:
    """A recording with the shapes of all that is computed in it."""

    def __init__(self, function: Function, lengths: Lengths, *, settled: bool) -> None:
        inputs = dict(function.example(lengths))
        self.inputs, names = list(inputs), list[str]()

        def step(*given: Tensor) -> tuple[Tensor, ...]:
            found = function.compute(dict(zip(inputs, given, strict=True)))
            names[:] = found
            return tuple(found.values())

        try:
            with torch.no_grad():
                notes = noted(step, list(inputs.values()), LONGEST_WRITTEN, settled=settled, by_turns=True)
        except TooLong:
            raise TooLong(f"it has more than {LONGEST_WRITTEN:,} operations") from None
        if len(notes.graph.nodes) - sum(number > 0 for _, number in notes.turns.values()) > LONGEST:
            raise TooLong(f"it has more than {LONGEST:,} operations")
        self.nodes, self.outputs, self.kept = list(notes.graph.nodes), names, notes.kept
        works = list(dict.fromkeys(work for work, _ in notes.turns.values()))
        turns = {node: (works.index(work), number) for node, (work, number) in notes.turns.items()}
        self.turns = [turns.get(node) for node in self.nodes]
        self.looks = {node: (tuple(kind[0]), kind[2]) for node, kind in notes.kinds.items()}


class _Joined:
    """Recordings laid upon each other."""

    def __init__(self, settings: Sequence[Lengths], seen: Sequence[_Seen]) -> None:
        self.settings, self.seen = settings, seen
        counts = {len(each.nodes) for each in seen}
        if len(counts) > 1:
            raise NotOneGraph(f"there are {' or '.join(map(str, sorted(counts)))} operations, by the length")
        calls, inputs, outputs = [], dict[str, int](), dict[str, Ref]()
        self.places = [{node: place for place, node in enumerate(each.nodes)} for each in seen]
        for place, nodes in enumerate(zip(*(each.nodes for each in seen), strict=True)):
            if len({(node.op, str(node.target) if node.op == "call_function" else "") for node in nodes}) > 1:
                raise NotOneGraph(f"{nodes[0].target} and {nodes[-1].target} are in one place")
            first = nodes[0]
            looks = [each.looks.get(node, ((), None)) for node, each in zip(nodes, seen, strict=True)]
            shape, dtype = self.joined([look[0] for look in looks]), looks[0][1]
            match first.op:
                case "placeholder":
                    inputs[seen[0].inputs[len(inputs)]] = place
                    calls.append(Call("input", (), {}, shape, dtype))
                case "get_attr":
                    values = [each.kept[str(node.target)] for node, each in zip(nodes, seen, strict=True)]
                    calls.append(Call("constant", (self.constant(values),), {}, shape, dtype))
                case "output":
                    refs = self.joined([node.args[0] for node in nodes])
                    outputs = dict(zip(seen[0].outputs, refs, strict=True))
                case _:
                    args = self.joined([node.args for node in nodes])
                    kwargs = self.joined([dict(node.kwargs) for node in nodes])
                    calls.append(Call(first.target, args, kwargs, shape, dtype))
        if any(each.turns != seen[0].turns for each in seen):
            raise NotOneGraph("there are more or fewer turns, by the length")
        self.graph = rolled(Graph(tuple(calls), inputs, outputs), seen[0].turns)

    def joined(self, values: Sequence[Any]) -> Any:
        """Return what stands for `values`, one of each recording."""
        first = values[0]
        if len({type(value) for value in values}) > 1:
            raise NotOneGraph(f"{first!r} and {values[-1]!r} are in one place")
        if isinstance(first, fx.Node):
            places = {places[value] for places, value in zip(self.places, values, strict=True)}
            if len(places) > 1:
                raise NotOneGraph("operations are of other operands, by the length")
            return Ref(places.pop())
        if isinstance(first, tuple | list):
            if len({len(value) for value in values}) > 1:
                raise NotOneGraph("there are more or fewer operands, by the length")
            return tuple(self.joined(each) for each in zip(*values, strict=True))
        if isinstance(first, Mapping):
            return {name: self.joined([value[name] for value in values]) for name in first}
        if isinstance(first, int | float) and not isinstance(first, bool):
            return self.number(values)
        if any(value != first for value in values):
            raise NotOneGraph(f"{first} and {values[-1]} are in one place")
        return first

    def number(self, values: Sequence[float]) -> Any:
        """Return one number for all, or how it follows from the length of one axis."""
        if all(value == values[0] or (value != value and values[0] != values[0]) for value in values):
            return values[0]
        moving = [axis for axis in self.settings[0] if any(v != values[0] for v in self._along(axis, values)[1])]
        if len(moving) > 1:
            raise NotOneGraph(f"a number depends on {' and '.join(moving)} at once")
        lengths, found = self._along(moving[0], values)
        whole = isinstance(values[0], int)
        for inverse in (False,) if whole or not all(found) else (False, True):
            ys = [1 / y if inverse else y for y in found]
            terms = _through(lengths, ys)
            if all(
                math.isclose(_at(terms, x), y, rel_tol=0 if whole else 1e-6) for x, y in zip(lengths, ys, strict=True)
            ):
                return Free(moving[0], terms, inverse, whole)
        raise NotOneGraph(f"{', '.join(map(str, found))} for {moving[0]} of {', '.join(map(str, lengths))}")

    def _along(self, axis: str, values: Sequence[Any]) -> tuple[list[int], list[Any]]:
        """Return the lengths of one axis, with the others as in the first recording, and what belongs to each."""
        base = self.settings[0]
        pairs = [
            (lengths[axis], value)
            for lengths, value in zip(self.settings, values, strict=True)
            if all(lengths[other] == base[other] for other in base if other != axis)
        ]
        return [pair[0] for pair in pairs], [pair[1] for pair in pairs]

    def constant(self, values: Sequence[Tensor]) -> Any:
        """Return one array for all, or one that holds the same number wherever it is."""
        first = values[0]
        if all(value.shape == first.shape and torch.equal(value, first) for value in values):
            return first.detach().cpu().numpy()
        if all(value.numel() and bool((value == value.flatten()[0]).all()) for value in values):
            number = self.number([value.flatten()[0].item() for value in values])
            return Filled(number, self.joined([tuple(value.shape) for value in values]), first.dtype)
        raise NotOneGraph("a table of numbers depends on the length")


def _through(xs: Sequence[int], ys: Sequence[float]) -> tuple[float, float, float]:
    """Return the terms of the parabola through the first three points, whole ones rounded."""
    found = np.linalg.solve(np.vander(np.array(xs[:3], float), 3, increasing=True), np.array(ys[:3], float))
    size = max(abs(y) for y in ys)
    a, b, c = (
        round(t) if abs(t - round(t)) * x < 1e-5 * size else float(t)
        for t, x in zip(found, (1, xs[0], xs[0] ** 2), strict=True)
    )
    return a, b, c


def _at(terms: tuple[float, float, float], x: int) -> float:
    return terms[0] + terms[1] * x + terms[2] * x * x


def equal_to(function: Function, lengths: Lengths) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return inputs of such lengths and what `function` gives for them, as arrays: what a graph is compared with."""
    inputs = function.example(lengths)
    with torch.no_grad():
        outputs = function.compute(inputs)
    return _arrays(inputs), _arrays(outputs)


def _arrays(tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    return {name: value.detach().contiguous().numpy() for name, value in tensors.items()}
