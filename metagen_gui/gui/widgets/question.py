"""A question before something is lost."""

from __future__ import annotations

from PySide6.QtWidgets import QMessageBox


def is_agreed(box: QMessageBox, do: str, leave: str) -> bool:
    """Ask what `box` asks, about something that is lost by it; return whether the answer is `do`. Escape leaves."""
    doing = box.addButton(do, QMessageBox.ButtonRole.DestructiveRole)
    keep = box.addButton(leave, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.setEscapeButton(keep)
    box.exec()
    answer = box.clickedButton()
    box.deleteLater()
    return answer is doing
