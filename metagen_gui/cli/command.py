"""One command from its words to its end: the one place where anything that goes wrong becomes a line and a status.

Status 0: done. 1: a run failed. 2: a wrong name, value, file or folder. 130, 143: stopped by Ctrl+C, by a signal.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import typer

from metagen_gui.__main__ import forget_empty_folders
from metagen_gui.cli.failures import (
    RunFailed,
    keep_traceback,
    one_line,
    program_log,
    say,
    signals_interrupt,
)
from metagen_gui.cli.program import app
from metagen_gui.cli.terminal.language import speaking
from metagen_gui.engine.settings.bad_input import BadInput


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line `arguments` (default: the program's own) and end the process with its status."""
    forget_empty_folders()
    _prepare_streams()
    sys.exit(_status(arguments))


def _prepare_streams() -> None:
    if sys.stderr is not None and sys.stderr is sys.__stderr__:
        with contextlib.suppress(OSError, ValueError):  # where stderr is no file
            faulthandler.enable()  # a death in native code says where
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by who started this, as by `>&-`: its number must not go to a file of the run
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files need not be valid text


def _status(arguments: Sequence[str] | None) -> int:
    came: list[int] = []
    try:
        with signals_interrupt() as came:
            status = speaking(app)(args=arguments, prog_name="metagen", standalone_mode=False)
        sys.stdout.flush()
        if came and status == 128 + signal.SIGINT:  # typer takes every interruption for a Ctrl+C
            return 128 + came[0]
        return status if isinstance(status, int) else 0
    except BadInput as problem:
        say(str(problem))
        return 2
    except typer.TyperException as problem:
        if said := " ".join(problem.format_message().split()):  # it has none where the help was shown instead
            say(said)
        return 2
    except RunFailed as problem:
        say(str(problem))
        return 1
    except BrokenPipeError:  # whoever reads, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 128 + (came[0] if came else signal.SIGINT)
    except Exception as error:  # the last resort: a person gets a line, whoever mends it the traceback
        kept = keep_traceback(error, program_log())
        say(f"{one_line(error)}{f'; the details are in {kept}' if kept else ''}")
        return 1
