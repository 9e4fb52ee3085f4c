"""Reads what a comparison needs: the metrics of a long run take a moment, so a job does it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from metagen_gui.engine.events import SettingChanged
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.changes import read_changes
from metagen_gui.engine.store.names import METRICS
from metagen_gui.engine.store.reports import Series, read_series
from metagen_gui.gui.program.engine import RunLibrary

if TYPE_CHECKING:
    from metagen_gui.engine.store.library import RunEntry

Difference = tuple[str, list[str]]
"""The path of a setting, and its value in each run."""


@dataclass(frozen=True)
class RunCurves:
    """What is drawn of one run: `series` by quantity, from a file of `size` bytes (-1: none), and its changes."""

    entry: RunEntry
    series: Mapping[str, Series]
    size: int = -1
    changes: Sequence[SettingChanged] = ()


@dataclass
class Compared:
    """What was read, the settings that differ, what could not be read and why, and the seconds that it took."""

    entries: Sequence[RunEntry]
    curves: dict[Path, RunCurves] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


def read_comparison(library: RunLibrary, entries: Sequence[RunEntry], known: Mapping[Path, RunCurves]) -> Compared:
    """Read these runs, but for the curves that are `known` from a file of the same size: they are the same."""
    began, found = time.monotonic(), Compared(entries)
    for entry in entries:
        try:
            found.curves[entry.folder] = _curves(entry, known.get(entry.folder))
        except BadInput as problem:
            found.problems.append(str(problem))
            found.curves[entry.folder] = RunCurves(entry, {})
    if len(entries) > 1:
        try:
            found.differences = _differences(library, entries)
        except BadInput as problem:
            found.problems.append(str(problem))
    found.seconds = time.monotonic() - began
    return found


def _curves(entry: RunEntry, before: RunCurves | None) -> RunCurves:
    size = _size(entry.folder / METRICS)
    same = before is not None and before.size == size
    series = before.series if before is not None and same else read_series(entry.folder)
    return RunCurves(entry, series, size, read_changes(entry.folder))


def _differences(library: RunLibrary, entries: Sequence[RunEntry]) -> list[Difference]:
    """Return the settings in which runs differ; those of a run that cannot be read are empty."""
    read = [entry.state != "unreadable" for entry in entries]
    found = library.differing_settings([entry.folder for entry in entries if entry.state != "unreadable"])
    differences = []
    for path, values in found:
        left = iter(values)
        differences.append((path, [next(left) if known else "" for known in read]))
    return differences


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
