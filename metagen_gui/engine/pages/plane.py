"""The plane of recognizability and diversity as inline SVG: a spot with its interval for every arm and landmark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.pages.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, ticks
from metagen_gui.engine.pages.drawing import letters
from metagen_gui.engine.pages.page import Name

LINE, LETTER, DOT = 13.0, 6.6, 5.0
"""Pixels: between two names, one above the other; of a letter, about; of a spot."""
Box = tuple[float, float, float]
"""What a name or a spot takes: from where to where, and at which height."""
LEAST = 1.4
"""How far the axis of diversity goes at least: real examples lie at 1."""


@dataclass(frozen=True)
class Spot:
    """A place in the plane: across and up, with half widths of 95 % intervals; `colour` is that of an arm, or None."""

    name: str
    x: float
    x_half: float
    y: float
    y_half: float
    colour: int | None = None


def plane(spots: Sequence[Spot], title: str, across: str, up: str) -> str:
    """Return the SVG of `spots`, what lies `across` and `up` told at the axes; empty if none is finite."""
    finite = [spot for spot in spots if math.isfinite(spot.x) and math.isfinite(spot.y)]
    if not finite:
        return ""
    far = max(LEAST, *(spot.x * 1.05 for spot in finite))
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
    ]
    for value in ticks(0.0, 1.0):
        y = _down(value)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" text-anchor="end" x="{LEFT - 6}" y="{y + 4:.1f}">{value:g}</text>')
    for value in ticks(0.0, far):
        x, y = _right(value, far), HEIGHT - BOTTOM + 16
        parts.append(f'<text class="tick" text-anchor="middle" x="{x:.1f}" y="{y}">{value:g}</text>')
    middle, height = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    parts.append(f'<text class="tick" text-anchor="middle" x="{middle}" y="{HEIGHT - 6}">{escape(across)}</text>')
    turned = f'transform="rotate(-90 14 {height})" text-anchor="middle" x="14" y="{height}"'
    parts.append(f'<text class="tick" {turned}>{escape(up)}</text>')
    taken: list[Box] = []
    for spot in finite:
        x, y = _right(spot.x, far), _down(spot.y)
        taken.append((x - DOT, x + DOT, y))
    for spot in sorted(finite, key=lambda spot: -spot.y):
        parts.append(_drawn(spot, far, taken))
    return "".join([*parts, "</svg>"])


def _right(value: float, far: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * min(max(value / far, 0.0), 1.0)


def _down(value: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(max(value, 0.0), 1.0)


def _drawn(spot: Spot, far: float, taken: list[Box]) -> str:
    """Return dot, whiskers and name; the name goes where nothing of what is `taken` lies, if there is such a place."""
    x, y = _right(spot.x, far), _down(spot.y)
    kind = "mark" if spot.colour is None else f"c{spot.colour}"
    whiskers = ""
    wide, high = (half if math.isfinite(half) else 0.0 for half in (spot.x_half, spot.y_half))
    left, right = _right(spot.x - wide, far), _right(spot.x + wide, far)
    top, bottom = _down(spot.y + high), _down(spot.y - high)
    for x1, y1, x2, y2 in ((left, y, right, y), (x, top, x, bottom)):
        whiskers += f'<line class="whisker {kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'
    name = spot.name if isinstance(spot.name, Name) else translated(spot.name)
    long = LETTER * letters(name)
    beside = [(x + 9, x + 9 + long), (x - 9 - long, x - 9)]
    boxes = [(*ends, y + lower) for lower in (0.0, LINE, -LINE, 2 * LINE, -2 * LINE) for ends in beside]
    inside = [box for box in boxes if box[0] >= 0 and box[1] <= WIDTH] or boxes
    box = next((box for box in inside if not any(map(_overlap, [box] * len(taken), taken))), inside[0])
    taken.append(box)
    told = f'<text translate="no" class="tick" x="{box[0]:.1f}" y="{box[2] + 4:.1f}">{escape(name)}</text>'
    return f'{whiskers}<circle class="dot {kind}" cx="{x:.1f}" cy="{y:.1f}" r="{DOT:g}"/>{told}'


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and abs(one[2] - other[2]) < LINE
