"""A process that dies in native code leaves its last words, which the next one finds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from metagen_gui.gui.program import fault_dialog
from metagen_gui.gui.program.crash_log import CrashLog
from metagen_gui.gui.program.fault_dialog import FaultHandler

DYING = """
import faulthandler, sys
from pathlib import Path
from metagen_gui.gui.program.crash_log import CrashLog
log = CrashLog(Path(sys.argv[1]))
log.begin()
def innermost():
    {ending}
innermost()
"""


def run(folder: Path, ending: str) -> int:
    command = [sys.executable, "-c", DYING.format(ending=ending), str(folder)]
    return subprocess.run(command, check=False, capture_output=True, timeout=60).returncode


def test_the_last_words_of_a_dead_process_are_found_once(tmp_path: Path) -> None:
    assert run(tmp_path, "faulthandler._sigsegv()") != 0
    words = CrashLog(tmp_path).earlier()
    assert "Segmentation fault" in words and "innermost" in words
    assert CrashLog(tmp_path).earlier() == "" and list(tmp_path.iterdir()) == []


def test_a_process_that_ends_well_leaves_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, "log.end()") == 0
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_was_killed_had_no_words(tmp_path: Path) -> None:
    assert run(tmp_path, "import os; os.kill(os.getpid(), 9)") == -9
    assert len(list(tmp_path.iterdir())) == 2
    assert CrashLog(tmp_path).earlier() == ""
    assert list(tmp_path.iterdir()) == []


def test_a_living_process_keeps_its_file(tmp_path: Path) -> None:
    looking = "other = CrashLog(Path(sys.argv[1])); other._path = Path('another'); sys.exit(len(other.earlier()))"
    assert run(tmp_path, f"import atexit; atexit.register(log.end); {looking}") == 0
    assert list(tmp_path.iterdir()) == []
    assert run(tmp_path, f"print('mine', file=log._file, flush=True); {looking}") == 0
    assert CrashLog(tmp_path).earlier() == "mine\n", "once it is dead"


def test_a_folder_that_cannot_be_written_is_no_reason_not_to_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    log = CrashLog(tmp_path / "file")
    log.begin()
    assert log.earlier() == ""
    log.end()


def test_a_crash_is_told_with_its_details(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fault_dialog, "log_file", lambda: tmp_path / "window.log")
    handler = FaultHandler()
    handler.show_crash("Fatal Python error: Segmentation fault")
    dialog = handler._dialog
    assert dialog is not None and dialog.isVisible()
    qtbot.addWidget(dialog)
    assert "Segmentation fault" in dialog._details.toPlainText()
    assert "Segmentation fault" in (tmp_path / "window.log").read_text()


def test_no_log_is_written_through_a_link_or_waits_for_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "window.log"
    (tmp_path / "precious").write_text("mine\n")
    log.symlink_to(tmp_path / "precious")
    monkeypatch.setattr(fault_dialog, "log_file", lambda: log)
    fault_dialog.write_log("details")
    assert (tmp_path / "precious").read_text() == "mine\n"
    log.unlink()
    os.mkfifo(log)
    fault_dialog.write_log("details")
