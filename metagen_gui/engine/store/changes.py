"""The settings that were changed while a run went on, and what was noticed, as its folder tells them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from metagen_gui.engine.events import SettingChanged
from metagen_gui.engine.files import read_file
from metagen_gui.engine.store.names import EVENTS

MAX_EVENTS_BYTES = 16_000_000


def read_changes(folder: Path) -> list[SettingChanged]:
    """Return every change of a setting, in the order in which they were made; what is torn is left out."""
    found = []
    for event in _events(folder, "setting"):
        with suppress(ValueError, TypeError, KeyError, OverflowError):
            by_clock = event.get("by_clock") is True
            found.append(SettingChanged(int(event["meta_step"]), str(event["path"]), event["value"], by_clock))
    return found


def read_notices(folder: Path) -> list[tuple[str, bool]]:
    """Return the notices that a run has given, in order, and whether each is grave; what is torn is left out."""
    return [(str(event.get("text")), event.get("grave") is True) for event in _events(folder, "notice")]


def _events(folder: Path, kind: str) -> Iterator[dict[str, Any]]:
    with suppress(OSError):
        for line in read_file(folder / EVENTS, MAX_EVENTS_BYTES).splitlines():
            with suppress(ValueError, RecursionError):
                event = json.loads(line)
                if isinstance(event, dict) and event.get("event") == kind:
                    yield event
