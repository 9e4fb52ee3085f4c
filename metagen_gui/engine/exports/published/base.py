"""What a publisher is, and what of a run it is told: its folder is read and nothing is written there.

Training knows none of them. What they need comes with the extra `publish`.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.extras import Needing, lacking
from metagen_gui.engine.settings.plain_text import printable, shortened
from metagen_gui.engine.settings.registry import Registry
from metagen_gui.engine.store.metrics_file import Curves, read_curves
from metagen_gui.engine.store.names import is_run_folder
from metagen_gui.engine.store.record import read_record
from metagen_gui.engine.store.snapshots import kept_steps, read_snapshot

if TYPE_CHECKING:
    from metagen_gui.engine.pages.drawing import Frame

MOST_SHEETS, MOST_LETTERS = 20, 300


@dataclass(frozen=True)
class Reports:
    """What a run has reported, as those that show runs want it."""

    folder: Path
    settings: Mapping[str, Any]
    """Every setting by its path, such as `algorithm.inner_lr`."""
    curves: Curves
    began: float
    """Seconds since 1970."""

    @property
    def name(self) -> str:
        """What the run is called."""
        return printable(self.folder.name)

    def rows(self) -> Iterator[tuple[int, float, dict[str, float]]]:
        """Yield outer step, seconds since 1970, and the figures of that step by the names of `metrics.csv`."""
        steps, seconds = self.curves.meta_step, self.curves.columns["seconds"]
        names = [name for name in self.curves.columns if name != "seconds"]
        for step in np.unique(steps):
            found = dict[str, float]()
            rows = np.flatnonzero(steps == step)
            for row in rows:
                values = ((name, float(self.curves.columns[name][row])) for name in names)
                found |= {name: value for name, value in values if np.isfinite(value)}
            yield int(step), self.began + float(np.nan_to_num(seconds[rows[-1]])), found

    def sheets(self) -> Iterator[tuple[int, Frame]]:
        """Yield outer steps and the samples that were kept there as a picture, the first, the last and some between."""
        from metagen_gui.engine.exports.drawn.sheet import sheet

        steps = kept_steps(self.folder)
        for place in np.unique(np.linspace(0, len(steps) - 1, min(len(steps), MOST_SHEETS)).round().astype(int)):
            yield steps[place], sheet(read_snapshot(self.folder, steps[place])).frame(1)


def reports_of(folder: Path) -> Reports:
    """Return what a run has reported; raise `BadInput` that names what cannot be read."""
    from metagen_gui.engine.experiment import Experiment

    try:
        there = is_run_folder(folder)
    except OSError as error:
        raise BadInput(str(folder), error.strerror or str(error)) from None
    if not there:
        raise BadInput(str(folder), "not a run folder" if folder.exists() else "there is no such run folder")
    document, settings = Experiment.load(folder).document(complete=True), dict[str, Any]()
    for section in ("tasks", "model", "algorithm", "training"):
        part = document[section]
        named = part if section == "training" else {"name": part["name"], **part["settings"]}
        settings |= {f"{section}.{name}": value for name, value in named.items()}
    record = read_record(folder)
    return Reports(folder, settings, read_curves(folder), record.began if record else time.time())


class Publisher(Needing, ABC):
    """Shows runs. Subclass, set the class attributes, implement `publish`, `@publishers.register(NAME)`."""

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    extra: ClassVar[str] = "publish"

    @abstractmethod
    def publish(self, reports: Reports, at: str) -> str:
        """Publish a run at a place that the publisher knows, or where it usually does; return where to look.

        Whatever it raises becomes one line.
        """


publishers: Registry[Publisher] = Registry(
    "publisher", "metagen_gui.engine.exports.published", Publisher, "Programs that show runs"
)


def publish(folder: Path, to: str, at: str = "") -> str:
    """Publish a run and return a sentence that says where to look; raise `BadInput` that says what is wrong."""
    plugin = publishers.get(to)
    if why := lacking(plugin):
        raise BadInput(plugin.name, why)
    reports = reports_of(folder)
    try:
        return plugin().publish(reports, at)
    except BadInput:
        raise
    except Exception as error:  # a service may be out of reach, a store full, a name taken: in whatever words
        raise BadInput(plugin.name, shortened(printable(" ".join(str(error).split())), MOST_LETTERS)) from None
