"""Copies of data that came along with runs from other machines, by the path that the data has there.

The experiment of such a run names that path on both machines, so that its folder is the same on both.
"""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePath

import appdirs


def copy_place(path: str) -> Path:
    """Return the folder for the copy of what another machine has at `path`."""
    key = hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return Path(appdirs.user_data_dir("metagen", appauthor=False)) / "copies" / key


def copy_of(path: str) -> Path | None:
    """Return the copy of what another machine has at `path`, None where there is none."""
    copy = copy_place(path) / (PurePath(path).name or "data")
    return copy if copy.exists() else None
