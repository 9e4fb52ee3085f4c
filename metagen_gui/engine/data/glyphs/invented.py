"""Invented alphabets: each has a manner of its own, and composes its characters from a few movements of the pen.

A movement is a short programme of arcs (length, how far it turns, a sharp turn before it), as in the motor programmes
by which people describe characters; strokes go on from one another, branch off, cross or lie side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import numpy.typing as npt

from metagen_gui.engine.data.glyphs.alphabet import Alphabet, Glyph, Split, Stroke, fit, lengths, resample
from metagen_gui.engine.data.glyphs.likeness import signature

ALPHABETS = 36
MOVEMENTS: dict[str, tuple[tuple[float, float, float], ...]] = {
    # arcs of (length, degrees turned along it, degrees of the corner before it)
    "line": ((1.0, 0, 0),),
    "arc": ((1.1, 110, 0),),
    "bowl": ((1.6, 240, 0),),
    "hook": ((0.75, 0, 0), (0.5, 190, 0)),
    "cane": ((0.55, 190, 0), (0.8, 0, 0)),
    "loop": ((0.45, 20, 0), (0.95, 340, 0), (0.45, 20, 0)),
    "wave": ((0.65, 140, 0), (0.65, -140, 0)),
    "corner": ((0.75, 0, 0), (0.6, 0, 90)),
    "zigzag": ((0.6, 0, 0), (0.6, 0, 110), (0.6, 0, -110)),
    "humps": ((0.7, 190, 0), (0.7, 190, -160)),
    "ring": ((1.3, 375, 0),),
}
JOINS = ("onward", "branch", "cross", "beside")
BRANCHES = (0.0, 0.33, 0.5, 0.67, 1.0)
"""How far along a stroke others branch off."""
ALIKE = 0.82
"""Two characters of an alphabet are less alike than this (see `likeness`)."""
TWINS: dict[int, tuple[int, ...]] = {
    3: (0, 10),
    4: (6,),
    7: (22,),
    9: (11,),
    10: (24,),
    12: (3, 9),
    15: (0,),
    16: (7, 16),
    18: (14,),
    19: (19,),
    21: (1, 15),
    26: (14,),
    27: (8,),
    29: (0,),
    30: (9, 22),
    32: (1,),
}
"""Characters, by alphabet from 0, that another alphabet already has: left out, so that no two classes are one."""


@dataclass(frozen=True)
class Manner:
    """What the characters of one alphabet share."""

    movements: tuple[str, ...]
    headings: tuple[float, ...]
    """Directions in degrees in which strokes set out."""
    strokes: tuple[float, ...]
    """How likely a character has one, two, three or four strokes."""
    joins: tuple[float, ...]
    """How likely a stroke joins the others in each way of `JOINS`."""
    roundness: float
    """How far arcs turn, 1 being as listed in `MOVEMENTS`."""
    headline: bool
    """Characters hang from a bar, as in Devanagari."""


def alphabets() -> tuple[Alphabet, ...]:
    """Return the invented alphabets; two in three are for training."""
    splits: tuple[Split, ...] = ("train", "train", "validation", "train", "train", "test")
    return tuple(
        Alphabet(f"invented {number + 1}", splits[number % 6], len(_kept(number)), partial(_glyph, number))
        for number in range(ALPHABETS)
    )


def _kept(number: int) -> list[int]:
    """Return which composed characters of an alphabet are in use."""
    return [character for character in range(16 + (5 * number) % 13) if character not in TWINS.get(number, ())]


def _glyph(number: int, character: int) -> Glyph:
    kept = _kept(number)
    return _compose(number, kept[-1] + 1)[kept[character]]


@cache
def _compose(number: int, characters: int) -> tuple[Glyph, ...]:
    """Return the first characters of an alphabet; those too plain, too crowded or too like another are thrown away."""
    rng = np.random.default_rng([2015, number])
    manner = _manner(rng)
    found: list[Glyph] = []
    seen: list[npt.NDArray[np.float32]] = []
    while len(found) < characters:
        glyph = _character(manner, rng)
        if not _legible(glyph):
            continue
        mark = signature(glyph)
        if all(mark @ other <= ALIKE for other in seen):
            found.append(glyph)
            seen.append(mark)
    return tuple(found)


def _manner(rng: np.random.Generator) -> Manner:
    movements = rng.choice(list(MOVEMENTS), size=rng.integers(4, 7), replace=False)
    slant = rng.choice([0.0, 0.0, 0.0, -12.0])
    step = rng.choice([90.0, 90.0, 45.0])
    return Manner(
        movements=tuple(str(name) for name in movements),
        headings=tuple(slant + step * k for k in range(int(360 / step))),
        strokes=tuple(rng.dirichlet([2.5, 4.0, 2.5, 1.0])),
        joins=tuple(rng.dirichlet([2.0, 2.5, 1.2, 0.7])),
        roundness=float(rng.uniform(0.75, 1.15)),
        headline=bool(rng.random() < 0.15),
    )


def _character(manner: Manner, rng: np.random.Generator) -> Glyph:
    strokes: list[Stroke] = []
    count = 1 + int(rng.choice(4, p=manner.strokes))
    for _ in range(count):
        # A lone stroke goes through two movements without a lift of the pen: one would be a mere bar, arc or ring.
        stroke = _stroke(manner, rng, movements=2 if count == 1 or rng.random() < 0.25 else 1)
        if strokes:
            stroke = _join(stroke * rng.uniform(0.55, 1.0), strokes, str(rng.choice(JOINS, p=manner.joins)), rng)
        strokes.append(stroke)
    if manner.headline:
        every = np.concatenate(strokes)
        (left, top), (right, _) = every.min(0), every.max(0)
        strokes.append(np.array([[left - 0.1, top], [right + 0.1, top]]))
    return fit(strokes)


def _stroke(manner: Manner, rng: np.random.Generator, movements: int) -> Stroke:
    """Return one or more movements of the manner, one after the other, as points that set out from 0."""
    chosen = [manner.movements[rng.integers(len(manner.movements))] for _ in range(movements)]
    length, turn, corner = np.array([arc for name in chosen for arc in MOVEMENTS[name]]).T
    steps = np.where(turn == 0, 1, 12)
    length = length * rng.uniform(0.8, 1.2, len(length)) / steps
    turn = turn * np.where(np.abs(turn) < 300, manner.roundness, 1) / steps

    # The pen's direction halfway through each step: all turns and corners before it, and half its own turn.
    turned = np.repeat(turn, steps)
    cornered = np.zeros(len(turned))
    cornered[np.cumsum(steps) - steps] = corner
    direction = np.cumsum(turned + cornered) - turned / 2
    start = manner.headings[rng.integers(len(manner.headings))]
    direction = np.deg2rad(start + rng.choice((-1, 1)) * direction)
    moves = np.repeat(length, steps)[:, None] * np.stack([np.cos(direction), np.sin(direction)], axis=1)
    return np.concatenate([np.zeros((1, 2)), np.cumsum(moves, axis=0)])


def _join(stroke: Stroke, strokes: list[Stroke], way: str, rng: np.random.Generator) -> Stroke:
    """Return the stroke moved to where it meets the ones before it."""
    other = resample(strokes[rng.integers(len(strokes))], 0.05)
    match way:
        case "onward":
            shift = strokes[-1][-1]
        case "branch":
            shift = other[int(rng.choice(BRANCHES) * (len(other) - 1))]
        case "cross":
            shift = other[len(other) // 2] - _middle(stroke)
        case _:
            shift = other[len(other) // 2] - _middle(stroke) + rng.choice((-0.45, 0.45)) * rng.permutation([1.0, 0.15])
    joined: Stroke = stroke + shift
    return joined


def _middle(stroke: Stroke) -> Stroke:
    points = resample(stroke, 0.05)
    middle: Stroke = points[len(points) // 2]
    return middle


def _legible(glyph: Glyph) -> bool:
    """Tell whether the glyph is more than a bar, no tangle, and its lines keep apart."""
    every = np.concatenate([resample(stroke, 0.05) for stroke in glyph])
    extent = every.max(0) - every.min(0)
    ink = sum(lengths(stroke)[-1] for stroke in glyph)
    cells = len(np.unique(np.floor(every * 9) @ (100, 1)))
    return bool(extent.min() > 0.45 and extent[1] > 0.6 and 1.5 < ink < 3.7 and cells > 8.3 * ink)
