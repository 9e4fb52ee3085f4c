"""What the window asks of the engine, which is imported behind the painted window."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from metagen_gui.engine.events import Event

if TYPE_CHECKING:
    from metagen_gui.engine.devices import Device
    from metagen_gui.engine.experiment import Experiment
    from metagen_gui.engine.exports.base import Order
    from metagen_gui.engine.exports.offers import Offer
    from metagen_gui.engine.progress import Hears
    from metagen_gui.engine.run.outer_loop import Commands
    from metagen_gui.engine.settings.packages import Foreign
    from metagen_gui.engine.settings.registry import Problem
    from metagen_gui.engine.store.library import RunEntry
    from metagen_gui.engine.trained.export import Exported


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


@dataclass(frozen=True)
class Engine:
    """Everything the window asks of the engine. A test hands over stand-ins."""

    experiment: type[Experiment]
    meta_train: Callable[..., Generator[Event, None, None]]
    resume_run: Callable[..., Generator[Event, None, None]]
    origin: Callable[[Path, int | None], Any]
    library: RunLibrary
    commands: Callable[[], Commands]
    use_threads: Callable[[], Any]
    devices: Callable[[], Sequence[Device]]
    memory_used: Callable[[str], int]
    runs_folder: Callable[[], Path]
    export: Callable[[Order, Hears], Exported]
    """Write an export; the second one is told how far it is, and returns whether to go on."""
    export_formats: Callable[[Path | None], Sequence[Offer]]
    """The formats of exports, as they are for a run."""
    warm_up: Callable[[], object] = bool
    """Do what the first run would wait for, in a thread, once the engine is there."""
    problems: Sequence[Problem] = ()
    """Plugins that could not be loaded."""
    foreign: Sequence[Foreign] = ()
    """Plugins of other packages, loaded or not."""
    load_packages: Callable[[Collection[str]], Sequence[Problem]] = lambda packages: ()
    """Switches packages on and imports what they bring, then and there; returns what cannot be."""
