"""The queue in the window: runs are put there, shown, ordered, paused, removed and brought back; the window tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, QPointF, Qt
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from metagen_gui.engine.queue import process
from metagen_gui.engine.queue.entry import Entry
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.settings.packages import VARIABLE
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.queue.page import QueuePage
from metagen_gui.gui.queue.tool import QueueTool
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.window.main_window import MainWindow
from tests.engine.queue.stand_ins import DOCUMENT, StandIn
from tests.gui.stand_ins import FakeTraining, engine, letting_go

Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[StandIn]:
    """What the window starts, in place of processes; the line is this test's own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    started: list[StandIn] = []

    def start(entry: Entry, at_once: int, changed: dict[str, str]) -> StandIn:
        assert changed == {VARIABLE: "none"}  # of packages that nobody agreed to, none is loaded
        started.append(StandIn(entry))
        return started[-1]

    monkeypatch.setattr(process, "start_process", start)
    return started


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, processes: list[StandIn]) -> Iterator[MainWindow]:
    training, settings = FakeTraining(tmp_path / "runs"), WindowSettings(tmp_path / "window.ini")
    settings.keep("queue_at_once", "1")
    opened = MainWindow(settings, lambda: engine(training, tmp_path / "runs"))
    qtbot.addWidget(opened, before_close_func=letting_go(qtbot))
    opened.show()
    qtbot.waitUntil(lambda: opened.controller.state is not RunState.LOADING)
    yield opened
    for one in processes:
        one.kill()


@pytest.fixture
def look(qtbot: QtBot, window: MainWindow, processes: list[StandIn]) -> Callable[[Callable[[], Any]], None]:
    """Let the tool look, and processes come up, until something holds."""
    tool = tool_of(window)

    def until(holds: Callable[[], Any]) -> None:
        def seen() -> bool:
            tool.look()
            for one in processes:
                if not one.up and one.status is None:
                    one.come_up()
            return bool(holds())

        qtbot.waitUntil(seen)

    return until


def tool_of(window: MainWindow) -> QueueTool:
    tool = window.tools.by_name["queue_panel"]
    assert isinstance(tool, QueueTool)
    return tool


def opened_page(window: MainWindow, qtbot: QtBot) -> QueuePage:
    window.actions_by_name["queue_panel"].trigger()
    tool = tool_of(window)
    qtbot.waitUntil(lambda: tool.page is not None)
    assert tool.page is not None
    return tool.page


def shown(page: QueuePage) -> list[tuple[str, str]]:
    rows = range(page.model.rowCount())
    return [(page.model.rows[row].entry.id, page.model.index(row, 1).data()) for row in rows]


def choose(page: QueuePage, row: int) -> None:
    page.table.setFocus()
    page.table.selectRow(row)


def test_an_experiment_is_put_into_the_line_run_and_told_of(
    window: MainWindow, qtbot: QtBot, processes: list[StandIn], look: Callable[..., None]
) -> None:
    window.actions_by_name["add_to_queue"].trigger()
    look(lambda: processes and Line().entries()[0].state == "running")
    page = opened_page(window, qtbot)
    look(lambda: shown(page) == [("1", "running")])
    assert page.model.index(0, 2).data() == "0 of 8,000 steps"
    processes[0].note("finished")
    processes[0].end()
    look(lambda: shown(page) == [("1", "done")])
    assert "1 done, 0 failed" in window.banner.text()


def test_what_failed_is_told_with_why_and_tried_again_by_a_key(
    window: MainWindow, qtbot: QtBot, processes: list[StandIn], look: Callable[..., None]
) -> None:
    page = opened_page(window, qtbot)
    assert not page.table.isVisible()  # an empty state says what to do
    page.times.setValue(2)
    page.add_button.click()
    look(lambda: shown(page) == [("1", "running"), ("2", "waiting")])
    processes[0].end(RuntimeError("out of luck"))
    look(lambda: shown(page) == [("1", "failed"), ("2", "running")])
    assert "out of luck" in window.banner.text()
    choose(page, 0)
    qtbot.keyClick(page.table, Key.Key_R)
    look(lambda: shown(page)[0] == ("1", "waiting"))


def test_the_line_is_ordered_and_emptied_by_keys_and_by_drag(
    window: MainWindow, qtbot: QtBot, look: Callable[..., None]
) -> None:
    line = Line()
    for name in ("one", "two", "three"):
        line.pause(line.add(DOCUMENT, "{}", name).id)
    page = opened_page(window, qtbot)
    look(lambda: [name for name, _ in shown(page)] == ["1", "2", "3"])
    choose(page, 0)
    qtbot.keyClick(page.table, Key.Key_Down, Modifier.AltModifier)
    look(lambda: [name for name, _ in shown(page)] == ["2", "1", "3"])
    assert page.chosen() == ["1"]
    model = page.model
    dragged = model.mimeData([model.index(2, 0)])
    above = QPointF(20, page.table.rowViewportPosition(0) + 1)
    left, nothing = Qt.MouseButton.LeftButton, Modifier.NoModifier
    page.table.dropEvent(QDropEvent(above, Qt.DropAction.MoveAction, dragged, left, nothing))
    look(lambda: [name for name, _ in shown(page)] == ["3", "2", "1"])
    model.dropMimeData(dragged, Qt.DropAction.MoveAction, 2, 0, QModelIndex())
    look(lambda: [name for name, _ in shown(page)] == ["2", "3", "1"])
    assert page.chosen() == ["3"]
    qtbot.keyClick(page.table, Key.Key_Delete)
    look(lambda: [name for name, _ in shown(page)] == ["2", "1"])
    assert "three" in window.banner.text()
    window.banner._action.click()
    look(lambda: [name for name, _ in shown(page)] == ["2", "3", "1"])
    choose(page, 0)
    qtbot.keyClick(page.table, Key.Key_G)
    look(lambda: shown(page)[0] == ("2", "running"))
    qtbot.keyClick(page.table, Key.Key_P)
    look(lambda: shown(page)[0] == ("2", "pausing…"))
    assert not page.actions_by_name["remove"].isEnabled()


def test_closing_the_window_ends_no_run_and_the_next_window_finds_it(
    window: MainWindow, processes: list[StandIn], look: Callable[..., None]
) -> None:
    window.actions_by_name["add_to_queue"].trigger()
    look(lambda: processes and processes[0].up)
    assert window.close()
    assert processes[0].up and Line().entries()[0].state == "running"
