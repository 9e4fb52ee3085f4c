"""The program from outside: arguments, no display, missing libraries, faults that nobody caught."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from metagen_gui.gui.program.display import missing_library, why_no_window
from metagen_gui.gui.program.fault_dialog import FaultHandler, log_file

ROOT = Path(__file__).parents[3]


def start(*words: str, **changed: str) -> subprocess.CompletedProcess[str]:
    hidden = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.run(
        [sys.executable, "-m", "metagen_gui", *words],
        cwd=ROOT,
        env={**environment, **changed},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_version_and_help() -> None:
    assert start("--version").stdout.startswith("MetaGen ")
    assert "EXPERIMENT" in start("--help").stdout.upper()


def test_the_window_is_painted_before_what_it_does_not_need_is_imported() -> None:
    look = """
import sys
from metagen_gui.gui.window import app
from metagen_gui.gui.program import engine_loader

def look(loader):
    print("loaded:", *{name.partition(".")[0] for name in sys.modules}, flush=True)
    loader.parent().close()

engine_loader.EngineLoader.start = look  # called when the window is painted
app.run()
"""
    painted = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=60
    )
    assert "PySide6" in painted.stdout, painted.stderr
    late = {"torch", "pydantic", "pyqtgraph", "qtawesome", "qtpy", "typer", "rich"}
    assert not late & set(painted.stdout.split())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has several display servers")
@pytest.mark.parametrize(
    "display", [{}, {"DISPLAY": ":4711"}, {"WAYLAND_DISPLAY": "wayland-4711", "XDG_RUNTIME_DIR": "/nowhere"}]
)
def test_without_a_display_there_is_one_line(display: dict[str, str]) -> None:
    ended = start(**display)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith("metagen-gui: ")
    assert "display" in ended.stderr or "libraries" in ended.stderr


def test_a_missing_library_is_named_with_its_package() -> None:
    error = ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")
    said = missing_library(error)
    assert said is not None
    assert "libEGL.so.1" in said
    assert "apt install libegl1" in said
    assert missing_library(ImportError("No module named 'PySide6'")) is None


def test_a_platform_of_ones_own_is_not_questioned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert why_no_window() is None


def test_a_fault_is_logged_and_shown_once(qtbot: QtBot, capsys: pytest.CaptureFixture[str]) -> None:
    handler = FaultHandler()
    for _ in range(3):
        try:
            raise ValueError("a slot broke")
        except ValueError as error:
            handler.handle(ValueError, error, error.__traceback__)
    shown = handler._dialog
    assert isinstance(shown, QDialog)
    qtbot.addWidget(shown)
    assert shown.isVisible()
    assert log_file().read_text().count("ValueError: a slot broke") >= 3
    assert "a slot broke" in capsys.readouterr().err
