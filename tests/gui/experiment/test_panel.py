from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QSpinBox
from pytestqt.qtbot import QtBot

from metagen_gui.engine import experiment
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.config import parse_settings
from metagen_gui.gui.experiment.panel import ExperimentPanel
from metagen_gui.gui.form.numbers.text import read_number
from metagen_gui.gui.widgets.quiet_pages import Skeleton
from tests.gui.experiment.conftest import number, pick, row

# Offscreen windows take no size hints, and say so.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def test_placeholder_until_there_is_an_experiment(qtbot: QtBot) -> None:
    panel = ExperimentPanel()
    qtbot.addWidget(panel)
    panel.show()
    skeleton = panel.findChild(Skeleton)
    assert skeleton is not None and skeleton.isVisible()
    assert not panel.column.isVisible()
    with pytest.raises(RuntimeError):
        panel.experiment()


def test_an_edit_makes_a_new_experiment(panel: ExperimentPanel, qtbot: QtBot) -> None:
    before = panel.experiment()
    with qtbot.waitSignal(panel.experiment_changed) as told:
        number(panel, "algorithm.inner_lr").setValue(0.5)
    assert told.args == [panel.experiment()]
    assert panel.experiment().values["algorithm"] == {"inner_lr": 0.5}
    assert before.values["algorithm"] == {}
    assert panel.column.sections["algorithm"].note.text() == "1 changed"


def test_undo_and_redo_show_again(panel: ExperimentPanel) -> None:
    box, first = number(panel, "algorithm.inner_lr"), panel.experiment()
    box.setValue(0.5)
    pick(panel, "model", "rough")
    panel.undo_stack.undo()
    assert panel.experiment().model == "smooth"
    panel.undo_stack.undo()
    assert panel.experiment() == first
    assert box.value() == 0.1
    panel.undo_stack.redo()
    assert box.value() == 0.5


def test_one_gesture_is_undone_at_once_two_are_not(panel: ExperimentPanel) -> None:
    box = number(panel, "algorithm.inner_lr")
    box.setValue(0.2)
    box.setValue(0.3)
    row(panel, "algorithm.inner_lr").settled.emit()
    box.setValue(0.4)
    panel.undo_stack.undo()
    assert box.value() == 0.3
    panel.undo_stack.undo()
    assert box.value() == 0.1
    assert not panel.undo_stack.canUndo()


def test_reset_returns_to_the_default_and_a_default_is_no_value(panel: ExperimentPanel) -> None:
    box = number(panel, "algorithm.inner_lr")
    box.setValue(0.5)
    row(panel, "algorithm.inner_lr").reset_button.click()
    assert panel.experiment().values["algorithm"] == {}
    assert box.value() == 0.1
    box.setValue(0.5)
    box.setValue(0.1)
    assert panel.experiment().values["algorithm"] == {}


def test_what_the_engine_refuses_changes_nothing(panel: ExperimentPanel, qtbot: QtBot) -> None:
    before = panel.experiment()
    adapts = panel.findChild(QComboBox, "algorithm.adapts")
    adapts.setFocus()
    adapts.lineEdit().selectAll()
    qtbot.keyClicks(adapts.lineEdit(), "kitchen")
    qtbot.keyClick(adapts.lineEdit(), Qt.Key.Key_Return)
    assert panel.experiment() == before
    assert adapts.currentText() == "kitchen"
    assert panel.mistyped() is not None
    assert panel.mistyped()[0] == "algorithm.adapts"


def test_what_is_being_typed_counts(panel: ExperimentPanel, qtbot: QtBot) -> None:
    box = number(panel, "algorithm.inner_lr")
    box.setFocus()
    qtbot.waitUntil(box.hasFocus)
    box.selectAll()
    qtbot.keyClicks(box, "2e-2")
    assert panel.experiment().values["algorithm"] == {"inner_lr": 0.02}
    box.selectAll()
    qtbot.keyClicks(box, "-1")
    assert panel.mistyped() == ("algorithm.inner_lr", "-1 is too low; the lowest value is 0")
    assert panel.experiment().values["algorithm"] == {"inner_lr": 0.02}
    assert box.lineEdit().text() == "-1"


def test_conditional_rows_come_and_go(panel: ExperimentPanel) -> None:
    weight, loss = row(panel, "model.weight"), panel.findChild(QComboBox, "model.loss")
    assert weight.isHidden()
    loss.setCurrentIndex(loss.findData("r1_penalty"))
    assert weight.isVisible()
    loss.setCurrentIndex(loss.findData("hinge"))
    panel.column.search_bar.line.setText("weight")
    assert weight.isVisible() and not weight.editor.isEnabled()
    assert "only while Loss is r1 penalty" in weight.label.toolTip()


def test_expert_rows(panel: ExperimentPanel, qtbot: QtBot) -> None:
    slope = row(panel, "model.slope")
    assert slope.isHidden()
    with qtbot.waitSignal(panel.column.expert_changed):
        panel.column.set_expert(True)
    assert slope.isVisible()
    number(panel, "model.slope").setValue(0.5)
    panel.column.set_expert(False)
    assert slope.isVisible()  # changed: it must not work in the dark
    slope.reset_button.click()
    assert slope.isHidden()


def test_search_crosses_all_forms(panel: ExperimentPanel) -> None:
    search = panel.column.search_bar
    panel.column.sections["algorithm"].set_open(False)
    search.line.setText("LEARNING rate")
    shown = {each.path for each in panel.column.rows() if each.isVisible()}
    assert {"algorithm.inner_lr", "training.outer_lr"} <= shown
    assert not shown & {"training.seed", "model.width"}
    assert not panel.column.sections["tasks"].isVisible()
    search.line.setText("nonesuch")
    said = [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]
    assert "No setting matches “nonesuch”." in said
    search.clear()
    assert row(panel, "training.seed").isVisible()
    assert not row(panel, "algorithm.inner_lr").isVisible()  # folded as before


def test_problem_is_shown_at_its_row(panel: ExperimentPanel, qtbot: QtBot) -> None:
    panel.resize(360, 300)
    panel.column.sections["model"].set_open(False)
    panel.column.search_bar.line.setText("seed")
    panel.show_problem("model.slope", "too steep")
    slope = row(panel, "model.slope")
    assert slope.message.text() == "too steep"
    assert slope.message.isVisible()
    qtbot.waitUntil(number(panel, "model.slope").hasFocus)
    area = panel.column._scroll.viewport()
    qtbot.waitUntil(lambda: area.rect().contains(slope.mapTo(area, slope.rect().center())))
    panel.clear_problem()
    assert slope.message.text() == ""


def test_problem_of_a_section_and_of_no_row(panel: ExperimentPanel) -> None:
    panel.show_problem("tasks", "no folder")
    assert panel.column.sections["tasks"].message.text() == "no folder"
    panel.show_problem("a.json", "not JSON")
    assert panel.column.message.text() == "a.json: not JSON"
    assert panel.column.sections["tasks"].message.text() == ""
    panel.clear_problem()
    assert panel.column.message.isHidden()


def test_problem_of_one_row_outlives_an_edit_of_another(panel: ExperimentPanel) -> None:
    panel.show_problem("tasks.path", "no such folder")
    number(panel, "algorithm.inner_lr").setValue(0.5)
    assert row(panel, "tasks.path").message.text() == "no such folder"
    row(panel, "tasks.path").editor.field.setProperty("text", "/elsewhere")
    panel.setFocus()
    assert panel.experiment().values["tasks"] == {"path": "/elsewhere"}
    assert row(panel, "tasks.path").message.text() == ""


def test_running_leaves_live_settings_and_tells_of_them(panel: ExperimentPanel) -> None:
    told: list[tuple[str, object]] = []
    panel.live_change.connect(lambda path, value: told.append((path, value)))
    number(panel, "algorithm.inner_lr").setValue(0.2)
    assert told == []
    panel.set_running(True)
    assert not panel.findChild(QComboBox, "model_picker").isEnabled()
    assert not panel.findChild(QSpinBox, "training.seed").isEnabled()
    assert not panel.undo_stack.canUndo()  # what the run uses cannot be undone under it
    number(panel, "algorithm.inner_lr").setValue(0.3)
    panel.undo_stack.undo()
    row(panel, "algorithm.inner_lr").reset_button.click()
    assert told == [("algorithm.inner_lr", value) for value in (0.3, 0.2, 0.1)]
    panel.set_running(False)
    assert panel.findChild(QSpinBox, "training.seed").isEnabled()
    panel.undo_stack.undo()
    panel.undo_stack.undo()
    assert panel.experiment().values["algorithm"] == {}
    assert not panel.undo_stack.canUndo()


def test_a_preset_can_be_undone_a_file_cannot(panel: ExperimentPanel, qtbot: QtBot) -> None:
    first, other = panel.experiment(), Experiment("plain", "rough", "descent")
    panel.replace_experiment(other, "Preset: rough")
    assert panel.experiment() == other
    panel.undo_stack.undo()
    assert panel.experiment() == first
    with qtbot.assertNotEmitted(panel.experiment_changed):
        panel.set_experiment(other)
    assert not panel.undo_stack.canUndo()


@pytest.mark.parametrize(
    ("first", "then"),
    [("training.meta_steps", "training.meta_batch_size"), ("algorithm.adaptation_steps", "algorithm.adapts")],
)
def test_focus_walks_through_the_rows_in_their_order(
    panel: ExperimentPanel, qtbot: QtBot, first: str, then: str
) -> None:
    pick(panel, "model", "rough")  # makes rows of the algorithm's form anew
    box = panel.findChild(QSpinBox, first)
    box.setFocus()
    qtbot.waitUntil(box.hasFocus)
    qtbot.keyClick(box, Qt.Key.Key_Tab)
    focused = QApplication.focusWidget()
    assert focused is not None and focused.objectName() == then


@pytest.mark.parametrize("width", [320, 420])
def test_nothing_is_wider_than_the_column(panel: ExperimentPanel, width: int) -> None:
    panel.column.set_expert(True)
    panel.resize(width, 900)
    QApplication.processEvents()
    page = panel.column._scroll
    assert page.widget().width() <= page.viewport().width()
    shown = [each for each in panel.column.rows() if each.isVisible()]
    assert len(shown) > 20
    for each in shown:
        assert each.minimumSizeHint().width() <= each.width(), each.path


def test_an_edit_is_checked_once(panel: ExperimentPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    read: list[str] = []

    def parse(config: type[Any], values: Any, where: str) -> Any:
        checked.append(where)
        return parse_settings(config, values, where)

    monkeypatch.setattr(experiment, "parse_settings", parse)
    box = number(panel, "algorithm.inner_lr")
    monkeypatch.setattr(box, "read", lambda text: read.append(text) or read_number(text))
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "0.07")
    assert read == ["0", "0.", "0.0", "0.07"], "a keystroke is read once"
    assert checked == [], "and the experiment is not looked at before the person has finished"
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert panel.experiment().values["algorithm"] == {"inner_lr": 0.07}
    assert checked == ["algorithm"], "an edit is checked once, and so is only what it changes"
