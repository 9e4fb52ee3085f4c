from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QLabel, QLineEdit, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.engine.models.base import models
from metagen_gui.engine.settings.config import Config, Setting, setting, settings_of
from metagen_gui.gui.form.editors.editor_for import ModelChoices
from metagen_gui.gui.form.editors.rates import RateBox, RatesEditor
from metagen_gui.gui.form.editors.texts import PathEditor, PathLine
from metagen_gui.gui.form.numbers.box import IntegerBox, NumberBox
from metagen_gui.gui.form.row import SettingRow
from metagen_gui.gui.form.words import condition_of
from tests.gui.dummy_plugins import FolderSettings, SmoothSettings

CHOICES = ModelChoices(
    adapts={"context": ("context",), "all": ("context", "decoder")}, rates={"context": 1, "decoder": 0.01}
)


class RateSettings(Config):
    adapts: str = setting("default", "What adapts.", choices_from="model.adapts")
    rates: dict[str, float] = setting({}, "Rates.", choices_from="model.groups")


SETTINGS = {item.name: item for kind in (FolderSettings, SmoothSettings, RateSettings) for item in settings_of(kind)}
OTHER: dict[str, Any] = {
    "path": "/tmp/images",
    "title": "mine",
    "flip": True,
    "size": "16",
    "width": 1024,
    "loss": "r1_penalty",
    "weight": 0.5,
    "slope": -0.25,
    "adapts": "context + decoder",
    "rates": {"decoder": 0.5},
}


def make(qtbot: QtBot, name: str, value: Any = None) -> SettingRow:
    row = SettingRow(f"model.{name}", SETTINGS[name], CHOICES)
    qtbot.addWidget(row)
    row.show_setting(SETTINGS[name], SETTINGS[name].default if value is None else value)
    return row


def enter(row: SettingRow, value: Any) -> None:
    """Enter a value as a person or a program at the control does."""
    field: QWidget = row.editor.field
    match field:
        case QCheckBox():
            field.setChecked(value)
        case IntegerBox() | NumberBox():
            field.setValue(value)
        case QLineEdit():
            field.setText(value)
        case QComboBox() if field.isEditable():
            field.setEditText(value)
            row.editor.commit()
        case QComboBox():
            field.setCurrentIndex(field.findData(value))
        case _:
            for group, rate in value.items():
                field.findChild(RateBox, f"model.rates.{group}").setValue(rate)


@pytest.mark.parametrize("name", SETTINGS)
def test_an_edit_is_told_once_and_showing_is_not(qtbot: QtBot, name: str) -> None:
    row = make(qtbot, name)
    told: list[tuple[str, object]] = []
    row.edited.connect(lambda path, value: told.append((path, value)))
    enter(row, OTHER[name])
    assert told == [(f"model.{name}", OTHER[name])]
    row.show_setting(SETTINGS[name], OTHER[name])
    row.show_setting(SETTINGS[name], SETTINGS[name].default)
    assert len(told) == 1


@pytest.mark.parametrize("name", SETTINGS)
def test_reset_is_enabled_only_off_the_default(qtbot: QtBot, name: str) -> None:
    row = make(qtbot, name)
    assert not row.reset_button.isEnabled()
    row.show_setting(SETTINGS[name], OTHER[name])
    assert row.reset_button.isEnabled()
    with qtbot.waitSignal(row.reset) as told:
        row.reset_button.click()
    assert told.args == [f"model.{name}"]


@pytest.mark.parametrize("name", SETTINGS)
def test_row_explains_itself(qtbot: QtBot, name: str) -> None:
    row = make(qtbot, name)
    field = row.editor.field
    assert row.label.buddy() is field
    assert field.objectName() == f"model.{name}"
    assert field.accessibleName() == SETTINGS[name].label == row.label.text()
    assert SETTINGS[name].help in field.accessibleDescription()
    for widget in (row.label, field):
        assert SETTINGS[name].help in widget.toolTip()
    assert all(control.accessibleName() for control, _ in row.editor.controls())


def test_tooltip_holds_range_unit_default_and_live(qtbot: QtBot) -> None:
    width, weight = make(qtbot, "width"), make(qtbot, "weight")
    assert "Range: 1 to 4,096 units" in width.label.toolTip()
    assert "May change" not in width.label.toolTip()
    for fact in ("Range: 0.01 to 100", "Default: 10", "May change during a run"):
        assert fact in weight.label.toolTip()


def test_wrong_text_is_said_under_the_row_and_kept(qtbot: QtBot) -> None:
    row = make(qtbot, "width")
    box = row.editor.field
    assert isinstance(box, QSpinBox)
    box.selectAll()
    qtbot.keyClicks(box, "wide")
    assert row.message.text() == ""  # not before the person has finished
    with qtbot.assertNotEmitted(row.edited):
        qtbot.keyClick(box, Qt.Key.Key_Return)
    assert row.message.text() == "'wide' is not a number"
    assert row.mistyped
    row.show_setting(SETTINGS["width"], 400)  # an edit elsewhere shows everything again
    assert box.lineEdit().text() == "wide"
    assert row.reset_button.isEnabled()
    row.reset_button.click()
    assert (box.lineEdit().text(), row.message.text(), row.mistyped) == ("400", "", False)


def test_message_goes_as_soon_as_the_text_is_right(qtbot: QtBot) -> None:
    row = make(qtbot, "weight")
    box = row.editor.field
    assert isinstance(box, NumberBox)
    box.selectAll()
    qtbot.keyClicks(box, "1000")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert row.message.text() == "1,000 is too high; the highest value is 100"
    qtbot.keyClick(box, Qt.Key.Key_End)
    qtbot.keyClick(box, Qt.Key.Key_Backspace)
    assert row.message.text() == ""


def test_slider_and_box_go_together(qtbot: QtBot) -> None:
    row = make(qtbot, "weight")
    [(slider, _)] = row.editor.controls()
    with qtbot.waitSignal(row.edited) as told:
        slider.setProperty("value", 0)
    assert told.args == ["model.weight", 0.01]
    row.show_setting(SETTINGS["weight"], 100.0)
    assert slider.property("value") == slider.property("maximum")


def test_running_leaves_only_live_rows(qtbot: QtBot) -> None:
    live, fixed = make(qtbot, "weight"), make(qtbot, "width")
    for row in (live, fixed):
        row.set_running(True)
    assert live.editor.isEnabled() and not live.live_mark.isHidden()
    assert not fixed.editor.isEnabled() and fixed.live_mark.isHidden()
    assert "Fixed while a run is going on" in fixed.editor.field.toolTip()
    fixed.set_running(False)
    assert fixed.editor.isEnabled()
    assert "Fixed" not in fixed.editor.field.toolTip()


def test_search_finds_the_beginnings_of_words(qtbot: QtBot) -> None:
    row = make(qtbot, "loss")
    assert row.matches(["los"]) and row.matches(["which", "r1"]) and row.matches(["penalty"])
    assert not row.matches(["oss"]) and not row.matches(["loss", "width"])


def test_adapts_offers_the_models_ways(qtbot: QtBot) -> None:
    row = make(qtbot, "adapts")
    combo = row.editor.field
    assert isinstance(combo, QComboBox)
    assert [combo.itemText(index) for index in range(combo.count())] == ["default", "context", "all"]
    assert combo.itemData(2, Qt.ItemDataRole.ToolTipRole) == "context, decoder"


def test_rates_show_the_models_own_and_can_be_emptied(qtbot: QtBot) -> None:
    row = make(qtbot, "rates", {"decoder": 0.5})
    assert isinstance(row.editor, RatesEditor)
    context, decoder = row.editor.boxes.values()
    assert (context.text(), context.lineEdit().placeholderText(), decoder.text()) == ("", "1", "0.5")
    decoder.selectAll()
    qtbot.keyClick(decoder, Qt.Key.Key_Delete)
    with qtbot.waitSignal(row.edited) as told:
        qtbot.keyClick(decoder, Qt.Key.Key_Return)
    assert told.args == ["model.rates", {}]


def test_long_names_of_groups_are_shown_in_full(qtbot: QtBot) -> None:
    editor = RatesEditor("algorithm.group_rates", dict.fromkeys(models.get("gan").groups, 1.0))
    qtbot.addWidget(editor)
    editor.resize(260, 400)
    editor.show()
    labels = editor.findChildren(QLabel)
    assert len(labels) == len(models.get("gan").groups)
    for label in labels:
        assert label.hasHeightForWidth() and label.heightForWidth(label.width()) <= label.height()


def test_a_condition_of_many_numbers_is_a_range() -> None:
    many = setting(0.1, "A rate.", only_if={"steps": range(1, 21), "kind": ["a_b", "c", "d"]})
    (item,) = settings_of(type("Many", (Config,), {"__annotations__": {"rate": float}, "rate": many}))
    steps = Setting("steps", "Steps", "integer", 1, "")
    kind = Setting("kind", "Kind", "choice", "c", "", titles={"c": "C of its own"})
    says = condition_of(item, {"steps": steps, "kind": kind})
    assert says == "Has an effect only while Steps is 1 to 20 and Kind is a b or C of its own or d."


def test_path_is_browsed_for_and_dropped(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    row = make(qtbot, "path")
    editor, line = row.editor, row.editor.field
    assert isinstance(editor, PathEditor) and isinstance(line, PathLine)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "a.zip"), ""))
    told: list[object] = []
    row.edited.connect(lambda _, value: told.append(value))
    editor.folder_button.click()
    editor.zip_button.click()
    dropped = QMimeData()
    dropped.setUrls([QUrl.fromLocalFile(str(tmp_path / "b c"))])
    actions, button, key = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    line.dropEvent(QDropEvent(QPointF(1, 1), actions, dropped, button, key))
    assert told == [str(tmp_path), str(tmp_path / "a.zip"), str(tmp_path / "b c")]


def test_default_that_changes_is_followed_by_reset(qtbot: QtBot) -> None:
    row = make(qtbot, "width", 512)
    item = SETTINGS["width"]
    row.show_setting(Setting(**{**vars(item), "default": 512}), 512)
    assert not row.reset_button.isEnabled()
    assert "Default: 512" in row.label.toolTip()
