"""The two questions about a run: what becomes of it when the window closes, and whether it may be deleted."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from metagen_gui.gui.run.progress import RunProgress
from metagen_gui.gui.run.status.words import how_far
from metagen_gui.gui.widgets.amounts import duration
from metagen_gui.gui.widgets.plain_text import PlainBox
from metagen_gui.gui.widgets.question import is_agreed


class Closing(Enum):
    """What to do with the run when the window is asked to close."""

    FINISH = "finish and quit"
    PAUSE = "pause and quit"
    KEEP_RUNNING = "keep running"


def ask_closing(parent: QWidget, progress: RunProgress) -> Closing:
    """Ask what becomes of the run that is going on; it goes on while the question is open."""
    box = PlainBox(parent)
    box.setObjectName("close_dialog")
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(_tr("A run is going on"))
    box.setText(_tr("The run is at {far}.").format(far=how_far(progress)))
    box.setInformativeText(_tr("Whatever is chosen, nothing that was learned is lost."))
    finish = box.addButton(_tr("&Finish and quit"), QMessageBox.ButtonRole.AcceptRole)
    finish.setToolTip(_tr("End the run here; its results are complete as they are"))
    pause = box.addButton(_tr("&Pause and quit"), QMessageBox.ButtonRole.DestructiveRole)
    pause.setToolTip(_tr("Save the run as it stands, and leave it there"))
    keep = box.addButton(_tr("&Keep running"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.setEscapeButton(keep)
    box.exec()
    answer = box.clickedButton()
    box.deleteLater()
    if answer is finish:
        return Closing.FINISH
    return Closing.PAUSE if answer is pause else Closing.KEEP_RUNNING


def ask_discarding(parent: QWidget, seconds: float, folder: Path | None) -> bool:
    """Ask whether the run may go to the trash."""
    box = PlainBox(parent)
    box.setObjectName("discard_dialog")
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle(_tr("Discard the run?"))
    box.setText(_tr("The run took {time}. Its folder goes to the trash.").format(time=duration(seconds)))
    box.setInformativeText(str(folder or ""))
    return is_agreed(box, _tr("&Discard"), _tr("&Keep"))


def _tr(text: str) -> str:
    return QCoreApplication.translate("CloseDialog", text)
