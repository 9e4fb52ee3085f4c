"""Adaptation itself as an ONNX file: examples in, adapted samples out, the inner steps in the graph.

The model's own gradients are part of it (`engine/graphs/`), so that any program, or a web page, can adapt without
knowing how.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from metagen_gui.engine.exports.base import Arrays, OfAdaptation, Order, Written, formats
from metagen_gui.engine.graphs.files import read_model, run_cases

if TYPE_CHECKING:
    from metagen_gui.engine.trained.export import Learned

NAME = "adaptation"


@formats.register("onnx-adaptation")
class OnnxAdaptation(OfAdaptation):
    """One file, whose inputs are the support, latents and noise."""

    title = "ONNX: adaptation"
    summary = "Adaptation itself for every program that runs ONNX: examples in, samples after every step out."
    ending = ".onnx"
    place = 21

    def write(self, learned: Learned, order: Order, to: Path) -> Written:
        """Write the graph; where the number of examples cannot be left free, it is that of training, and is told."""
        from metagen_gui.engine.graphs.adaptation import adaptation_file

        made = adaptation_file(learned.model, order.steps)
        to.write_bytes(made.data)
        given, expected = made.cases()
        return Written(expected, given, made.notes)

    def read(self, at: Path, given: Arrays) -> Arrays:
        """Return what it gives for the inputs of another process."""
        return run_cases(read_model(at), NAME, given)

    def code(self, learned: Learned, place: Path) -> str:
        """Return lines of Python that adapt."""
        from metagen_gui.engine.graphs.functions import latents_in_code

        return f"""import numpy as np
import onnxruntime

adaptation = onnxruntime.InferenceSession({str(place)!r})
support = np.zeros((5, {", ".join(map(str, learned.model.spec.shape))}), "f4")  # put your own examples here
inputs = {{"support": support, "latents": {latents_in_code(learned.model, 16)}}}
for each in adaptation.get_inputs():  # whatever else is random; drawn here, though not quite as in training
    shape = [len(support) if length == "examples" else length for length in each.shape]
    inputs.setdefault(each.name, np.random.standard_normal(shape).astype("f4"))
samples = adaptation.run(None, inputs)[0]  # (steps + 1, 16, …): after 0, 1, … steps
"""
