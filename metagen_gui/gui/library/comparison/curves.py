"""What of a run's metrics is compared: the loss in training, and figures of held-out tasks after adaptation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metagen_gui.gui.plots.scale import Values

if TYPE_CHECKING:
    from metagen_gui.engine.store.library import Curves, RunEntry

LOSS = "query_loss"
TRAINING = "train"
SMOOTHED = 0.95
"""How strongly training losses are smoothed, which in several runs at once nobody could tell apart otherwise."""


@dataclass(frozen=True)
class Series:
    """Values `(n,)` with the outer steps and the seconds of training at which they were met, both ascending."""

    steps: Values
    seconds: Values
    values: Values

    def along(self, seconds: bool) -> Values:
        """Return the seconds or the outer steps."""
        return self.seconds if seconds else self.steps


@dataclass(frozen=True)
class RunCurves:
    """What is drawn of one run: `series` by quantity, `TRAINING` among them where there is one."""

    entry: RunEntry
    series: Mapping[str, Series]


def comparable(entry: RunEntry, curves: Curves) -> RunCurves:
    """Return what can be drawn of a run: of its first player, and after the last adaptation step."""
    chosen: dict[str, tuple[int, str]] = {}
    player = next((name.split("/")[2] for name in curves.columns if name.startswith(f"{TRAINING}/{LOSS}/")), "")
    for column in curves.columns:
        kind, *name = column.split("/")
        quantity, step = "/".join(name[:-1]), name[-1] if name else ""
        if kind == "validation" and step.isdecimal() and quantity.partition("/")[2] in ("", player):
            short = quantity.partition("/")[0]
            chosen[short] = max(chosen.get(short, (-1, "")), (int(step), column))
    names = {quantity: column for quantity, (_, column) in chosen.items() if quantity != "support_loss"}
    names |= {TRAINING: f"{TRAINING}/{LOSS}/{player}"} if player else {}
    series = {quantity: _series(curves, column) for quantity, column in names.items()}
    return RunCurves(entry, {quantity: found for quantity, found in series.items() if len(found.values)})


def _series(curves: Curves, column: str) -> Series:
    values = curves.columns[column]
    told = curves.columns.get(f"{TRAINING}/diverged")  # in rows of training, and in no others
    # A loss that is not finite is a gap; the empty cell of a row of another kind is not.
    rows = np.isfinite(values) if told is None else np.isfinite(told) == column.startswith(f"{TRAINING}/")
    return Series(
        curves.meta_step[rows].astype(np.float64), curves.columns["seconds"][rows], np.asarray(values[rows], np.float64)
    )
