"""What a run begins with that does not begin from nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Branch:
    """A checkpoint that a new run begins with: the folder and the name of its run, and the outer step."""

    folder: Path
    name: str
    meta_step: int
