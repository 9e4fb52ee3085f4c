"""The engine's `BadInput`, without importing the engine's settings.

With them comes pydantic, and the window is painted without it. `except bad_input() as problem:` costs nothing until
something is raised, for only then does Python ask what it names.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metagen_gui.engine.settings.config import BadInput


def bad_input() -> tuple[type[BadInput], ...]:
    """Return the exception that tells of wrong input; nothing before the engine is there that could have raised it."""
    settings = sys.modules.get("metagen_gui.engine.settings.config")
    kind: type[BadInput] | None = getattr(settings, "BadInput", None)
    return () if kind is None else (kind,)
