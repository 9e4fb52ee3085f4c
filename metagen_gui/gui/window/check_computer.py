"""*Check this computer*: what `metagen doctor` finds, as it is found, to be copied into a report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QProgressBar, QPushButton, QVBoxLayout, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.program.job import Broken, Completed, Job, Outcome, Refused
from metagen_gui.gui.widgets.plain_text import PlainLabel

if TYPE_CHECKING:
    from metagen_gui.engine.doctor.findings import Check, Findings


def examination() -> Iterator[Check | Findings]:
    """Look at this computer; called in a thread, where imports may take their time."""
    from metagen_gui.engine.doctor.examination import examine

    return examine()


class CheckComputerDialog(QDialog):
    """Begins at once, and stops when it is closed."""

    _came = Signal(object)

    def __init__(
        self, examine: Callable[[], Iterator[Check | Findings]] = examination, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("check_computer_dialog")
        self.setWindowTitle(self.tr("Check this computer"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._found: list[Findings] = []
        self.said = PlainLabel(self.tr("Preparing…"), self)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.text = QPlainTextEdit(self)
        self.text.setObjectName("check_computer_text")
        self.text.setAccessibleName(self.tr("What was found"))
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.close)
        self.copy_button = QPushButton(self.tr("&Copy"), self)
        self.copy_button.setObjectName("check_computer_copy")
        self.copy_button.setToolTip(self.tr("For a report: neither names nor folders of yours are in it"))
        self.copy_button.clicked.connect(self._copy)
        buttons.addButton(self.copy_button, QDialogButtonBox.ButtonRole.ActionRole)
        layout = QVBoxLayout(self)
        for part in (self.said, self.bar, self.text, buttons):
            layout.addWidget(part)
        self.resize(720, 560)
        self._came.connect(self._take)
        self._job: Job | None = Job(examine, self._came.emit)
        self._job.ended.connect(self._end)
        self._job.start()

    def _take(self, one: Check | Findings) -> None:
        from metagen_gui.engine.doctor.examination import CHECKS
        from metagen_gui.engine.doctor.findings import Findings

        self.bar.setRange(0, len(CHECKS))
        if isinstance(one, Findings):
            self._found.append(one)
            self.text.appendPlainText(one.text(translated))
            self.bar.setValue(len(self._found))
        else:
            self.said.setText(f"{translated(one.title)}…")

    def _end(self, outcome: Outcome) -> None:
        from metagen_gui.engine.doctor.findings import verdict

        self._job = None
        self.bar.hide()
        if isinstance(outcome, Completed):
            self.said.setText(translated(verdict(self._found)))
            self.text.appendPlainText(self.said.text())
        elif isinstance(outcome, Refused | Broken):
            self.said.setText(translated(outcome.sentence))

    def _copy(self) -> None:
        from metagen_gui.engine.doctor.findings import verdict

        # In English, as all that goes to whoever mends the program.
        text = "\n".join((*(one.text() for one in self._found), verdict(self._found)))
        QGuiApplication.clipboard().setText(text)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop looking; the thread ends by itself."""
        if self._job is not None:
            self._job.stop()
        super().closeEvent(event)
