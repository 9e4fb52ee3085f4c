"""Runs at another machine in the window: chosen, started, followed, paused there, left, followed again."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QAbstractButton, QComboBox
from pytestqt.qtbot import QtBot

from metagen_gui.engine.events import Afar, Event, RunFinished, RunStarted
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.hosts import beginning, following
from metagen_gui.engine.hosts.following import Wishes
from metagen_gui.engine.hosts.known import add_host, checked_host, known_hosts
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.elsewhere import Elsewhere, write_elsewhere
from metagen_gui.gui.hosts.dialog import MachineDialog
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.window.main_window import MainWindow
from tests.gui.stand_ins import FakeTraining, engine, jobs, snapshot, step
from tests.kept_runs import keep_run


class There:
    """The other machine and the link to it: a run that heeds its wishes, and is cut off while `lost` says so."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.wishes, self.lost = folder, Wishes(), False
        self.asked: list[str] = []
        self.state, self.left, self.steps = "waiting", 0, 0

    def start(self, experiment: Experiment, host: str, wishes: Wishes) -> Generator[Event, None, None]:
        self.asked.append(host)
        if host == "gone":
            raise BadInput("gone", "does not answer")
        return self.follow(self.folder, wishes)

    def follow(self, folder: Path, wishes: Wishes) -> Generator[Event, None, None]:
        self.wishes = wishes
        try:
            yield Afar("gpu", "waiting", 2)
            yield RunStarted(folder, ("model",), 2, 1000, "cuda:0", 0)
            yield snapshot(0)
            self.state = "running"
            while not wishes.finishing:
                time.sleep(0.005)
                if wishes.holding is not None:
                    self.state, wishes.holding = "paused" if wishes.holding else "running", None
                if self.state == "running":
                    self.steps += 1
                    yield step(self.steps)
                yield Afar("gpu", self.state, lost=40.0 if self.lost else None, why="does not answer" * self.lost)
            yield RunFinished(self.steps, 1.0, folder)
        finally:
            self.left += 1


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> There:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    made = There(keep_run(tmp_path / "runs", "far", state="running", steps=7, meta_steps=1000, checkpoints=(5,)))
    monkeypatch.setattr(beginning, "train_there", made.start)
    monkeypatch.setattr(following, "follow", made.follow)
    return made


@pytest.fixture
def window(qtbot: QtBot, there: There, tmp_path: Path) -> Iterator[MainWindow]:
    for name in ("gpu", "gone"):
        add_host(checked_host(name))
    settings = WindowSettings(tmp_path / "window.ini")
    made = MainWindow(settings, lambda: engine(FakeTraining(tmp_path / "here"), tmp_path))
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made.controller.state is RunState.IDLE, timeout=10_000)
    yield made
    made.quit_quietly()
    qtbot.waitUntil(lambda: not jobs(), timeout=10_000)


def wait_for(qtbot: QtBot, holds: Callable[[], Any]) -> None:
    qtbot.waitUntil(holds, timeout=10_000)


def choose(window: MainWindow, host: str) -> None:
    picker = window.findChild(QComboBox, "device_picker")
    assert isinstance(picker, QComboBox)
    picker.setCurrentIndex(picker.findData(f"at {host}"))
    picker.activated.emit(picker.currentIndex())


def start(qtbot: QtBot, window: MainWindow) -> None:
    choose(window, "gpu")
    window.actions_by_name["start"].trigger()
    wait_for(qtbot, lambda: window.controller.state is RunState.RUNNING)


def test_a_machine_is_chosen_like_a_device_and_is_no_part_of_the_experiment(window: MainWindow) -> None:
    before = window.panel.experiment()
    choose(window, "gpu")
    assert window.device.host() == "gpu" and window.panel.experiment() == before
    window.panel.replace_experiment(before.with_value("algorithm.inner_lr", 0.03), "edit")
    assert window.device.currentText() == "At gpu"
    window.device.setCurrentIndex(0)
    window.device.activated.emit(0)
    assert window.device.host() == ""


def test_it_is_followed_paused_and_finished_there(qtbot: QtBot, window: MainWindow, there: There) -> None:
    start(qtbot, window)
    assert there.asked == ["gpu"]
    wait_for(qtbot, lambda: window.status.text().startswith("At gpu"))
    there.lost = True
    told = "The link to gpu has been down for 40 s: does not answer. The run goes on there; trying again"
    wait_for(qtbot, lambda: window.status.text().startswith(told))
    there.lost = False
    window.actions_by_name["pause"].trigger()
    assert window.controller.state is RunState.PAUSED
    wait_for(qtbot, lambda: there.state == "paused")
    window.actions_by_name["pause"].trigger()
    wait_for(qtbot, lambda: window.controller.state is RunState.RUNNING and there.state == "running")
    there.state = "paused"  # by somebody else
    wait_for(qtbot, lambda: window.controller.state is RunState.PAUSED)
    there.state = "running"
    wait_for(qtbot, lambda: window.controller.state is RunState.RUNNING)
    window.actions_by_name["finish"].trigger()
    wait_for(qtbot, lambda: window.controller.state is RunState.DONE)
    assert there.wishes.finishing and not there.wishes.discarding and there.folder.is_dir()


def test_discarding_discards_it_there_and_here(qtbot: QtBot, window: MainWindow, there: There) -> None:
    start(qtbot, window)
    window.controller.discard()
    wait_for(qtbot, lambda: window.controller.state is RunState.IDLE)
    assert there.wishes.discarding and not there.folder.exists()


def test_closing_the_window_leaves_it_alone_without_a_question(qtbot: QtBot, window: MainWindow, there: There) -> None:
    start(qtbot, window)
    event = QCloseEvent()
    window.closeEvent(event)
    assert not event.isAccepted()
    wait_for(qtbot, lambda: there.left == 1 and not window.isVisible())
    assert not there.wishes.finishing and there.wishes.leaving


def test_what_keeps_it_from_being_started_is_told(qtbot: QtBot, window: MainWindow) -> None:
    choose(window, "gone")
    window.actions_by_name["start"].trigger()
    wait_for(qtbot, lambda: "Not started: gone: does not answer" in window.status.text())
    assert window.controller.state is RunState.IDLE


def test_a_run_that_goes_on_elsewhere_is_offered_at_the_next_start(qtbot: QtBot, there: There, tmp_path: Path) -> None:
    write_elsewhere(there.folder, Elsewhere("gpu", "t1"))
    settings = WindowSettings(tmp_path / "window.ini")
    window = MainWindow(settings, lambda: engine(FakeTraining(tmp_path / "here"), tmp_path / "runs"))
    qtbot.addWidget(window)
    window.show()
    wait_for(qtbot, lambda: "goes on at gpu; step 7 of 1,000 was the last" in window.banner.text())
    button = window.banner.findChild(QAbstractButton, "banner_button")
    assert isinstance(button, QAbstractButton) and "Follow" in button.text()
    button.click()
    wait_for(qtbot, lambda: window.controller.state is RunState.RUNNING)
    window.quit_quietly()
    wait_for(qtbot, lambda: not jobs())


def test_a_machine_is_looked_at_before_it_is_used(qtbot: QtBot, there: There) -> None:
    def look(host: Any) -> list[str]:
        if host.name == "gone":
            raise BadInput("gone", "does not answer")
        return [f"{host.ssh} has <b>everything</b>"]

    dialog = MachineDialog(look)
    qtbot.addWidget(dialog)
    assert not dialog.check_button.isEnabled() and not dialog.add_button.isEnabled()
    qtbot.keyClicks(dialog.name, "gone")
    qtbot.mouseClick(dialog.check_button, Qt.MouseButton.LeftButton)
    wait_for(qtbot, lambda: dialog.said.text() == "gone: does not answer")
    dialog.name.setText("-oProxyCommand=x")
    dialog.check()
    assert "is no name of a machine" in dialog.said.text()
    dialog.name.setText("gpu")
    dialog.ssh.setText("me@10.0.0.7")
    dialog.check()
    dialog.check()
    wait_for(qtbot, lambda: dialog.found.toPlainText() == "me@10.0.0.7 has <b>everything</b>")
    dialog.accept()
    assert [host.ssh for host in known_hosts()] == ["me@10.0.0.7"] and dialog.host == known_hosts()[0]
