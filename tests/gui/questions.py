"""Answers to questions that a window asks."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox


def answer(text: str) -> None:
    """Press the button with this text of the question that comes next."""

    def choose() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        next(found for found in box.buttons() if text in found.text().replace("&", "")).click()

    QTimer.singleShot(50, choose)
