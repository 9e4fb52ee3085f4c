"""Work that is done by turns, written down once: what one turn is made of, and what it looks at of those before.

Turns are recorded one after another (`in_turn`), so that their operations lie beside each other. Where all are made of
the same operations, and differ only in numbers and in which earlier turn an operand is of, one of them is the graph of
all: such numbers become tables, and of what is looked at later as many turns are kept as the longest look goes back.
What is the same in every turn is computed before the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from metagen_gui.engine.beneath_autograd.recording import Turn
from metagen_gui.engine.graphs.graph import Call, Graph, NotOneGraph, Ref


@dataclass(frozen=True)
class Own:
    """A tensor: the outcome of the call at `place` of the same turn."""

    place: int


@dataclass(frozen=True)
class Earlier:
    """A tensor: what is kept in a memory, of the turn that is said for each turn; None: what was there before."""

    memory: int
    of: tuple[int | None, ...]


@dataclass(frozen=True)
class ByTurn:
    """A whole number that is another in each turn."""

    values: tuple[int, ...]


@dataclass(frozen=True)
class Memory:
    """Keeps the outcomes of the call at `place` over the last `turns`; before there are any, it is `blank`."""

    place: int
    blank: Ref
    turns: int


@dataclass(frozen=True)
class Turns:
    """`count` turns of the same `calls`; `asked` are the places of those whose outcomes are looked at afterwards."""

    count: int
    calls: tuple[Call, ...]
    memories: tuple[Memory, ...]
    asked: tuple[int, ...]


def rolled(graph: Graph, turns: Sequence[Turn | None]) -> Graph:
    """Return a graph in which what was done by turns is one call; `turns` says of every call to which it belongs."""
    works: dict[object, list[list[int]]] = {}
    for place, turn in enumerate(turns):
        if turn:
            done = works.setdefault(turn[0], [])
            done.extend([] for _ in range(turn[1] + 1 - len(done)))
            done[turn[1]].append(place)
    return _Rolling(graph, list(works.values())).graph if works else graph


@dataclass
class _Rolling:
    """Calls of a new graph as they come about."""

    old: Graph
    works: list[list[list[int]]]
    """By the work and the turn, the places of calls."""
    calls: list[Call] = field(default_factory=list)
    moved: dict[int, Ref] = field(default_factory=dict)
    """Where calls of the old graph are in the new one, but for those of turns."""
    stacked: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """Of calls of turns: where the turns are, which call of one turn it is, and the turn."""

    def __post_init__(self) -> None:
        begins = {work[0][0]: work for work in self.works}
        inside = {place for work in self.works for turn in work for place in turn}
        for place, call in enumerate(self.old.calls):
            if call.target == "constant":  # all that turns look at comes before them
                self._move(place, call)
        for place, call in enumerate(self.old.calls):
            if place in begins:
                self._roll(begins[place])
            if place not in inside and place not in self.moved:
                self._move(place, call)
        inputs = {name: self.moved[place].place for name, place in self.old.inputs.items()}
        outputs = {name: self.outer(ref) for name, ref in self.old.outputs.items()}
        self.graph = Graph(tuple(self.calls), inputs, outputs)

    def _add(self, call: Call) -> Ref:
        self.calls.append(call)
        return Ref(len(self.calls) - 1)

    def _move(self, place: int, call: Call) -> None:
        if (whole := self._all_turns(call)) is None:
            whole = replace(call, args=self.outer(call.args), kwargs=self.outer(call.kwargs))
        self.moved[place] = self._add(whole)

    def _all_turns(self, call: Call) -> Call | None:
        """Return what a stack of all turns' outcomes is, or None for another call."""
        if call.target is not torch.ops.aten.stack.default:
            return None
        parts, dim = call.args[0], call.args[1] if len(call.args) > 1 else 0
        found = [self.stacked.get(part.place) for part in parts]
        if found[0] is None or found != [(*found[0][:2], turn) for turn in range(len(parts))]:
            return None
        loop, which, _ = found[0]
        turns: Turns = self.calls[loop].args[0]
        if len(parts) != turns.count:
            return None
        self._ask(loop, which)
        return replace(call, target="turns.all", args=(Ref(loop), which, dim % len(call.shape)))

    def _ask(self, loop: int, which: int) -> None:
        call = self.calls[loop]
        turns: Turns = call.args[0]
        self.calls[loop] = replace(call, args=(replace(turns, asked=tuple(sorted({*turns.asked, which}))),))

    def outer(self, value: Any) -> Any:
        """Return `value` with places of the new graph in it."""
        if isinstance(value, Ref):
            if value.place in self.stacked:
                loop, which, turn = self.stacked[value.place]
                self._ask(loop, which)
                looks = self.old.calls[value.place]
                self.moved[value.place] = self._add(
                    Call("turns.one", (Ref(loop), which, turn), shape=looks.shape, dtype=looks.dtype)
                )
                del self.stacked[value.place]
            return self.moved[value.place]
        if isinstance(value, tuple):
            return tuple(map(self.outer, value))
        if isinstance(value, Mapping):
            return {name: self.outer(each) for name, each in value.items()}
        return value

    def _roll(self, work: Sequence[Sequence[int]]) -> None:
        if len({len(turn) for turn in work}) > 1:
            raise NotOneGraph("turns are of more or fewer operations")
        at = {place: (turn, which) for turn, places in enumerate(work) for which, place in enumerate(places)}
        made = _OneTurn(self, work, at)
        calls = [self.old.calls[place] for place in work[0]]
        for which, first in enumerate(calls):
            same = [self.old.calls[turn[which]] for turn in work]
            if any((each.target, each.shape, each.dtype) != (first.target, first.shape, first.dtype) for each in same):
                raise NotOneGraph(f"{first.target} and {same[-1].target} are in one place of turns")
            args = made.joined([each.args for each in same])
            kwargs = made.joined([dict(each.kwargs) for each in same])
            call = replace(first, args=args, kwargs=kwargs)
            if any(isinstance(each, Own | Earlier | ByTurn) for each in _leaves((args, kwargs))):
                made.own[which] = len(made.calls)
                made.calls.append(call)
            else:
                made.before[which] = self._add(call)
        loop = self._add(Call("turns", (made.turns(),)))
        for place, (turn, which) in at.items():
            if which in made.before:
                self.moved[place] = made.before[which]
            else:
                self.stacked[place] = (loop.place, made.own[which], turn)


class _OneTurn:
    """Turns laid upon each other; what is not of a turn comes `before`."""

    def __init__(self, rolling: _Rolling, work: Sequence[Sequence[int]], at: Mapping[int, tuple[int, int]]) -> None:
        self.rolling, self.work, self.at = rolling, work, at
        self.calls: list[Call] = []
        self.own: dict[int, int] = {}
        self.before: dict[int, Ref] = {}
        self.memories: dict[tuple[int, Ref], int] = {}  # by what is kept and what was there before: how many turns

    def turns(self) -> Turns:
        """Return the whole, of which nothing is asked yet."""
        kept = tuple(Memory(self.own[which], blank, back) for (which, blank), back in self.memories.items())
        return Turns(len(self.work), tuple(self.calls), kept, ())

    def joined(self, values: Sequence[Any]) -> Any:
        """Return what stands for `values`, one of each turn."""
        first = values[0]
        if isinstance(first, Ref):
            return self.operand(values)
        if isinstance(first, tuple):
            if len({len(value) for value in values}) > 1:
                raise NotOneGraph("there are more or fewer operands, by the turn")
            return tuple(self.joined(each) for each in zip(*values, strict=True))
        if isinstance(first, Mapping):
            return {name: self.joined([value[name] for value in values]) for name in first}
        if all(value == first or (value != value and first != first) for value in values):
            return first
        if all(type(value) is int for value in values):
            return ByTurn(tuple(values))
        raise NotOneGraph(f"{first} and {values[-1]} are in one place of turns")

    def operand(self, refs: Sequence[Ref]) -> Any:
        """Return what stands for tensors that are computed before, in the same turn, or in earlier ones."""
        found = [self.at.get(ref.place) for ref in refs]
        outer = {
            turn: self.rolling.outer(ref) if where is None else self.before[where[1]]
            for turn, (ref, where) in enumerate(zip(refs, found, strict=True))
            if where is None or where[1] in self.before
        }
        earlier = {turn: where for turn, where in enumerate(found) if where and turn not in outer}
        blanks, which = set(outer.values()), {where[1] for where in earlier.values()}
        if len(blanks) == 1 and not earlier:
            return blanks.pop()
        if len(which) == 1 and not blanks and all(turn == where[0] for turn, where in earlier.items()):
            return Own(self.own[which.pop()])
        if len(which) > 1 or len(blanks) != 1 or any(turn == where[0] for turn, where in earlier.items()):
            raise NotOneGraph("turns are of other operands")
        key = which.pop(), blanks.pop()
        back = max(turn - where[0] for turn, where in earlier.items())
        self.memories[key] = max(self.memories.get(key, 0), back)
        of = tuple(earlier[turn][0] if turn in earlier else None for turn in range(len(refs)))
        return Earlier([*self.memories].index(key), of)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple | Mapping):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _leaves(each)
    else:
        yield value
