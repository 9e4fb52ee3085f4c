"""What a format of exports is: what it takes, what it needs, how it is written and how it is read again.

A format says these things and no more; `writing.py` does for all of them what every export promises: written beside
its place, read back in a separate process, compared, and only then moved there, with a model card. The other process
imports this file and that of the format: what takes long to import, torch above all, is imported where a format writes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy.typing as npt

from metagen_gui.engine.graphs.files import TOLERANCE
from metagen_gui.engine.settings.extras import Needing
from metagen_gui.engine.settings.registry import Registry

if TYPE_CHECKING:
    from metagen_gui.engine.trained.export import Learned

Arrays = Mapping[str, npt.NDArray[Any]]
"""Arrays by name, as they go to the other process and come back; nothing in them is pickled."""
INITIALIZATION, ADAPTED = "initialization", "adapted"


@dataclass(frozen=True)
class Order:
    """What to export of which run, and where to.

    A model that adapts first does so to the validation task `task`, from 0, or to `images`, in `steps` steps or as in
    training. Without a `format` it is written as safetensors. What people read of it is in `language`, such as zh_CN;
    without one, in that of the program.
    """

    run: Path
    to: Path
    format: str = ""
    task: int | None = None
    images: Path | None = None
    steps: int | None = None
    replace: bool = False
    language: str = ""


@dataclass(frozen=True)
class Written:
    """What reading it again has to give: from the arrays `given` those that are `expected`."""

    expected: Arrays
    given: Arrays = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """Sentences on this export for its model card, such as what had to be left out."""
    card: str = ""
    """The model card, where what was written holds it too; else it is made afterwards: scoring for it takes time."""


class Format(Needing, ABC):
    """A format. Subclass, set the class attributes, implement the methods, `@formats.register(NAME)`."""

    name: ClassVar[str]
    """What it is registered as."""
    title: ClassVar[str]
    summary: ClassVar[str]
    """What it is good for, in one sentence."""
    place: ClassVar[int] = 100
    """Where it stands among others: the lower, the sooner."""
    takes: ClassVar[frozenset[str]] = frozenset({INITIALIZATION, ADAPTED})
    """Which models it is for."""
    of_run: ClassVar[bool] = False
    """Whether it shows what the run has kept, and holds no model."""
    takes_steps: ClassVar[bool] = False
    """Whether a number of adaptation steps says something where no model is adapted first."""
    ending: ClassVar[str] = ""
    """The ending of its one file, such as ".html"; empty for a folder."""
    tolerance: ClassVar[float] = 0.0
    """How far what is read may be from what is expected, absolutely and of its size."""

    def objection_to(self, learned: Learned) -> str:
        """Return why this model cannot be written so, in one sentence, or nothing if it can."""
        return ""

    @abstractmethod
    def write(self, learned: Learned, order: Order, to: Path) -> Written:
        """Write the file `to`, or into the folder `to`, which is there and empty; `BadInput` says what cannot be."""

    @abstractmethod
    def read(self, at: Path, given: Arrays) -> Arrays:
        """Return what is read of an export, from `given`; this runs in a process of its own."""

    @abstractmethod
    def code(self, learned: Learned, place: Path) -> str:
        """Return a few lines that use the export at `place`, for a person to copy."""


class OfAdaptation(Format):
    """A format that holds the graph of adaptation itself: of an initialization, in any number of steps."""

    takes = frozenset({INITIALIZATION})
    takes_steps = True
    needs = ("onnx", "onnxruntime")
    tolerance = TOLERANCE


formats: Registry[Format] = Registry("format", "metagen_gui.engine.exports", Format, "Formats of exports")


def formats_in_order() -> list[type[Format]]:
    """Return all formats in the order in which they are offered."""
    return sorted((plugin for _, plugin in formats.items()), key=lambda plugin: (plugin.place, plugin.name))
