"""Sampler, encoder and likelihood as ONNX files, for any number of examples at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from metagen_gui.engine.exports.base import Arrays, Format, Order, Written, formats
from metagen_gui.engine.graphs.files import TOLERANCE, cases, file_of, read_model, run_cases

if TYPE_CHECKING:
    from metagen_gui.engine.trained.export import Learned

COMPARED = (1, 3, 17)
"""Examples at once."""


@formats.register("onnx")
class Onnx(Format):
    """A folder with an ONNX file for each of the things that the model can do without adapting."""

    title = "ONNX: sampler, encoder, likelihood"
    summary = "What the model computes as it stands, for every program that runs ONNX: all that is random is an input."
    needs = ("onnx", "onnxruntime")
    place = 20
    tolerance = TOLERANCE

    def write(self, learned: Learned, order: Order, to: Path) -> Written:
        """Write what there is; what no graph can hold is left out, and the card says so."""
        from metagen_gui.engine.graphs import functions
        from metagen_gui.engine.graphs.joining import NO_GRAPH
        from metagen_gui.engine.settings.bad_input import BadInput

        model, notes = learned.model, [f"Latents: {functions.latents_in_words(learned.model)}."]
        given: Arrays = {}
        expected: Arrays = {}
        made = {
            "sampler": functions.sampler(model),
            "encoder": functions.encoder(model),
            "likelihood": functions.likelihood(model),
        }
        for name, function in made.items():
            if function is None:
                notes.append(f"No {name}: this model has none.")
                continue
            try:
                data = file_of(function, name, {"data": str(model.spec)})
            except NO_GRAPH as why:
                notes.append(f"No {name}: {why}.")
                continue
            (to / f"{name}.onnx").write_bytes(data)
            (axis,) = function.axes
            asked, found = cases(function, name, [{axis: n} for n in COMPARED])
            given, expected = {**given, **asked}, {**expected, **found}
        if not given:
            raise BadInput(self.name, " ".join(notes[1:]))
        return Written(expected, given, tuple(notes))

    def read(self, at: Path, given: Arrays) -> Arrays:
        """Return what every file gives."""
        every = (run_cases(read_model(path), path.stem, given) for path in sorted(at.glob("*.onnx")))
        return {name: value for found in every for name, value in found.items()}

    def code(self, learned: Learned, place: Path) -> str:
        """Return lines of Python that sample."""
        from metagen_gui.engine.graphs.functions import latents_in_code

        return f"""import numpy as np
import onnxruntime

sampler = onnxruntime.InferenceSession({str(place / "sampler.onnx")!r})
latents = {latents_in_code(learned.model, 16)}
samples = sampler.run(None, {{"latents": latents}})[0]  # (16, {", ".join(map(str, learned.model.spec.shape))})
"""
