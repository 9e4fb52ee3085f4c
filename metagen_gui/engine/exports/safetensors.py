"""Weights as safetensors, with the experiment that they are of: what this program itself loads again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from metagen_gui.engine.exports.base import ADAPTED, INITIALIZATION, Arrays, Format, Order, Written, formats

if TYPE_CHECKING:
    from metagen_gui.engine.trained.export import Learned


class Safetensors(Format):
    """A folder that `load_export` opens."""

    def write(self, learned: Learned, order: Order, to: Path) -> Written:
        """Write weights, experiment and description."""
        from metagen_gui.engine.trained.export_folder import arrays_of, fill

        fill(to, learned.model, learned.history)
        return Written(arrays_of(learned.model))

    def read(self, at: Path, given: Arrays) -> Arrays:
        """Return every tensor and a few samples."""
        from metagen_gui.engine.trained.export_folder import arrays_of, load_export

        return arrays_of(load_export(at))

    def code(self, learned: Learned, place: Path) -> str:
        """Return lines of Python that load it, sample and adapt."""
        from metagen_gui.engine.trained.export import code_for

        return code_for(place, learned.model)


@formats.register(INITIALIZATION)
class Initialization(Safetensors):
    """What is meta-learned, all of it."""

    title = "Initialization (safetensors)"
    summary = "What every task starts from, for this program and for Python with it: it samples and adapts to examples."
    takes = frozenset({INITIALIZATION})
    place = 0


@formats.register(ADAPTED)
class Adapted(Safetensors):
    """What samples are made with after adaptation."""

    title = "Adapted model (safetensors)"
    summary = "The model after it has adapted to a task or to your images, for this program and for Python with it."
    takes = frozenset({ADAPTED})
    place = 1
