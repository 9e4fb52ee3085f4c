"""The settings that were changed while a run went on, as its folder tells them."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from metagen_gui.engine.events import SettingChanged
from metagen_gui.engine.files import read_file
from metagen_gui.engine.store.names import EVENTS

MAX_EVENTS_BYTES = 16_000_000


def read_changes(folder: Path) -> list[SettingChanged]:
    """Return every change of a setting, in the order in which they were made; what is torn is left out."""
    found = []
    with suppress(OSError):
        for line in read_file(folder / EVENTS, MAX_EVENTS_BYTES).splitlines():
            with suppress(ValueError, TypeError, KeyError, OverflowError, RecursionError):
                event = json.loads(line)
                if event["event"] == "setting":
                    found.append(SettingChanged(int(event["meta_step"]), str(event["path"]), event["value"]))
    return found
