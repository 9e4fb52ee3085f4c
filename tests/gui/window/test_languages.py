"""The window in a language longer than English, every text of it in brackets: nothing is left, nothing clipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QGroupBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QTabBar,
    QTableWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.languages.spoken import PSEUDO, speak
from metagen_gui.gui.form.words import in_words
from metagen_gui.gui.program.language import speak_in_window
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.widgets.elided_label import ElidedLabel
from metagen_gui.gui.widgets.fitting_label import FittingLabel
from metagen_gui.gui.widgets.plain_text import without_mnemonic
from metagen_gui.gui.window.main_window import MainWindow
from tests.engine.languages.left import is_english
from tests.gui.every_dialog import every_dialog
from tests.gui.stand_ins import FakeTraining, engine

THEIR_OWN = {"Cancel", "English"}
"""What Qt says by itself, in every language that it has, and what a language is called by those who speak it."""
SOURCES = {"reference", "paper", "device_picker"}
"""Object names of what shows sources, and names that a computer has for itself."""


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    monkeypatch.setenv("METAGEN_LANGUAGE", PSEUDO)
    settings = WindowSettings(tmp_path / "window.ini")
    speak_in_window(qapp, settings)
    made = MainWindow(settings, lambda: engine(FakeTraining(tmp_path), tmp_path))
    qtbot.addWidget(made)
    made.show()
    made.resize(1280, 800)
    qtbot.waitUntil(lambda: made.controller.state is RunState.IDLE)
    made.wait()
    yield made
    speak("en")
    for translator in qapp.findChildren(QTranslator):
        qapp.removeTranslator(translator)


def texts(whole: QWidget) -> Iterator[tuple[QWidget, str]]:
    """Yield what can be read in a window, with the widget that shows it."""
    for widget in [whole, *whole.findChildren(QWidget)]:
        if not widget.isVisibleTo(whole):
            continue
        yield widget, widget.toolTip()
        if isinstance(widget, QAbstractButton | QLabel):
            yield widget, widget.text()
        elif isinstance(widget, QGroupBox):
            yield widget, widget.title()
        elif isinstance(widget, QTabBar):
            yield from ((widget, widget.tabText(place)) for place in range(widget.count()))
        elif isinstance(widget, QComboBox) and not widget.isEditable():
            yield from ((widget, widget.itemText(place)) for place in range(widget.count()))
        elif isinstance(widget, QLineEdit):
            yield widget, widget.placeholderText()
        elif isinstance(widget, QTableWidget):
            heads = (widget.horizontalHeaderItem(place) for place in range(widget.columnCount()))
            yield from ((widget, head.text()) for head in heads if head is not None)


def left_in_english(whole: QWidget) -> list[str]:
    return [
        f"{type(widget).__name__} {widget.objectName()}: {text!r}"
        for widget, text in texts(whole)
        if widget.objectName() not in SOURCES and text not in THEIR_OWN and is_english(text)
    ]


def clipped(whole: QWidget) -> list[str]:
    """Name buttons and labels that are narrower than their text, but for those that say so with an ellipsis."""
    found = []
    for widget in whole.findChildren(QWidget):
        if not widget.isVisibleTo(whole) or isinstance(widget, ElidedLabel | FittingLabel):
            continue
        if isinstance(widget, QLabel) and not widget.wordWrap() and "<" not in widget.text():
            shown = widget.text() if widget.buddy() is None else without_mnemonic(widget.text())
            wanted = max(map(widget.fontMetrics().horizontalAdvance, shown.split("\n")))
        elif isinstance(widget, QPushButton):
            wanted = widget.fontMetrics().horizontalAdvance(widget.text().replace("&", ""))
        else:
            continue
        if wanted > widget.width() + 2:
            found.append(f"{type(widget).__name__} {widget.objectName()}, {widget.width()} px: {widget.text()!r}")
    return found


def test_every_text_of_the_window_and_its_tools_is_translated_and_none_clipped(window: MainWindow) -> None:
    window.panel.column.set_expert(True)
    for tasks, model, algorithm in (("densities", "gan", "reptile"), ("images", "vae", "leo")):
        window.panel.set_experiment(Experiment(tasks=tasks, model=model, algorithm=algorithm))
        assert not left_in_english(window), "\n".join(left_in_english(window))
        assert not clipped(window), "\n".join(clipped(window))
    actions = [action for action in window.findChildren(QAction) if action.text() and action.parent() is window]
    assert [action.text() for action in actions if is_english(action.text())] == []
    for name, tool in window.tools.by_name.items():
        window.actions_by_name[name].trigger()
        assert not left_in_english(tool), "\n".join(left_in_english(tool))
    (loss,) = (item for item in Experiment(model="gan").settings("model") if item.name == "loss")
    assert "wgan_gp" in in_words(loss).choices and in_words(loss).called("wgan_gp").startswith("⟦")


def test_every_text_of_the_dialogs_is_translated_and_none_clipped(window: MainWindow) -> None:
    faults, met = list[str](), 0
    for dialog in every_dialog(window):
        faults += [f"{type(dialog).__name__}: {fault}" for fault in (*left_in_english(dialog), *clipped(dialog))]
        met += 1
    assert not faults, "\n".join(faults)
    assert met > 15
