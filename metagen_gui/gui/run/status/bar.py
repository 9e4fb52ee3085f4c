"""The line at the bottom: one plain sentence of what is happening, and how far it is."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QDesktopServices
from PySide6.QtWidgets import QProgressBar, QStatusBar, QToolButton, QWidget

from metagen_gui.gui.run.progress import RunProgress
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.widgets.fitting_label import FittingLabel


class StatusBar(QStatusBar):
    """Sentence, progress, and the way to the results when there are any."""

    details_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status_bar")
        self._folder: Path | None = None
        self._label = FittingLabel(self)
        self._label.setObjectName("status_label")
        self._label.setAccessibleName(self.tr("What is happening"))
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setContentsMargins(8, 0, 8, 0)
        self._bar = QProgressBar(self)
        self._bar.setObjectName("progress_bar")
        self._bar.setAccessibleName(self.tr("Progress of the run"))
        self._bar.setFixedSize(QSize(220, 14))
        self._bar.setTextVisible(False)
        self._details = self._button(self.tr("Details…"), self.tr("Show what went wrong, to copy it"))
        self._details.clicked.connect(self.details_wanted)
        self._open = self._button(self.tr("Open folder"), self.tr("Open the folder with the results of the run"))
        self._open.setObjectName("open_folder_button")
        self._open.clicked.connect(self._open_folder)
        self.addWidget(self._label, 1)
        for widget in (self._details, self._open, self._bar):
            self.addPermanentWidget(widget)
        self.show_state(RunState.LOADING, "", RunProgress())

    def text(self) -> str:
        """Return the sentence in full; a narrow window shows the beginning of it."""
        return self._label.full_text

    def show_state(self, state: RunState, text: str, progress: RunProgress, *, stepping: bool = False) -> None:
        """Show `text`, and what belongs to `state`."""
        self._label.set_full_text(text)
        self._folder = progress.folder if state in (RunState.DONE, RunState.FAILED) else None
        self._open.setVisible(self._folder is not None)
        self._details.setVisible(state is RunState.FAILED)
        self._bar.setVisible(state not in (RunState.IDLE, RunState.DONE, RunState.FAILED))
        unknown = state in (RunState.LOADING, RunState.PREPARING, RunState.FINISHING) or stepping
        # Qt shows a moving bar for the empty range.
        self._bar.setRange(0, 0 if unknown else max(1, progress.meta_steps))
        self._bar.setValue(progress.meta_step)

    def announce(self) -> None:
        """Let a screen reader read the sentence; for changes of state, not for every figure."""
        QAccessible.updateAccessibility(QAccessibleEvent(self._label, QAccessible.Event.NameChanged))

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(tip)
        button.setAutoRaise(True)
        button.setVisible(False)
        return button

    def _open_folder(self) -> None:
        if self._folder:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))
