from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.run.tool import Tool
from metagen_gui.gui.window import main_window
from metagen_gui.gui.window.actions import COMMANDS
from metagen_gui.gui.window.main_window import MainWindow
from metagen_gui.gui.window.menus import MENUS
from metagen_gui.gui.window.tools import KINDS, Tools
from tests.gui.questions import answer
from tests.gui.stand_ins import FakeTraining, engine, letting_go


class Bench(Tool):
    made = 0
    works = False

    def build(self) -> QWidget:
        self.made += 1
        return QLabel(f"with {len(self.around.runs())} runs")

    @property
    def busy(self) -> bool:
        return self.works

    def stop(self) -> None:
        QTimer.singleShot(50, self, self._end)

    def _end(self) -> None:
        self.works = False
        self.ended.emit()


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    monkeypatch.setattr(main_window, "Tools", lambda around, window: Tools(around, window, KINDS | {"bench": Bench}))
    training = FakeTraining(tmp_path / "runs")
    opened = MainWindow(WindowSettings(tmp_path / "window.ini"), lambda: engine(training, tmp_path / "runs"))
    qtbot.addWidget(opened, before_close_func=letting_go(qtbot))
    opened.show()
    yield opened


def ready(qtbot: QtBot, window: MainWindow) -> Bench:
    qtbot.waitUntil(lambda: window.controller.state is not RunState.LOADING)
    bench = window.tools.by_name["bench"]
    assert isinstance(bench, Bench)
    return bench


def tabs(window: MainWindow) -> list[str]:
    bars = (bar for bar in window.findChildren(QTabBar) if bar.isVisible())
    return [bar.tabText(index) for bar in bars for index in range(bar.count())]


def test_a_tool_comes_beside_the_samples_when_it_is_wanted_and_is_made_only_then(
    qtbot: QtBot, window: MainWindow
) -> None:
    bench = ready(qtbot, window)
    assert not bench.isVisible() and bench.made == 0 and "bench" not in tabs(window)
    window.layouts.toggle("bench")
    qtbot.waitUntil(lambda: bench.made == 1 and bench.isVisible())
    qtbot.waitUntil(lambda: "bench" in tabs(window))
    assert isinstance(bench.contents, QLabel) and bench.contents.text() == "with 0 runs"
    assert not window.panels.samples.isVisible()
    window.layouts.toggle("bench")
    qtbot.waitUntil(window.panels.samples.isVisible)
    window.layouts.toggle("bench")
    qtbot.waitUntil(bench.isVisible)
    assert bench.made == 1
    window.layouts.narrow()
    qtbot.waitUntil(lambda: not bench.isVisible() and "bench" not in tabs(window))


def test_in_the_narrow_form_a_tool_gets_most_of_the_height(qtbot: QtBot, window: MainWindow) -> None:
    ready(qtbot, window)
    window.resize(1280, 800)
    window.layouts.narrow()
    window.layouts.toggle("bench")
    bench, outer = window.layouts.docks["bench"], window.layouts.docks["outer_loss"]
    qtbot.waitUntil(lambda: bench.height() > 1.4 * outer.height())


def test_a_tool_that_is_opened_before_the_engine_is_there_is_made_when_it_comes(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.layouts.docks["bench"].toggleViewAction().trigger()
    qtbot.waitUntil(lambda: window.tools.by_name["bench"].isVisible())
    bench = ready(qtbot, window)
    qtbot.waitUntil(lambda: bench.made == 1 and isinstance(bench.contents, QLabel) and bench.contents.isVisible())


def test_a_layout_remembers_that_a_tool_was_open(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    ready(qtbot, window)
    window.layouts.bring("bench")
    settings = WindowSettings(tmp_path / "other.ini")
    window.layouts.keep(settings)
    window.layouts.narrow()
    assert window.layouts.restore(settings)
    qtbot.waitUntil(lambda: window.layouts.docks["bench"].isVisible())


def test_closing_waits_for_a_tool_that_is_at_work_after_a_question(qtbot: QtBot, window: MainWindow) -> None:
    bench = ready(qtbot, window)
    bench.works = True
    answer("Keep it going")
    window.close()
    assert window.isVisible() and bench.busy
    answer("Stop and quit")
    window.close()
    assert window.isVisible(), "it is not waited for"
    qtbot.waitUntil(lambda: not window.isVisible())


def test_every_tool_has_a_command_in_its_menu() -> None:
    menu = next(names for title, names in MENUS if "Play" in title)
    assert set(KINDS) - {"queue_panel", "sweep"} == set(menu) <= {command.name for command in COMMANDS}
    assert all(any(name in names for _, names in MENUS) for name in ("queue_panel", "sweep"))
