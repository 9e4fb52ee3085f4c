"""What goes wrong, for two readers: one line for the person, the traceback in a file for whoever mends it."""

from __future__ import annotations

import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import appdirs

from metagen_gui.engine.files import append_text
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.settings.plain_text import printable


@contextmanager
def signals_interrupt() -> Iterator[list[int]]:
    """Let SIGTERM and SIGHUP end a command as Ctrl+C does, saving on the way out; give the numbers of those that came.

    A signal that is ignored, as by `nohup`, stays so.
    """
    came: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        came.append(number)
        raise KeyboardInterrupt

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, interrupt)
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class RunFailed(Exception):
    """A run ended by a fault. Its text is the line to show."""


def say(text: str) -> None:
    """Print one line on stderr, under the program's name."""
    print(f"metagen: {printable(translated(text))}", file=sys.stderr)


def one_line(error: BaseException) -> str:
    """Return what an exception says, on one line; the name of its type where it says nothing by itself."""
    text = " ".join(str(error).split())
    if not text:
        return type(error).__name__
    return text if type(error) is RuntimeError else f"{type(error).__name__}: {text}"


def program_log() -> Path:
    """Return the file for faults outside any run."""
    return Path(appdirs.user_log_dir("metagen", appauthor=False)) / "error.log"


def keep_traceback(error: BaseException, log: Path) -> Path | None:
    """Append the traceback of `error` to `log` and return it, or None where it cannot be written."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        head = " ".join((time.strftime("%Y-%m-%d %H:%M:%S"), *sys.argv))
        append_text(log, head + "\n" + "".join(traceback.format_exception(error)))
    except OSError:
        return None
    return log
