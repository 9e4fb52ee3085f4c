"""Reads what a comparison needs in a thread of its own: the metrics of a long run take a moment."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.library.comparison.curves import RunCurves, comparable
from metagen_gui.gui.library.runs import RunLibrary

if TYPE_CHECKING:
    from metagen_gui.engine.store.library import RunEntry

METRICS = "metrics.csv"
Difference = tuple[str, list[str]]
"""The path of a setting, and its value in each run."""


class ComparisonReader(QThread):
    """Reads once; afterwards `curves`, `differences`, `problems` and `seconds`, what it took, are set.

    `known` are curves read before, by folder, with the size of the file they are from: the same size, the same curves.
    """

    def __init__(
        self,
        library: RunLibrary,
        entries: Sequence[RunEntry],
        known: Mapping[Path, tuple[int, RunCurves]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._library, self.entries, self._known = library, list(entries), known
        self.curves: dict[Path, tuple[int, RunCurves]] = {}
        self.differences: list[Difference] = []
        self.problems: list[str] = []
        self.seconds = 0.0

    def run(self) -> None:
        """Qt's entry point."""
        began = time.monotonic()
        for entry in self.entries:
            self._read(entry)
        if len(self.entries) > 1:
            self.differences = self._compare()
        self.seconds = time.monotonic() - began

    def _compare(self) -> list[Difference]:
        """Return the settings in which runs differ; those of a run that cannot be read are empty."""
        read = [entry.state != "unreadable" for entry in self.entries]
        try:
            folders = [entry.folder for entry in self.entries if entry.state != "unreadable"]
            found = self._library.differing_settings(folders)
        except BadInput as problem:
            self.problems.append(str(problem))
            return []
        differences = []
        for path, values in found:
            left = iter(values)
            differences.append((path, [next(left) if known else "" for known in read]))
        return differences

    def _read(self, entry: RunEntry) -> None:
        size = _size(entry.folder / METRICS)
        before = self._known.get(entry.folder)
        try:
            if before is not None and before[0] == size:
                self.curves[entry.folder] = size, RunCurves(entry, before[1].series)
            else:
                self.curves[entry.folder] = size, comparable(entry, self._library.read_curves(entry.folder))
        except BadInput as problem:
            self.problems.append(str(problem))
            self.curves[entry.folder] = -1, RunCurves(entry, {})


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
