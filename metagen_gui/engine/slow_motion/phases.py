"""The phases of one outer step as frozen values of floats, text and NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from metagen_gui.engine.events import Snapshot, StepReport
from metagen_gui.engine.statistics import Values

Kind = Literal["tasks", "inner", "query", "gradient", "update"]


@dataclass(frozen=True)
class Number:
    """A number in a formula: its symbol, what it is, and its value for every task `(tasks,)`, or one for all `(1,)`.

    `symbol` is written as formulas are. `player` is whose it is, in a model with several.
    """

    symbol: str
    about: str
    values: Values
    player: str = ""

    def of(self, task: int) -> float:
        """Return the value for a task."""
        return float(self.values[task if len(self.values) > 1 else 0])

    @property
    def mean(self) -> float:
        """The mean over tasks."""
        return float(self.values.mean())


@dataclass(frozen=True)
class Losses:
    """Losses of one player after 0, 1, … inner steps, `(tasks, steps + 1)` each; `query` once it has been graded."""

    support: Values
    query: Values | None = None


@dataclass(frozen=True)
class Phase:
    """What happens in one phase of the outer step `meta_step`, counted from 1.

    `formula` is a line as `formulas.py` writes it, `worked` the same with the numbers of one entry, for every task or
    one for all. `inner_step` counts from 1 in inner phases, of `steps`; otherwise it tells how many have been taken.
    """

    kind: Kind
    title: str
    formula: str
    meta_step: int
    inner_step: int
    steps: int
    tasks: tuple[str, ...]
    numbers: tuple[Number, ...] = ()
    worked: tuple[str, ...] = ()
    losses: Mapping[str, Losses] = field(default_factory=dict)
    picture: Snapshot | None = None
    remark: str = ""
    report: StepReport | None = None

    def worked_for(self, task: int) -> str:
        """Return the line with the numbers of a task."""
        return "" if not self.worked else self.worked[task if len(self.worked) > 1 else 0]


def until(picture: Snapshot, step: int) -> Snapshot:
    """Return a picture with the columns up to adaptation step `step`."""
    shown = sum(number <= step for number in picture.steps)
    return replace(
        picture,
        steps=picture.steps[:shown],
        samples=picture.samples[:, :shown],
        field=None if picture.field is None else picture.field[:, :shown],
        curves=None if picture.curves is None else picture.curves[:, :shown],
        path=None if picture.path is None else picture.path[:, :shown],
    )
