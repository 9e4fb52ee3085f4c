"""Turns in ONNX: a `Loop`. It carries rings of what the last turns came to, and behind those what was there before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from onnx import TensorProto, helper

from metagen_gui.engine.graphs.emitter import Emitter, Value, says
from metagen_gui.engine.graphs.graph import Call
from metagen_gui.engine.graphs.turns import Earlier, Memory, Own, Turns


@says("turns")
def _turns(e: Emitter, call: Call, turns: Turns) -> dict[int, str]:
    """Return the names of all turns' outcomes `(turns, …)`, by the places of the calls that are asked for."""
    rings, begin = [], []
    for memory in turns.memories:
        looks, blank = turns.calls[memory.place], e.values[memory.blank.place]
        rings.append(Call("ring", shape=(memory.turns + 1, *looks.shape), dtype=looks.dtype))
        wide = e.op("Unsqueeze", e.like(blank, looks.dtype), e.table(np.array([0])))
        begin.append(e.op("Expand", wide, e.sizes(rings[-1].shape)))
    turn, going, states = e.fresh(), e.fresh(), [e.fresh() for _ in rings]
    with e.inside(turn) as nodes:
        own: list[Any] = []
        for each in turns.calls:
            args, kwargs = (_given(e, turns, states, own, given) for given in (each.args, each.kwargs))
            own.append(e.said(replace(each, args=args, kwargs=kwargs)))
        kept = [_kept(e, turns, *each, own) for each in zip(turns.memories, states, strict=True)]
        asked = [own[place].name for place in turns.asked]
        ends = [e.op("Identity", name) for name in (going, *kept, *asked)]
    looks_of = [*rings, *(turns.calls[place] for place in turns.asked)]
    inputs = [
        helper.make_tensor_value_info(turn, TensorProto.INT64, []),
        helper.make_tensor_value_info(going, TensorProto.BOOL, []),
        *(e.described(*each) for each in zip(states, rings, strict=True)),
    ]
    outputs = [
        helper.make_tensor_value_info(ends[0], TensorProto.BOOL, []),
        *(e.described(*each) for each in zip(ends[1:], looks_of, strict=True)),
    ]
    body, count = helper.make_graph(nodes, "turn", inputs, outputs), e.table(np.array(turns.count))
    names = e.op("Loop", count, "", *begin, outputs=len(looks_of), body=body)
    return dict(zip(turns.asked, ([names] if isinstance(names, str) else names)[len(rings) :], strict=True))


def _given(e: Emitter, turns: Turns, states: Sequence[str], own: Sequence[Any], value: Any) -> Any:
    """Return what a call of a turn is given, with values in place of what is of this turn or of earlier ones."""
    if isinstance(value, Own):
        return own[value.place]
    if isinstance(value, Earlier):
        memory = turns.memories[value.memory]
        rows = [memory.turns if turn is None else turn % memory.turns for turn in value.of]
        looks = turns.calls[memory.place]
        return Value(e.op("Gather", states[value.memory], e.of_turn(rows), axis=0), looks.shape, looks.dtype)
    if isinstance(value, tuple):
        return tuple(_given(e, turns, states, own, each) for each in value)
    if isinstance(value, Mapping):
        return {name: _given(e, turns, states, own, each) for name, each in value.items()}
    return value


def _kept(e: Emitter, turns: Turns, memory: Memory, state: str, own: Sequence[Any]) -> str:
    """Return the name of a ring in which what this turn came to is in the place of what is looked at no more."""
    row = e.of_turn([turn % memory.turns for turn in range(turns.count)])
    new = e.op("Unsqueeze", own[memory.place].name, e.table(np.array([0])))
    return str(e.op("ScatterND", state, e.op("Reshape", row, e.table(np.array([1, 1]))), new))


@says("turns.one")
def _turn(e: Emitter, call: Call, found: Mapping[int, str], place: int, turn: int) -> str:
    return str(e.op("Gather", found[place], e.number(turn, torch.int64), axis=0))


@says("turns.all")
def _all_turns(e: Emitter, call: Call, found: Mapping[int, str], place: int, axis: int) -> str:
    order = [*range(1, axis + 1), 0, *range(axis + 1, len(call.shape))]
    return str(e.op("Transpose", found[place], perm=order))
