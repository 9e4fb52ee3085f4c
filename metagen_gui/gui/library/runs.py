"""What the window asks of the engine's library of runs, which is imported behind the painted window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment
    from metagen_gui.engine.store.library import RunEntry


@dataclass(frozen=True)
class Branch:
    """A checkpoint that a new run begins with: the folder and the name of its run, and the outer step."""

    folder: Path
    name: str
    meta_step: int


class RunLibrary(Protocol):
    """`metagen_gui.engine.store.library`, seen from the window; what cannot be done raises `BadInput`."""

    def read_entry(self, folder: Path) -> RunEntry:
        """Return how a run stands."""

    def rename(self, folder: Path, name: str) -> None:
        """Give a run another name."""

    def set_note(self, folder: Path, note: str) -> None:
        """Note something about a run."""

    def duplicate(self, folder: Path) -> Path:
        """Copy a run beside itself."""

    def experiment_at(self, kind: type[Experiment], folder: Path, meta_step: int) -> Experiment:
        """Return the experiment of a run as it stood at an outer step."""

    def differing_settings(self, folders: Sequence[Path]) -> list[tuple[str, list[str]]]:
        """Return the settings in which runs differ, with each run's value."""

    def checkpoints(self, folder: Path) -> list[int]:
        """Return the outer steps that a run can be branched from."""
