"""Which files of a run folder go over a link, and how large each may be: nothing else is sent, taken or written."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from typing import Any

from metagen_gui.engine.files import check_own_folder, open_regular
from metagen_gui.engine.store.names import (
    CHECKPOINTS,
    DATA,
    EVENTS,
    EXPERIMENT,
    LOG,
    MAX_MANIFEST_BYTES,
    METRICS,
    SAMPLES,
    STATE,
)

GROWING = (METRICS, EVENTS, LOG)
"""What is only added to, or cut: such a file is fetched from where its copy ends."""
TAIL = 2**12
"""Bytes before that by which both sides see that the rest of a growing file is the same."""
STEP = "step-[0-9]{8,12}"
ASIDE = r"(\.damaged(-[0-9]{1,3})?)?"
WEIGHTS = 4 * 2**30
LIMITS: Mapping[str, int] = {
    rf"{re.escape(EXPERIMENT)}{ASIDE}": 2**24,
    re.escape(STATE): 2**20,
    rf"({CHECKPOINTS}/)?{re.escape(DATA)}": 2**26,
    rf"({re.escape(METRICS)}|{re.escape(EVENTS)}){ASIDE}": 2**36,
    re.escape(LOG): 2**36,
    rf"{SAMPLES}/{STEP}\.npz": 2**28,
    rf"{CHECKPOINTS}/{STEP}\.json(\.corrupt)?": MAX_MANIFEST_BYTES,
    rf"{CHECKPOINTS}/{STEP}(\.optimizer)?\.safetensors(\.corrupt|\.unvouched)?": WEIGHTS,
}
MOST_FILES = 200_000


def limit_of(name: object) -> int:
    """Return how many bytes a file of a run may have; 0 for what is called as none is, whatever it may be."""
    if not isinstance(name, str):
        return 0
    return next((most for pattern, most in LIMITS.items() if re.fullmatch(pattern, name)), 0)


def files_in(folder: Path) -> dict[str, tuple[int, int]]:
    """Return the files of a run by their names, such as `samples/step-00000001.npz`: bytes, and when changed (ns)."""
    found = dict[str, tuple[int, int]]()
    for inner in ("", f"{SAMPLES}/", f"{CHECKPOINTS}/"):
        with suppress(OSError), os.scandir(folder / inner) as entries:
            if inner:
                check_own_folder(folder / inner)
            for each in entries:
                if limit_of(name := inner + each.name) and each.is_file(follow_symlinks=False):
                    status = each.stat(follow_symlinks=False)
                    found[name] = status.st_size, status.st_mtime_ns
    return found


def listed(said: Any) -> dict[str, tuple[int, int]]:
    """Return what the other side lists, without what no run has: names, sizes and times of its choice."""
    found = dict[str, tuple[int, int]]()
    for one in said[:MOST_FILES] if isinstance(said, list) else ():
        if isinstance(one, list) and len(one) == 3 and all(type(number) is int for number in one[1:]):
            name, size, when = one
            if 0 <= size <= limit_of(name) and 0 <= when < 2**63:
                found[name] = size, when
    return found


def opened(folder: Path, name: str) -> BufferedReader:
    """Return a file of a run, open for reading; raise OSError, also for a link or what is no file of a run."""
    if not limit_of(name):
        raise FileNotFoundError(2, "not a file of a run", name)
    if "/" in name:
        check_own_folder((folder / name).parent)
    return os.fdopen(open_regular(folder / name, os.O_RDONLY), "rb")


def digest_of(folder: Path, name: str) -> str:
    """Return the SHA-256 of a file of a run; raise OSError."""
    with opened(folder, name) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tail_digest(file: BufferedReader, end: int) -> str:
    """Return the SHA-256 of the last bytes of a file before `end`."""
    file.seek(max(0, end - TAIL))
    return hashlib.sha256(file.read(min(end, TAIL))).hexdigest()
