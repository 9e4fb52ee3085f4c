"""All checks, one after another: what goes wrong in one is a finding, and the next begins."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from metagen_gui.engine.doctor import disk, export, memory, own_files, processor, ten_steps, versions, window
from metagen_gui.engine.doctor.findings import Check, Findings, Line, impersonal

CHECKS = (
    Check("versions", "Versions", versions.look),
    Check("processor", "Devices and threads", processor.look),
    Check("memory", "Memory", memory.look),
    Check("disk", "Data folder", disk.look),
    Check("window", "Window", window.look),
    Check("own_files", "The program's own files", own_files.look),
    Check("ten_steps", "Ten outer steps", ten_steps.look),
    Check("export", "Export and back", export.look),
)
THOROUGH = (*CHECKS, Check("formats", "Every format of exports", export.look_at_all))
REPORT_IT = "Put this text into a report."


def examine(checks: Sequence[Check] = CHECKS) -> Iterator[Check | Findings]:
    """Yield every check as it begins, and then what it found, with nothing personal in it."""
    with tempfile.TemporaryDirectory(prefix="metagen-", ignore_cleanup_errors=True) as folder:
        for check in checks:
            yield check
            yield Findings(check, tuple(impersonal(line) for line in _lines(check, Path(folder))))


def _lines(check: Check, folder: Path) -> Iterator[Line]:
    try:
        yield from check.look(folder)
    except Exception as error:  # whatever is broken on this computer, the other checks are wanted all the more
        said = " ".join(str(error).split())
        yield Line("problem", f"{type(error).__name__}: {said}".removesuffix(": "), REPORT_IT)
