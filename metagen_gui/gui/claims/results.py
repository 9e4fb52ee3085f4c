"""What came of a test: verdicts at the left, curves and samples at the right, the report a click away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QTabWidget, QVBoxLayout, QWidget

from metagen_gui.gui.claims.plane import ClaimsPlane
from metagen_gui.gui.claims.plot import ClaimsPlot
from metagen_gui.gui.claims.samples import ClaimsSamples
from metagen_gui.gui.claims.verdicts import ClaimsVerdicts
from metagen_gui.gui.claims.words import titles
from metagen_gui.gui.widgets.amounts import duration
from metagen_gui.gui.widgets.plain_text import PlainLabel, plain_tip

if TYPE_CHECKING:
    from pathlib import Path

    from metagen_gui.engine.claims.examination.events import ClaimsFinished


class ClaimsResults(QWidget):
    """Shows the findings of one test."""

    again_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("claims_results")
        self._report: Path | None = None
        self.title = PlainLabel(parent=self)
        self.title.setWordWrap(True)
        self.verdicts, self.plot, self.samples = ClaimsVerdicts(), ClaimsPlot(), ClaimsSamples()
        self.plane = ClaimsPlane()
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(self.tr("Curves and samples"))
        self.tabs.tabBar().setAccessibleName(self.tabs.accessibleName())
        self.tabs.addTab(self.plot, self.tr("&Curves"))
        self.tabs.addTab(self.samples, self.tr("Sa&mples"))
        self.tabs.addTab(self.plane, self.tr("Di&versity"))
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.addWidget(self.verdicts)
        halves.addWidget(self.tabs)
        self.verdicts.setMinimumWidth(300)
        halves.setSizes([430, 620])
        halves.setStretchFactor(1, 1)
        foot = QHBoxLayout()
        self.report_button = self._button(
            "report", self.tr("Open &report"), self.tr("Open the whole report in the browser: one file, to be sent on")
        )
        self.folder_button = self._button(
            "folder", self.tr("Open fol&der"), self.tr("Show the report, tables and runs of this test")
        )
        self.again_button = self._button("again", self.tr("&New test…"), self.tr("Choose what to test next"))
        foot.addWidget(self.report_button)
        foot.addWidget(self.folder_button)
        foot.addStretch(1)
        foot.addWidget(self.again_button)
        self.report_button.clicked.connect(self._open_report)
        self.folder_button.clicked.connect(self._open_folder)
        self.again_button.clicked.connect(self.again_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.title)
        column.addWidget(halves, 1)
        column.addLayout(foot)

    @property
    def folder(self) -> Path | None:
        """The folder of the test that is shown."""
        return self._report.parent if self._report is not None else None

    def show_result(self, finished: ClaimsFinished, seconds: float | None) -> None:
        """Show what was found; `seconds` is what it took since it was asked for, None if it was taken up later."""
        from metagen_gui.engine.claims.best_possible import sentences

        found = finished.findings
        self._report = finished.report
        said = self.tr("{titles}: {tasks} held-out tasks, {seeds}.")
        count = len(found.plan.settings.seeds)
        one = self.tr("one seed, and another training might come out otherwise")
        seeds = one if count == 1 else self.tr("{0} seeds").format(count)
        took = "" if seconds is None else " " + self.tr("Done in {time}.").format(time=duration(seconds))
        names, tasks = titles(found.plan.experiment), f"{found.plan.settings.tasks:,}"
        self.title.setText(said.format(titles=names, tasks=tasks, seeds=seeds) + took)
        self.folder_button.setToolTip(plain_tip(str(finished.report.parent)))
        self.verdicts.show_verdicts(found.verdicts, found.plan.settings.claims, [*sentences(found.gaps)])
        self.plot.show_findings(found)
        self.samples.show_findings(found)
        self.plane.show_findings(found)
        self.tabs.setTabVisible(self.tabs.indexOf(self.plane), self.plane.has_places)

    def _button(self, name: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(f"claims_{name}")
        button.setToolTip(tip)
        button.setAutoDefault(False)
        button.setMinimumHeight(34)
        return button

    def _open_report(self) -> None:
        if self._report is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._report)))

    def _open_folder(self) -> None:
        if self._report is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._report.parent)))
