"""Runs side by side: their curves in one plot, and beneath it the settings in which they differ; live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.library.comparison.names import names_of, told_by_name
from metagen_gui.gui.library.comparison.plot import ComparisonPlot
from metagen_gui.gui.library.comparison.reader import Compared, RunCurves, read_comparison
from metagen_gui.gui.library.comparison.settings import SettingsTable
from metagen_gui.gui.program.engine import RunLibrary
from metagen_gui.gui.program.job import Broken, Completed, Job, Outcome
from metagen_gui.gui.widgets.plain_text import PlainLabel

if TYPE_CHECKING:
    from metagen_gui.engine.store.library import RunEntry

MOST_RUNS = 16
"""More curves than that nobody can tell apart."""
AGAIN = 2_000
"""Milliseconds between looks at runs that go on; more where a look takes long, so that it never takes a tenth."""


class RunComparison(QWidget):
    """Compares the runs it is given; it reads nothing while it is hidden."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("run_comparison")
        self._library: RunLibrary | None = None
        self._entries: list[RunEntry] = []
        self._known: Mapping[Path, RunCurves] = {}
        self._reader: Job | None = None
        self._stale = False
        self._alike = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._read)
        self.plot = ComparisonPlot(self)
        self.settings = SettingsTable(self)
        self.note = PlainLabel()
        self.note.setObjectName("comparison_note")
        self.note.setProperty("tone", "muted")
        self.note.setWordWrap(True)
        self.note.setContentsMargins(8, 0, 8, 4)
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.setChildrenCollapsible(False)
        self._lower = QWidget()
        rows = QVBoxLayout(self._lower)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.note)
        rows.addWidget(self.settings, 1)
        rows.addStretch()
        for part in (self.plot, self._lower):
            parts.addWidget(part)
        parts.setSizes([1500, 500])  # shares, of whatever room there is
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(parts)
        self._say()

    def set_library(self, library: RunLibrary) -> None:
        """Read with `library` from now on."""
        self._library = library

    def show_runs(self, entries: Sequence[RunEntry]) -> None:
        """Compare these runs, the first of them if there are very many."""
        chosen = list(entries)
        if chosen != self._entries:
            self._entries, self._stale = chosen, True
        if self._stale:
            self._read()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what was chosen while nobody looked."""
        super().showEvent(event)
        self._read()

    def wait(self) -> None:
        """Block until no thread is left: for the end of the program."""
        self._library = None
        if self._reader is not None:
            self._reader.wait()

    def _read(self) -> None:
        if self._library is None or self._reader is not None or not self.isVisible():
            return
        self._stale = False
        library, entries, known = self._library, self._entries[:MOST_RUNS], self._known
        self._reader = Job(lambda: read_comparison(library, entries, known))
        self._reader.ended.connect(self._end)
        self._reader.start()

    def _end(self, outcome: Outcome) -> None:
        self._reader = None
        if self._library is None:  # the program ends
            return
        if isinstance(outcome, Completed):
            self._known = outcome.value.curves
        if self._stale:  # others were chosen meanwhile
            self._read()
        elif isinstance(outcome, Completed):
            self._show(outcome.value)
        elif isinstance(outcome, Broken):
            self._say([translated(outcome.sentence)])

    def _show(self, found: Compared) -> None:
        names = names_of(found.entries, found.differences)
        self.plot.show_runs(list(found.curves.values()), names)
        told = told_by_name(found.entries, found.differences)
        if all(f"{label} {value}" in name for label, values in told for value, name in zip(values, names, strict=True)):
            told = []  # the legend says it all, and the plot may have the room
        self._alike = not found.differences
        self.settings.show_differences(names, told)
        self._say(found.problems)
        if any(entry.state == "running" for entry in found.entries):
            self._timer.start(max(AGAIN, round(10_000 * found.seconds)))

    def _say(self, problems: Sequence[str] = ()) -> None:
        said = list(problems)
        if len(self._entries) > MOST_RUNS:
            text = self.tr("The first {shown} of the {chosen} chosen runs.")
            said.append(text.format(shown=MOST_RUNS, chosen=f"{len(self._entries):,}"))
        if self.settings.rowCount():
            said.append(self.tr("Settings in which they differ:"))
        elif len(self._entries) > 1 and self._alike and not problems:
            said.append(self.tr("All settings are the same."))
        self.note.setText(" ".join(said))
        self._lower.setVisible(bool(said))
        self.settings.setVisible(self.settings.rowCount() > 0)
