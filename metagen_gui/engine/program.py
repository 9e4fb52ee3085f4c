"""The `metagen` command, as other processes are started by it."""

from __future__ import annotations

import sys
from pathlib import Path


def program() -> list[str]:
    """Return the words that the `metagen` command begins with here."""
    if getattr(sys, "frozen", False):
        return [str(Path(sys.executable).with_name("metagen").with_suffix(Path(sys.executable).suffix))]
    return [sys.executable, "-c", "from metagen_gui.cli import main; main()"]
