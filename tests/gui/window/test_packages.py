"""Packages that bring plugins, in the window: asked about before their code runs, and switched on and off."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from metagen_gui.engine import plugins
from metagen_gui.engine.models.base import models
from metagen_gui.engine.settings.packages import Foreign, choose, read_choices
from metagen_gui.engine.settings.registry import Problem
from metagen_gui.gui.program.engine_loader import load_engine
from metagen_gui.gui.program.packages_dialog import PackagesDialog
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.window.main_window import MainWindow
from tests.gui.stand_ins import FakeTraining, engine, letting_go
from tests.plugins_elsewhere.installed import install_toys

Open = Callable[[], MainWindow]


@pytest.fixture
def asked(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Open:
    """Opens a window beside which the package *toys* is installed; what is loaded of it can be chosen from then on."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("METAGEN_PLUGINS", raising=False)
    models.load()  # or what it holds would be forgotten with the patch below
    monkeypatch.setattr(models, "_plugins", dict(models._plugins))
    kite = Foreign("model", "kite", "toys")

    def load(packages: Collection[str]) -> list[Problem]:
        choose(packages, "on")
        models._plugins["kite"] = type("Kite", (models.get("vae"),), {"title": "Kite"})
        return [Problem("model", "top", "toys", "no string")]

    def make() -> MainWindow:
        with_kite = engine(FakeTraining(tmp_path / "runs"), tmp_path / "runs", foreign=[kite], load_packages=load)
        window = MainWindow(WindowSettings(tmp_path / "window.ini"), lambda: with_kite)
        qtbot.addWidget(window, before_close_func=letting_go(qtbot))
        window.show()
        qtbot.waitUntil(lambda: window.controller.state is not RunState.LOADING)
        return window

    return make


def press_banner(qtbot: QtBot, window: MainWindow, name: str) -> None:
    found = window.findChild(QPushButton, f"plugins_banner{name}_button")
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)


def test_a_package_that_brings_plugins_is_asked_about_and_loaded_at_one_click(qtbot: QtBot, asked: Open) -> None:
    window = asked()
    said = window.plugins_banner.text()
    assert said == "Plugins of other packages, which are code that runs with your rights: toys (kite)"
    picker = window.panel.column.pickers["model"].combo
    assert picker.findData("kite") == -1
    press_banner(qtbot, window, "")
    qtbot.waitUntil(lambda: picker.findData("kite") >= 0)
    assert "no string" in window.plugins_banner.text(), "and what of it cannot be loaded is told"
    assert read_choices().agreed("toys")
    window.close()
    assert not asked().plugins_banner.text(), "once"


def test_a_package_that_nobody_agreed_to_stays_off_and_can_be_switched_on(qtbot: QtBot, asked: Open) -> None:
    window = asked()
    press_banner(qtbot, window, "_decline")
    assert not window.plugins_banner.text() and not read_choices().loads("toys"), "in commands, too"
    window.close()
    again = asked()
    assert not again.plugins_banner.text()
    again.actions_by_name["packages"].trigger()
    (dialog,) = again.findChildren(PackagesDialog)
    line = dialog.list.item(0)
    assert line.text() == "toys (kite)" and line.checkState() is Qt.CheckState.Unchecked
    line.setCheckState(Qt.CheckState.Checked)
    picker = again.panel.column.pickers["model"].combo
    qtbot.waitUntil(lambda: picker.findData("kite") >= 0)
    assert read_choices().agreed("toys")
    line.setCheckState(Qt.CheckState.Unchecked)
    assert not read_choices().loads("toys")


def test_the_variable_is_told_where_packages_are_chosen(asked: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METAGEN_PLUGINS", "none")
    window = asked()
    assert not window.plugins_banner.text()
    window.actions_by_name["packages"].trigger()
    (dialog,) = window.findChildren(PackagesDialog)
    assert "METAGEN_PLUGINS" in dialog.said.text() and not dialog.list.isEnabled()


def test_the_window_loads_nothing_that_nobody_agreed_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for = list[set[str]]()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    install_toys(tmp_path / "site")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setattr(plugins, "load_plugins", lambda without, **_: asked_for.append(without) or [])
    load_engine()
    choose(["toys"], "on")
    load_engine()
    assert asked_for == [{"Toys"}, set()]
