"""The window's Qt, asked in a process of its own: the engine and the commands know none of it."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from metagen_gui.engine.doctor.findings import Line

SECONDS = 60


def look(folder: Path) -> Iterator[Line]:
    """Ask `metagen-gui --describe`; no display is worth knowing, a window that cannot open there is a problem."""
    program = _program()
    if program is None:
        yield Line("note", "The window is not installed.", "Commands work without it.")
        return
    told, why = _ask(program, {})
    if told is None and sys.platform.startswith("linux") and not _has_display():
        yield Line("note", why, "Start the window from a desktop, or set DISPLAY.")
        told, why = _ask(program, {"QT_QPA_PLATFORM": "offscreen"})
    if told is None:
        yield Line("problem", why, "Commands work without the window.")
        return
    yield Line("ok", f"Qt {told['qt']}, PySide6 {told['pyside']}, platform {told['platform']}, style {told['style']}")
    if told["screens"]:
        yield Line("ok", f"Screens: {', '.join(told['screens'])}")
    if not told["fonts"]:
        yield Line("problem", "There is no font at all.", "Install one, such as fonts-dejavu-core.")
    else:
        yield Line("ok", f"{told['fonts']} font families; text is written in {told['font']}")
    if not told["chinese_fonts"]:
        yield Line("note", "No font has Chinese characters.", "For the window in Chinese install fonts-noto-cjk.")
    for format_name in told["lacking_formats"]:
        yield Line("problem", f"Qt cannot read pictures of the format {format_name}.", "Install the program again.")


def _program() -> list[str] | None:
    """Return the words that start the window, None where it is not installed."""
    if getattr(sys, "frozen", False):
        beside = Path(sys.executable).with_name(f"metagen-gui{Path(sys.executable).suffix}")
        return [str(beside)] if beside.is_file() else None
    return [sys.executable, "-m", "metagen_gui"] if importlib.util.find_spec("PySide6") else None


def _has_display() -> bool:
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _ask(program: list[str], environment: Mapping[str, str]) -> tuple[dict[str, Any] | None, str]:
    """Return what the window's program tells of Qt, or None and why it does not."""
    try:
        done = subprocess.run(
            [*program, "--describe"],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
        )
        if not done.returncode:
            return dict(json.loads(done.stdout)), ""
    except subprocess.TimeoutExpired:
        return None, f"The window's program did not answer within {SECONDS} seconds."
    except ValueError:
        return None, "The window's program told nothing of itself."
    said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1].removeprefix("metagen-gui: ")
    what = "The window cannot open" if done.returncode == 1 else f"Qt ended with {done.returncode}"
    return None, f"{what}: {said}"
