"""The losses of a run over its outer steps, a panel for every player: training, and held-out tasks as they adapt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from metagen_gui.engine.languages.spoken import named, translated
from metagen_gui.engine.pages.charts import ticks
from metagen_gui.engine.pages.drawing import DIM, GRID, INK, SERIES, Box, Drawing, Line, Words, letters
from metagen_gui.engine.store.metrics_file import Curves

WIDTH, PANEL, LEFT, RIGHT, TOP, BOTTOM = 760, 300, 78, 20, 44, 46
MOST_POINTS = 2_000
"""Of a line: more than there are pixels is not seen."""
LOSS, FAR = "query_loss", 4.0
"""A loss that lies as many times the middle 90 % away from them does not set the range."""
Values = npt.NDArray[np.float64]


def lines_of(curves: Curves) -> dict[str, list[tuple[str, str]]]:
    """Return, by player, what is drawn: a column of the metrics and what it is called."""
    found = dict[str, list[tuple[str, str]]]()
    for name in curves.columns:
        kind, *rest = name.split("/")
        if kind == "train" and len(rest) == 2 and rest[0] == LOSS:
            found.setdefault(rest[1], []).insert(0, (name, "training"))
        elif kind == "validation" and len(rest) == 3 and rest[0] == LOSS and rest[2].isdecimal():
            found.setdefault(rest[1], []).append((name, f"held out, step {rest[2]}"))
    return {player: [*some[:1], *_ends(some[1:])] for player, some in found.items()}


def _ends(some: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the first and the last."""
    return list(dict.fromkeys([some[0], some[-1]])) if some else []


def losses(curves: Curves, title: str) -> Drawing:
    """Return the drawing of a run's losses; `title` is in the language that is spoken."""
    players = lines_of(curves)
    drawing = Drawing(WIDTH, max(1, len(players)) * PANEL, title)
    for place, (player, lines) in enumerate(players.items()):
        _panel(drawing, place * PANEL, f"{title}: {named(player)}" if len(players) > 1 else title, curves, lines)
    return drawing


def _panel(drawing: Drawing, top: float, title: str, curves: Curves, lines: Sequence[tuple[str, str]]) -> None:
    drawn = [(translated(said), *_finite(curves, name)) for name, said in lines]
    drawing.add(Words((LEFT, top + 14), title, colour=INK, size=13))
    values = np.concatenate([found for _, _, found in drawn]) if drawn else np.zeros(0)
    low, high = _range(values)
    last = max(1.0, *(float(steps.max(initial=1)) for _, steps, _ in drawn))
    wide, high_up = WIDTH - LEFT - RIGHT, PANEL - TOP - BOTTOM

    def at(steps: Values, found: Values) -> list[tuple[float, float]]:
        x, y = LEFT + wide * steps / last, top + TOP + high_up * (1 - (found.clip(low, high) - low) / (high - low))
        return [*zip(x.tolist(), y.tolist(), strict=True)]

    for value in ticks(low, high):
        ((_, y),) = at(np.zeros(1), np.full(1, value))
        drawing.add(Line([(LEFT, y), (WIDTH - RIGHT, y)], GRID, 1), Words((LEFT - 6, y), f"{value:g}", "end"))
    for step in ticks(0, last):
        x = LEFT + wide * step / last
        drawing.add(Words((x, top + PANEL - BOTTOM + 12), f"{step:,g}", "middle"))
    drawing.add(
        Words((LEFT + wide / 2, top + PANEL - 12), translated("outer step"), "middle"),
        Box((LEFT, top + TOP), (wide, high_up)),
    )
    across = LEFT
    for number, (said, steps, found) in enumerate(drawn):
        colour, dashed = (DIM, False) if number == 0 else (SERIES[number - 1], number == 1 and len(drawn) > 2)
        stride = max(1, len(steps) // MOST_POINTS)
        drawing.add(Line(at(steps[::stride], found[::stride]), colour, 1 if number == 0 else 2, dashed))
        drawing.add(Line([(across, top + 32), (across + 22, top + 32)], colour, 2, dashed))
        drawing.add(Words((across + 28, top + 32), said, size=11))
        across += 42 + 7 * letters(said)


def _finite(curves: Curves, name: str) -> tuple[Values, Values]:
    values: npt.NDArray[Any] = curves.columns[name]
    there = np.isfinite(values)
    return curves.meta_step[there].astype(np.float64), values[there]


def _range(values: Values) -> tuple[float, float]:
    """Return the range of an axis; a few losses far away do not squeeze the others into a line."""
    if not len(values):
        return 0.0, 1.0
    low, high = np.quantile(values, [0.05, 0.95])
    spread = FAR * (high - low)
    low, high = max(values.min(), low - spread), min(values.max(), high + spread)
    room = 0.04 * (high - low) or max(abs(high) * 0.05, 1e-6)
    return float(low - room), float(high + room)
