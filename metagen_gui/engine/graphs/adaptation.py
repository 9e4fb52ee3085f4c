"""Adaptation as one ONNX file, with what it is compared by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metagen_gui.engine.graphs.files import Arrays, cases, file_of
from metagen_gui.engine.graphs.functions import EXAMPLES, SAMPLES, adaptation
from metagen_gui.engine.graphs.joining import NO_GRAPH, Function, Lengths
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.trained.loaded_model import MOST_STEPS, LoadedModel

NAME = "adaptation"
COMPARED = ((1, 3), (3, 1), (10, 17))
"""Examples and samples at once."""


@dataclass(frozen=True)
class AdaptationFile:
    """The file, the function that it is of, and for how many examples: any number, or `examples`."""

    data: bytes
    function: Function
    steps: int
    examples: int | None
    notes: tuple[str, ...]

    def cases(self) -> tuple[Arrays, Arrays]:
        """Return inputs of several lengths and what comes out."""
        lengths: Sequence[Lengths] = [{EXAMPLES: self.examples or n, SAMPLES: count} for n, count in COMPARED]
        return cases(self.function, NAME, lengths)


def adaptation_file(model: LoadedModel, steps: int | None = None) -> AdaptationFile:
    """Return adaptation in `steps` steps, or as many as in training; raise `BadInput` where that is no graph.

    It is for any number of examples, or, where what is computed differs by that number, for as many as in training.
    """
    taken = model.algorithm.steps if steps is None else steps
    if not 0 <= taken <= MOST_STEPS:
        raise BadInput("steps", f"{taken} adaptation steps are not possible; 0 to {MOST_STEPS:,} are")
    about = {"data": str(model.spec), "adaptation steps": str(taken)}
    shots = model.experiment.config("training").shots
    why = ""
    for examples in (None, shots):
        function = adaptation(model, taken, examples=examples)
        try:
            data = file_of(function, NAME, about)
        except NO_GRAPH as problem:
            why = why or str(problem)
            continue
        notes = (f"Adaptation steps: {taken}; any number of examples.",)
        if examples is not None:
            notes = (f"Adaptation steps: {taken}; {examples} examples and no other number: {why}.",)
        return AdaptationFile(data, function, taken, examples, notes)
    raise BadInput("onnx-adaptation", f"adaptation of this model by this algorithm is no graph: {why}")
