"""Curves as inline SVG: a figure against the adaptation step or the shots, a line with its interval for every arm.

Colours are CSS classes (`c0`, `c1` …), so that the page decides on light and dark. Steps are spaced by their root:
the first few matter most, and the last lie far beyond those of training.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 14, 14, 40
FAR = 6.0
"""What lies as many interquartile ranges beyond the middle half of all means is left out of an axis."""
EDGE = 6
"""Pixels that dots may reach beyond the axes."""


@dataclass(frozen=True)
class Curve:
    """One arm: steps, means, half widths of 95 % intervals, and the chosen step. One step alone is a level line."""

    name: str
    colour: int
    steps: tuple[int, ...]
    means: tuple[float, ...]
    halves: tuple[float, ...]
    tasks: tuple[int, ...]
    """Over how many tasks each mean is."""
    chosen: int | None = None
    untrained: bool = False
    """Of random weights: it does not set the range of the axis, and may lie at its edge."""


def chart(curves: Sequence[Curve], title: str, along: str = "adaptation step") -> str:
    """Return the SVG of `curves` over what is counted `along` them; empty if none has a finite mean."""
    trained = [curve for curve in curves if not curve.untrained] or curves  # others would squeeze these into a line
    finite = [(m, h) for c in trained for m, h in zip(c.means, c.halves, strict=True) if math.isfinite(m)]
    if not finite:
        return ""
    last = max(1, *(c.steps[-1] for c in curves))
    low, high = _range([m for m, _ in finite], [h for _, h in finite])
    places = Places(last, low, high)
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
    ]
    for value in ticks(low, high):
        y = places.y(value)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" text-anchor="end" x="{LEFT - 6}" y="{y + 4:.1f}">{value:g}</text>')
    shown = sorted({step for curve in curves for step in curve.steps})
    for step in shown:
        x, y = places.x(step), HEIGHT - BOTTOM + 16
        parts.append(f'<text class="tick" text-anchor="middle" x="{x:.1f}" y="{y}">{step}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text class="tick" text-anchor="middle" x="{middle}" y="{HEIGHT - 6}">{escape(along)}</text>')
    drawn = "".join(_drawn(curve, places) for curve in curves)
    x, y, width, height = LEFT - EDGE, TOP - EDGE, WIDTH - LEFT - RIGHT + 2 * EDGE, HEIGHT - TOP - BOTTOM + 2 * EDGE
    frame = f'x="{x}" y="{y}" width="{width}" height="{height}" viewBox="{x} {y} {width} {height}"'
    return "".join([*parts, f'<svg {frame} overflow="hidden">{drawn}</svg></svg>'])


@dataclass(frozen=True)
class Places:
    """From steps and values to places in the picture."""

    last: int
    low: float
    high: float

    def x(self, step: float) -> float:
        """Return where a step lies."""
        return LEFT + (WIDTH - LEFT - RIGHT) * math.sqrt(step / self.last)

    def y(self, value: float) -> float:
        """Return where a value lies; what is far out of the range, at some distance from it."""
        share = (value - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(max(share, -9.0), 10.0)


def ticks(low: float, high: float) -> list[float]:
    """Return four to eight round values between `low` and `high`."""
    raw = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    first = math.ceil(low / step)
    return [round(place * step, 12) for place in range(first, math.floor(high / step) + 1)]


def _range(means: Sequence[float], halves: Sequence[float]) -> tuple[float, float]:
    """Return the range of the vertical axis; far outliers, as of an untrained model, do not squeeze the others."""
    known = [h if math.isfinite(h) else 0.0 for h in halves]
    lows, highs = [m - h for m, h in zip(means, known, strict=True)], [m + h for m, h in zip(means, known, strict=True)]
    low, high = min(lows), max(highs)
    inner = sorted(means)
    quarter = len(inner) // 4
    spread = inner[-1 - quarter] - inner[quarter]
    if spread > 0:
        low, high = max(low, inner[quarter] - FAR * spread), min(high, inner[-1 - quarter] + FAR * spread)
    margin = 0.05 * (high - low) or max(abs(high) * 0.05, 1e-6)
    return low - margin, high + margin


def _drawn(curve: Curve, places: Places) -> str:
    known = [(s, m, h) for s, m, h in zip(curve.steps, curve.means, curve.halves, strict=True) if math.isfinite(m)]
    if not known:
        return ""
    kind = f"c{curve.colour}"
    if len(curve.steps) == 1:
        y = places.y(known[0][1])
        return f'<line class="level {kind}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    line = " ".join(f"{places.x(s):.1f},{places.y(m):.1f}" for s, m, _ in known)
    upper = [f"{places.x(s):.1f},{places.y(m + h):.1f}" for s, m, h in known if math.isfinite(h)]
    lower = [f"{places.x(s):.1f},{places.y(m - h):.1f}" for s, m, h in reversed(known) if math.isfinite(h)]
    band = f'<polygon class="band {kind}" points="{" ".join(upper + lower)}"/>' if upper else ""
    dots = "".join(
        f'<circle class="dot {kind}" cx="{places.x(s):.1f}" cy="{places.y(m):.1f}" r="{radius}"/>'
        for s, m, _ in known
        for radius in (5 if s == curve.chosen else 2.5,)
    )
    return f'{band}<polyline class="line {kind}" points="{line}"/>{dots}'
