"""The tests of claims that are kept on disk, and the one writer that each may have."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from metagen_gui.engine.claims.examination.events import ClaimsEvent
from metagen_gui.engine.claims.examination.runner import examine
from metagen_gui.engine.claims.folder import PLAN, SCORES
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.claims.report.files import HTML
from metagen_gui.engine.files import remove_leftovers
from metagen_gui.engine.queue.worker import Start
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.lock import RunLock, is_held

MOST = 20
"""Tests that are listed, the newest."""


@dataclass(frozen=True)
class KeptTest:
    """One test: when it began (seconds since 1970), whether its report is written, whether somebody writes it now."""

    folder: Path
    plan: ClaimPlan
    began: float
    finished: bool
    held: bool


def fresh_folder(root: Path) -> Path:
    """Return the folder for a test that begins now; it does not exist yet."""
    name = time.strftime("%Y-%m-%d-%H%M%S")
    taken = 1
    while (folder := root / (name if taken == 1 else f"{name}-{taken}")).exists():
        taken += 1
    return folder


def kept_tests(root: Path) -> list[KeptTest]:
    """Return the newest tests in `root`, the last one first; what cannot be read is left out."""
    plans: list[tuple[float, Path]] = []
    with suppress(OSError):
        for file in root.glob(f"*/{PLAN}"):
            with suppress(OSError):  # deleted meanwhile
                plans.append((file.stat().st_mtime, file))
    found = []
    for began, file in sorted(plans, reverse=True)[:MOST]:
        folder = file.parent
        with suppress(BadInput):
            found.append(KeptTest(folder, ClaimPlan.load(file), began, (folder / HTML).is_file(), is_held(folder)))
    return found


def check_kept(folder: Path) -> None:
    """Raise `BadInput` if `folder` holds no test that can be read: to go on there would be to begin anew."""
    try:
        ClaimPlan.load(folder / PLAN)
    except BadInput as error:
        lost = f"this test is gone or damaged ({error.why})"
        raise BadInput(str(folder), f"{lost}; put its folder back where it was, or start a new test") from None


def examine_alone(plan: ClaimPlan, out: Path, start: Start | None = None) -> Generator[ClaimsEvent, None, None]:
    """Test claims as `examine` does, holding the folder: raises `BadInput` as well if another program writes there."""
    lock = _held(out) if (out / PLAN).exists() else None
    try:
        with closing(examine(plan, out, start)) as test:
            for event in test:
                lock = lock or _held(out)  # not before: a new test wants an empty folder
                yield event
    finally:
        if lock is not None:
            lock.release()


def _held(out: Path) -> RunLock:
    """Hold a test's folder, and remove what one that was killed left half written; raise `BadInput` if it is held."""
    lock = RunLock(out)
    remove_leftovers(out, out / SCORES)
    return lock
