"""Sample sheets: what held-out tasks adapt to, samples as they do, and examples never seen, as PNG and as SVG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from metagen_gui.engine.exports.base import INITIALIZATION, Arrays, Format, Order, Written, formats
from metagen_gui.engine.exports.drawn.pictures import decoded, newest_snapshot, no_samples, text_as_array
from metagen_gui.engine.files import write_atomically

if TYPE_CHECKING:
    from metagen_gui.engine.trained.export import Learned

PNG, SVG = "samples.png", "samples.svg"


@formats.register("samples")
class SampleSheets(Format):
    """The newest samples that the run has kept."""

    title = "Sample sheet (PNG, SVG)"
    summary = "The run's newest samples of held-out tasks, step by step, as pictures for a page or a slide."
    takes = frozenset({INITIALIZATION})
    of_run = True
    place = 60

    def objection_to(self, learned: Learned) -> str:
        """Say that the run has kept no samples."""
        return no_samples(learned.run.folder)

    def write(self, learned: Learned, order: Order, to: Path) -> Written:
        """Draw both."""
        from metagen_gui.engine.exports.drawn.sheet import sheet

        drawing = sheet(newest_snapshot(learned.run.folder))
        frame, text = drawing.frame(), drawing.svg()
        write_atomically(to / PNG, drawing.png())
        write_atomically(to / SVG, text.encode())
        return Written({PNG: frame, SVG: text_as_array(text)})

    def read(self, at: Path, given: Arrays) -> Arrays:
        """Return the pixels of the one and the text of the other."""
        return {PNG: decoded(at / PNG)[0], SVG: text_as_array((at / SVG).read_text("utf-8"))}

    def code(self, learned: Learned, place: Path) -> str:
        """Return lines of Markdown that show it."""
        return f"![Samples as the model adapts]({(place / PNG).as_uri()})\n"
