"""What the metrics of a run tell: its reports once more, and the series by which runs compare. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from metagen_gui.engine.events import RunStarted, SettingChanged, StepReport, ValidationReport
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.changes import read_changes
from metagen_gui.engine.store.metrics_file import Curves, read_curves
from metagen_gui.engine.store.names import METRICS

LOSS, TRAINING = "query_loss", "train"
TRAINED = f"{TRAINING}/diverged"
"""The column that has a value in every row of training, and in no other."""
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class EarlierReports:
    """The reports of a run up to where it goes on, the seconds that it had taken until then, the settings changed."""

    steps: list[StepReport]
    validations: list[ValidationReport]
    seconds: float
    changes: list[SettingChanged]


def looked_at(folder: Path) -> RunStarted:
    """Return what a run told when it began, as its files have it; raise `BadInput` if its metrics cannot be read."""
    from metagen_gui.engine.store.record import read_record  # with pydantic, which the window is painted without

    curves, record = read_curves(folder), read_record(folder)
    players = tuple(name.split("/")[2] for name in curves.columns if name.startswith(f"{TRAINING}/{LOSS}/"))
    steps = [int(name.split("/")[3]) for name in curves.columns if name.startswith(f"validation/{LOSS}/")]
    if not players or not steps:
        raise BadInput(str(folder / METRICS), "not the metrics of a run")
    newest = int(curves.meta_step.max(initial=0))
    planned = record.meta_steps if record else 0
    return RunStarted(folder, players, max(steps), max(planned, newest), "", 0, resumed_from=newest, at_rest=True)


def read_reports(folder: Path, started: RunStarted) -> EarlierReports:
    """Return what a run had reported before it was resumed; raise `BadInput` if its metrics cannot be read."""
    curves = read_curves(folder)
    before = curves.meta_step <= started.resumed_from
    seconds = float(np.nanmax(curves.columns["seconds"][before], initial=0.0))
    changes = [change for change in read_changes(folder) if change.meta_step <= started.resumed_from]
    return EarlierReports(*reports_in(curves, started, before), seconds, changes)


def reports_in(
    curves: Curves, started: RunStarted, chosen: npt.NDArray[np.bool_]
) -> tuple[list[StepReport], list[ValidationReport]]:
    """Return the reports that the `chosen` rows of a run's metrics tell."""
    steps, columns, seconds = curves.meta_step, curves.columns, curves.columns["seconds"]
    trained = np.isfinite(columns[TRAINED])
    losses = {player: columns[f"{TRAINING}/{LOSS}/{player}"] for player in started.players}
    reports = [
        StepReport(
            int(steps[row]),
            float(seconds[row]),
            {player: float(values[row]) for player, values in losses.items()},
            diverged=int(columns[TRAINED][row]),
        )
        for row in np.flatnonzero(chosen & trained)
    ]
    return reports, [_validation(curves, int(row), started) for row in np.flatnonzero(chosen & ~trained)]


def _validation(curves: Curves, row: int, started: RunStarted) -> ValidationReport:
    def losses(kind: str, player: str) -> Values:
        steps = range(started.adaptation_steps + 1)
        return np.array([curves.columns[f"validation/{kind}/{player}/{step}"][row] for step in steps])

    query, support = ({player: losses(kind, player) for player in started.players} for kind in (LOSS, "support_loss"))
    return ValidationReport(int(curves.meta_step[row]), float(curves.columns["seconds"][row]), query, support, 0)


@dataclass(frozen=True)
class Series:
    """Values `(n,)` with the outer steps and the seconds of training at which they were met, both ascending."""

    steps: Values
    seconds: Values
    values: Values

    def along(self, seconds: bool) -> Values:
        """Return the seconds or the outer steps."""
        return self.seconds if seconds else self.steps


def read_series(folder: Path) -> Mapping[str, Series]:
    """Return by quantity what of a run can be compared; raise `BadInput` if its metrics cannot be read.

    These are figures of held-out tasks after the last adaptation step, of the first player where they are a player's,
    and under `TRAINING` that player's loss in training.
    """
    return series_of(read_curves(folder))


def series_of(curves: Curves) -> Mapping[str, Series]:
    """Return by quantity what of these curves can be compared."""
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
    return {quantity: found for quantity, found in series.items() if len(found.values)}


def _series(curves: Curves, column: str) -> Series:
    values = curves.columns[column]
    told = curves.columns.get(TRAINED)
    # A loss that is not finite is a gap; the empty cell of a row of another kind is not.
    rows = np.isfinite(values) if told is None else np.isfinite(told) == column.startswith(f"{TRAINING}/")
    return Series(
        curves.meta_step[rows].astype(np.float64), curves.columns["seconds"][rows], np.asarray(values[rows], np.float64)
    )
