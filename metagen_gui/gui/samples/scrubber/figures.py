"""What validation has told through a run, by quantity, at outer steps and adaptation steps: colours of the map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QCoreApplication

from metagen_gui.engine.events import ValidationReport

Values = npt.NDArray[np.float64]
MOST = 2048
"""Outer steps that are remembered; of more, every second one goes."""


class Figures:
    """Remembers validations, at most `MOST` of them."""

    def __init__(self) -> None:
        self._told: dict[int, dict[str, Values]] = {}

    def __len__(self) -> int:
        return len(self._told)

    @property
    def quantities(self) -> tuple[str, ...]:
        """What there are values of, such as `query_loss/vae` and `kl`; what one looks at first comes first.

        Losses of several players do not tell how good samples are, so there the figures come before them.
        """
        newest = self._told[max(self._told)] if self._told else {}
        losses = [name for name in newest if name.startswith("query_loss/")]
        figures = [name for name in newest if "/" not in name]
        return tuple((*losses, *figures) if len(losses) < 2 else (*figures, *losses))

    def add(self, report: ValidationReport) -> None:
        """Remember a report, in place of an earlier one of the same outer step."""
        told = {f"query_loss/{player}": np.asarray(losses) for player, losses in report.query_loss.items()}
        places: dict[str, dict[int, float]] = {}
        for column, value in report.details.items():
            name, _, step = column.rpartition("/")
            if step.isdecimal():
                places.setdefault(name, {})[int(step)] = value
        for name, values in places.items():
            told[name] = np.array([values.get(step, np.nan) for step in range(max(values) + 1)])
        self._told[report.meta_step] = told
        if len(self._told) > MOST:
            for meta_step in sorted(self._told)[1:-1:2]:
                del self._told[meta_step]

    def along(self, quantity: str, meta_steps: Sequence[int], steps: Sequence[int]) -> Values:
        """Return what was told nearest to each outer step `(len(steps), len(meta_steps))`; NaN where nothing was."""
        known = sorted(step for step, told in self._told.items() if quantity in told)
        if not known or not len(meta_steps):
            return np.full((len(steps), len(meta_steps)), np.nan)
        table = np.full((len(known), 1 + max(*steps, *(len(self._told[step][quantity]) for step in known))), np.nan)
        for place, step in enumerate(known):
            values = self._told[step][quantity]
            table[place, : len(values)] = values
        table[~np.isfinite(table)] = np.nan
        at, wanted = np.array(known), np.asarray(meta_steps)
        after = np.searchsorted(at, wanted).clip(1 if len(at) > 1 else 0, len(at) - 1)
        before = np.maximum(after - 1, 0)
        nearest = np.where(wanted - at[before] <= at[after] - wanted, before, after)
        return np.asarray(table[nearest][:, list(steps)].T)


def title_of(quantity: str, quantities: Sequence[str]) -> str:
    """Return what a quantity is called; whose loss it is, where there are several players."""
    name, _, player = quantity.partition("/")
    several = sum(each.startswith("query_loss/") for each in quantities) > 1
    if name == "query_loss":
        loss = QCoreApplication.translate("Scrubber", "query loss")
        return f"{loss} ({player})" if several else loss
    return name.replace("_", " ")


def where(meta_step: int, step: int) -> str:
    """Return an outer step and an adaptation step in words."""
    said = QCoreApplication.translate
    one = said("Scrubber", "after 1 adaptation step")
    steps = one if step == 1 else said("Scrubber", "after {0} adaptation steps").format(step)
    return said("Scrubber", "Outer step {0} · {1}").format(f"{meta_step:,}", steps)
