"""Faults that nobody caught: a log, one dialog with details to copy, and the window goes on."""

from __future__ import annotations

import sys
import threading
import traceback
from datetime import datetime
from pathlib import Path
from types import TracebackType

import appdirs
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from metagen_gui.engine.files import append_text
from metagen_gui.gui.program.job import one_sentence
from metagen_gui.gui.widgets.plain_text import PlainLabel

MOST_LOG_BYTES = 1_000_000


class FaultDialog(QDialog):
    """One sentence, and the details for whoever mends it."""

    def __init__(self, title: str, text: str, details: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("fault_dialog")
        self.setWindowTitle(title)
        label = PlainLabel(text, self)
        label.setWordWrap(True)
        self._details = QPlainTextEdit(details, self)
        self._details.setReadOnly(True)
        self._details.setAccessibleName(self.tr("Details"))
        self._details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        copy = buttons.addButton(self.tr("&Copy details"), QDialogButtonBox.ButtonRole.ActionRole)
        copy.setObjectName("copy_details_button")
        copy.clicked.connect(self._copy)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (label, self._details, buttons):
            layout.addWidget(widget)
        self.resize(680, 360)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._details.toPlainText())


class FaultHandler(QObject):
    """Takes exceptions that reach the top, in any thread, and shows them in the window's thread."""

    _happened = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._dialog: FaultDialog | None = None
        self._happened.connect(self._show)

    def install(self) -> None:
        """Become the handler of the main thread and of all others."""
        sys.excepthook = self.handle
        threading.excepthook = self._handle_in_thread

    def handle(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Log an exception and show it; `sys.excepthook`."""
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        print(details, file=sys.stderr, end="")
        write_log(details)
        self._happened.emit(one_sentence(error), details)

    def show_crash(self, last_words: str) -> None:
        """Tell that the program died when it last ran, and where it stood."""
        write_log(last_words)
        text = self.tr(
            "MetaGen stopped unexpectedly when it last ran. A run that was interrupted can be resumed.\n\n"
            "Where it stood is below, and in {log}"
        ).format(log=log_file())
        self._dialog = FaultDialog(self.tr("MetaGen stopped unexpectedly"), text, last_words)
        self._dialog.show()

    def _handle_in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self.handle(args.exc_type, args.exc_value, args.exc_traceback)

    def _show(self, sentence: str, details: str) -> None:
        # One dialog at a time: a fault in a paint event comes sixty times a second.
        if self._dialog is not None and self._dialog.isVisible():
            return
        text = self.tr(
            "Something went wrong in MetaGen: {what}\n\nThe window stays usable. Details are in {log}"
        ).format(what=sentence, log=log_file())
        self._dialog = FaultDialog(self.tr("A fault in MetaGen"), text, details)
        self._dialog.show()


def log_file() -> Path:
    """Return where faults of the window are written."""
    return Path(appdirs.user_log_dir("metagen", appauthor=False)) / "window.log"


def write_log(details: str) -> None:
    """Append to the log, which starts anew when it has grown large; a full disk must not raise here."""
    file = log_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        append_text(file, f"{datetime.now().isoformat(timespec='seconds')}\n{details}\n", MOST_LOG_BYTES)
    except OSError:
        return
