"""What needs more than MetaGen itself: modules of an extra, whether they are there, and the command that adds them."""

from __future__ import annotations

import importlib.util
import sys
from typing import ClassVar


class Needing:
    """What may need modules that do not come with MetaGen itself."""

    needs: ClassVar[tuple[str, ...]] = ()
    """The modules that it needs beside MetaGen's own."""
    extra: ClassVar[str] = "export"
    """The extra of MetaGen that brings them."""


def lacking(plugin: type[Needing]) -> str:
    """Return what has to be installed for it, with the one command that does it; "" for nothing."""
    missing = [name for name in plugin.needs if importlib.util.find_spec(name) is None]
    if not missing:
        return ""
    if getattr(sys, "frozen", False):
        return f"this build lacks {', '.join(missing)}"
    return f"needs {', '.join(missing)}; this adds it: {command_for(plugin)}"


def command_for(plugin: type[Needing]) -> str:
    """Return the command that installs what it needs."""
    return f'"{sys.executable}" -m pip install "metagen[{plugin.extra}]"'
