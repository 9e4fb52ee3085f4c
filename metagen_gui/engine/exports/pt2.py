"""The sampler as a program of torch.export: torch alone runs it, without this program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from metagen_gui.engine.exports.base import Arrays, Format, Order, Written, formats

if TYPE_CHECKING:
    from metagen_gui.engine.trained.export import Learned

COMPARED = 17
MOST_TURNS = 50
"""Of a model that draws an image bit by bit, which are written one by one: what 50 of them take is minutes."""


@formats.register("pt2")
class TorchProgram(Format):
    """A `.pt2` file, whose one input are latents."""

    title = "torch.export program (.pt2)"
    summary = "The sampler as one file that torch alone runs, for any number of samples at once."
    ending = ".pt2"
    place = 40
    tolerance = 1e-5

    def objection_to(self, learned: Learned) -> str:
        """Say that a program would have to hold too many turns."""
        from metagen_gui.engine.graphs.functions import latents_for
        from metagen_gui.engine.graphs.program import Sampler, turns_of

        turns = turns_of(Sampler(learned.model), latents_for(learned.model, 1))
        if turns <= MOST_TURNS:
            return ""
        return (
            f"it draws an image in {turns} turns, and this format holds each of them, up to {MOST_TURNS}; "
            "ONNX and the Python file hold one for all"
        )

    def write(self, learned: Learned, order: Order, to: Path) -> Written:
        """Trace the sampler and save it; what it gives is compared with the model itself."""
        import torch

        from metagen_gui.engine.graphs.functions import latents_for
        from metagen_gui.engine.graphs.program import EXAMPLE, Sampler, traced

        sampler = Sampler(learned.model)
        program = traced(
            sampler, {"latents": latents_for(learned.model, EXAMPLE)}, {"latents": {0: torch.export.Dim.DYNAMIC}}
        )
        torch.export.save(program, to)
        latents = latents_for(learned.model, COMPARED, seed=1)
        with torch.no_grad():
            return Written({"samples": sampler(latents).numpy()}, {"latents": latents.numpy()})

    def read(self, at: Path, given: Arrays) -> Arrays:
        """Return the samples of latents."""
        import torch

        with torch.no_grad():
            samples = torch.export.load(at).module()(latents=torch.from_numpy(given["latents"]))
        return {"samples": samples.numpy()}

    def code(self, learned: Learned, place: Path) -> str:
        """Return lines of Python that load it and sample."""
        from metagen_gui.engine.graphs.functions import latents_for

        size = latents_for(learned.model, 1).shape[1]
        return f"""import torch

program = torch.export.load({str(place)!r}).module()
samples = program(latents=torch.randn(16, {size}))  # a tensor (16, {", ".join(map(str, learned.model.spec.shape))})
"""
