from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

from metagen_gui.engine.store.library import RunEntry
from metagen_gui.gui.library.model import RunsModel
from metagen_gui.gui.library.panel import RunsPanel
from metagen_gui.gui.library.words import COLUMNS, PLACES, STATES, run_date

ROWS = QItemSelectionModel.SelectionFlag.Rows | QItemSelectionModel.SelectionFlag.Select


def entry(name: str, **more: object) -> RunEntry:
    known = {"state": "stopped", "algorithm": "maml", "model": "vae", "tasks": "strokes", "resumable": True}
    return RunEntry(Path("/runs") / name, name, **{**known, **more})  # type: ignore[arg-type]


@pytest.fixture
def panel(qtbot: QtBot) -> RunsPanel:
    made = RunsPanel()
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    return made


def shown(panel: RunsPanel, column: str = "name") -> list[str]:
    model = panel.table.model()
    return [str(model.index(row, PLACES[column]).data()) for row in range(model.rowCount())]


def choose(panel: RunsPanel, *names: str) -> None:
    panel.table.clearSelection()
    for row, name in enumerate(shown(panel)):
        if name in names:
            panel.table.selectionModel().select(panel.table.model().index(row, 0), ROWS)


def test_the_newest_run_comes_first_and_a_click_sorts_by_another_column(panel: RunsPanel) -> None:
    panel.set_runs([entry("old", began=1e9, best=0.5), entry("new", began=2e9, best=0.7), entry("odd", began=0.0)])
    assert shown(panel) == ["new", "old", "odd"]
    panel.table.sortByColumn(PLACES["best"], Qt.SortOrder.AscendingOrder)
    assert shown(panel) == ["old", "new", "odd"]
    panel.table.sortByColumn(PLACES["best"], Qt.SortOrder.DescendingOrder)
    assert shown(panel) == ["new", "old", "odd"], "what has no value comes last either way"


def test_steps_are_sorted_as_numbers(panel: RunsPanel) -> None:
    panel.set_runs([entry(str(step), meta_step=step, meta_steps=2000) for step in (900, 1000, 80)])
    panel.table.sortByColumn(PLACES["steps"], Qt.SortOrder.AscendingOrder)
    assert shown(panel) == ["80", "900", "1000"]


def test_the_filter_looks_for_every_word_in_all_columns(panel: RunsPanel) -> None:
    panel.set_runs([entry("a", algorithm="reptile", note="Slow one"), entry("b", algorithm="reptile"), entry("c")])
    panel.line.setText("REPTILE slow")
    assert shown(panel) == ["a"]
    assert "1 of 3" in panel._count.text()
    panel.line.setText("nowhere")
    assert not panel.table.isVisible() and "nowhere" in panel._empty.text
    panel.line.clear()
    assert len(shown(panel)) == 3 and panel.table.isVisible()


def test_a_run_that_changes_its_words_joins_those_filtered(panel: RunsPanel) -> None:
    panel.set_runs([entry("a"), entry("b")])
    panel.line.setText("finished")
    panel.set_runs([entry("a"), entry("b", state="finished")])
    assert shown(panel) == ["b"]


def test_without_runs_a_sentence_says_how_to_get_one(panel: RunsPanel) -> None:
    assert panel._empty.text == "Looking for runs…"
    panel.set_runs([])
    assert not panel.table.isVisible()
    assert "Press Start" in panel._empty.text
    panel.set_runs([entry("a")])
    assert panel.table.isVisible()


def test_the_choice_stays_while_runs_come_go_and_change(panel: RunsPanel) -> None:
    panel.set_runs([entry("a", began=1), entry("b", began=2), entry("c", began=3)])
    choose(panel, "b")
    panel.set_runs([entry("new", began=9), entry("b", began=2, meta_step=7), entry("c", began=3)])
    (kept,) = panel.chosen()
    assert kept.name == "b" and kept.meta_step == 7
    panel.set_runs([entry("c", began=3)])
    assert panel.chosen() == []


def test_a_name_that_is_being_typed_survives_a_look_at_the_disk(qtbot: QtBot, panel: RunsPanel) -> None:
    panel.set_runs([entry("a", began=1), entry("b", began=2)])
    choose(panel, "a")
    told: list[tuple[str, str, str]] = []
    panel.edited.connect(lambda run, column, text: told.append((run.name, column, text)))
    panel.actions_by_name["rename"].trigger()
    editor = panel.table.findChild(QLineEdit)
    assert isinstance(editor, QLineEdit) and editor.text() == "a"
    qtbot.keyClicks(editor, "better")
    panel.set_runs([entry("a", began=1, meta_step=5), entry("b", began=2), entry("c", began=3)])
    assert editor.text() == "better"
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: told == [("a", "name", "better")])


def test_return_and_delete_in_an_editor_do_nothing_to_the_run(qtbot: QtBot, panel: RunsPanel) -> None:
    asked: list[str] = []
    panel.asked.connect(lambda name, runs: asked.append(name))
    panel.set_runs([entry("a")])
    choose(panel, "a")
    panel.activateWindow()
    panel.take_focus()
    qtbot.waitUntil(panel.table.hasFocus)
    panel.actions_by_name["note"].trigger()
    editor = panel.table.findChild(QLineEdit)
    assert isinstance(editor, QLineEdit)
    qtbot.waitUntil(editor.hasFocus)
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_Return):
        qtbot.keyClick(editor, key)
    qtbot.waitUntil(panel.table.hasFocus)
    assert asked == []


def test_keys_of_the_table_ask_for_what_they_say(qtbot: QtBot, panel: RunsPanel) -> None:
    asked: list[tuple[str, list[str]]] = []
    panel.asked.connect(lambda name, runs: asked.append((name, [run.name for run in runs])))
    panel.set_runs([entry("a")])
    panel.activateWindow()
    panel.take_focus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is panel.table)
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    qtbot.keyClick(panel.table, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert asked == [("trash", ["a"]), ("resume", ["a"])]


@pytest.mark.parametrize(
    ("changed", "at_rest", "forbidden"),
    [
        ({"state": "running", "resumable": False}, True, {"trash", "duplicate", "resume", "move"}),
        ({"state": "running", "resumable": False, "host": "gpu"}, True, {"trash", "duplicate"}),
        ({"state": "unreadable", "resumable": False}, True, {"branch", "look", "open", "resume", "score", "move"}),
        ({}, False, {"resume", "branch", "look", "open", "move"}),
        ({}, True, set()),
    ],
)
def test_only_what_fits_a_run_can_be_asked_for(
    panel: RunsPanel, changed: dict[str, object], at_rest: bool, forbidden: set[str]
) -> None:
    panel.set_runs([entry("a", **changed), entry("b")])
    panel.set_at_rest(at_rest)
    choose(panel, "a")
    assert {name for name, action in panel.actions_by_name.items() if not action.isEnabled()} == forbidden


def test_of_several_runs_only_what_makes_sense(panel: RunsPanel) -> None:
    panel.set_runs([entry("a"), entry("b")])
    choose(panel, "a", "b")
    assert {name for name, action in panel.actions_by_name.items() if action.isEnabled()} == {
        "compare", "score", "thrown", "trash"
    }  # fmt: skip
    panel.set_runs([entry("a"), entry("b", state="running")])
    assert not panel.actions_by_name["trash"].isEnabled()


def test_a_state_is_told_by_word_and_shape(panel: RunsPanel) -> None:
    assert len({look.icon for look in STATES.values()}) == len({look.word for look in STATES.values()}) == len(STATES)
    panel.set_runs([entry("a", state="failed", problem="losses have not been finite")])
    cell = panel.model.index(0, PLACES["state"])
    assert cell.data() == "failed" and not cell.data(Qt.ItemDataRole.DecorationRole).isNull()
    assert "losses have not been finite" in cell.data(Qt.ItemDataRole.ToolTipRole)


def test_every_button_has_a_name_a_tip_and_takes_the_keyboard(panel: RunsPanel) -> None:
    buttons = [found for found in panel.findChildren(QToolButton) if found.objectName().startswith("runs_")]
    assert [button.text() for button in buttons] == ["Resume", "Branch from…", "Compare", "More"], "words, not icons"
    assert set(panel.actions_by_name.values()) <= set(buttons[-1].menu().actions())
    for button in buttons:
        assert button.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonTextOnly
        assert button.accessibleName() and button.toolTip()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_names_and_notes_over_several_lines_stay_in_theirs(panel: RunsPanel) -> None:
    panel.set_runs([entry("two\nlines", note="first\nsecond", began=float("inf"))])
    assert shown(panel) == ["two lines"] and shown(panel, "note") == ["first second"]
    assert shown(panel, "date") == [""]


def test_columns_grow_with_the_type(qtbot: QtBot, panel: RunsPanel) -> None:
    panel.set_runs([entry("a")])
    before = panel.table.columnWidth(PLACES["state"])
    panel.setStyleSheet("QWidget { font-size: 20pt; }")
    qtbot.waitUntil(lambda: panel.table.columnWidth(PLACES["state"]) > 1.5 * before)


def test_no_date_breaks_the_table() -> None:
    assert [run_date(odd) for odd in (0.0, -5.0, 1e30, float("nan"), float("inf"))] == [""] * 5


def test_only_names_and_notes_can_be_edited_and_only_a_change_is_told(qtbot: QtBot) -> None:
    model = RunsModel()
    model.set_entries([entry("a", note="n")])
    editable = [
        column.name for place, column in enumerate(COLUMNS)
        if model.flags(model.index(0, place)) & Qt.ItemFlag.ItemIsEditable
    ]  # fmt: skip
    assert editable == ["name", "note"]
    told: list[str] = []
    model.edited.connect(lambda run, column, text: told.append(text))
    assert not model.setData(model.index(0, PLACES["note"]), "n")
    assert model.setData(model.index(0, PLACES["note"]), "m")
    assert told == ["m"]
    model.put(replace(entry("a"), note="m"))
    assert model.index(0, PLACES["note"]).data() == "m"


def test_a_name_is_shown_to_the_letter_in_the_tip(qtbot: QtBot) -> None:
    model = RunsModel()
    model.set_entries([entry("<img src='x'>")])
    assert "&lt;img" in model.data(model.index(0, 0), Qt.ItemDataRole.ToolTipRole)


def test_plugins_go_by_their_titles_and_are_found_by_either_name(panel: RunsPanel) -> None:
    panel.set_runs([entry("a", algorithm="meta_sgd"), entry("b", algorithm="of another package")])
    cells = [panel.model.index(row, PLACES["algorithm"]).data() for row in range(2)]
    assert cells == ["Meta-SGD", "of another package"]
    for sought in ("meta-sgd", "meta_sgd"):
        panel.line.setText(sought)
        assert shown(panel) == ["a"]
