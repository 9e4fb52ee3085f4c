"""The window, closed at random moments of its life and of its run's, in each of the ways there are.

    python benchmarks/faults/window.py --tries 200 --seed 0

A try is a process of its own: it opens the window, starts a run fifty times in a tenth of a second, and ends it
at a random moment: by closing the window and giving any answer to its question, by Ctrl+C, or while it discards the
run. Survived: status 0, not a word from Qt on stderr, one run at most, and that one at rest and whole, in the trash if
it was discarded. No screen is needed.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported: children are forked, which threads do not survive
os.environ["QT_QPA_PLATFORM"] = "offscreen"

HARMLESS = "This plugin does not support propagateSizeHints()"
WAYS = ("finish", "pause", "keep running, then finish", "Ctrl+C", "discard")
LONGEST = 3.0
"""Seconds from the window's opening to its end, at most."""
PATIENCE = 60.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tries", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()

    for module in ("run.outer_loop", "trained.export", "store.library"):
        __import__(f"metagen_gui.engine.{module}")
    chance, survived, reasons = random.Random(given.seed), Counter[str](), []
    for number in range(given.tries):
        way, moment = WAYS[number % len(WAYS)], chance.uniform(0.05, LONGEST)
        with tempfile.TemporaryDirectory(prefix="window-") as home:
            problem = _try(Path(home), way, moment)
        survived[way] += not problem
        if problem:
            reasons.append(f"try {number}, {way} after {moment:.2f} s: {problem}")
    print("| way of closing | tries | survived |\n|---|---|---|")
    for place, way in enumerate(WAYS):
        print(f"| {way} | {len(range(place, given.tries, len(WAYS)))} | {survived[way]} |")
    print(*reasons, sep="\n")
    return 1 if reasons else 0


def _try(home: Path, way: str, moment: float) -> str:
    """Return what went wrong, or nothing."""
    errors = home / "stderr"
    child = os.fork()
    if not child:
        handle = os.open(errors, os.O_WRONLY | os.O_CREAT)
        os.dup2(handle, 2)
        for folder in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
            os.environ[folder] = str(home / folder)
        status = 70
        try:
            status = _live(way, moment)
        finally:
            sys.stderr.flush()
            os._exit(status)
    end = time.monotonic() + PATIENCE
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "it never ended"
        time.sleep(0.01)
    status = os.waitstatus_to_exitcode(ended[1])
    said = [line for line in errors.read_text(errors="replace").splitlines() if line and line != HARMLESS]
    if status or said:
        return f"status {status}: {said[-1] if said else 'without a word'}"
    return _judge(home / "XDG_DATA_HOME" / "metagen")


def _live(way: str, moment: float) -> int:
    from PySide6.QtCore import QTimer

    from metagen_gui.gui.window import app, close_dialog, main_window

    answers = iter([close_dialog.Closing.KEEP_RUNNING, close_dialog.Closing.FINISH])
    given = {"finish": close_dialog.Closing.FINISH, "pause": close_dialog.Closing.PAUSE}
    vars(main_window)["ask_closing"] = lambda *_: given.get(way) or next(answers, close_dialog.Closing.FINISH)
    vars(main_window)["ask_discarding"] = lambda *_: True

    class Watched(main_window.MainWindow):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            for click in range(50):
                QTimer.singleShot(300 + 2 * click, self.actions_by_name["start"].trigger)
            QTimer.singleShot(round(1000 * moment), self.end)

        def end(self) -> None:
            if way == "Ctrl+C":
                os.kill(os.getpid(), signal.SIGINT)
                return
            if way == "discard":
                self.discard()
            self.close()
            QTimer.singleShot(200, self.close)

    vars(app)["MainWindow"] = Watched
    return app.run()


def _judge(data: Path) -> str:
    from metagen_gui.engine.store.library import list_runs, read_entry

    thrown = [folder for folder in (data / "trash").glob("*/*") if folder.is_dir()]
    entries = [*list_runs(data / "runs"), *map(read_entry, thrown)]
    if len(entries) > 1:
        return f"{len(entries)} runs"
    for entry in entries:
        if entry.state not in ("stopped", "finished") or (entry.meta_step and not entry.resumable):
            return f"the run is {entry.state} at step {entry.meta_step}, resumable: {entry.resumable}"
    return ""


if __name__ == "__main__":
    sys.exit(main())
