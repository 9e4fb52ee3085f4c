"""The losses of a run: every figure as a table, and drawn, as SVG and as PNG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from metagen_gui.engine.exports.base import INITIALIZATION, Arrays, Format, Order, Written, formats
from metagen_gui.engine.exports.drawn.pictures import decoded, text_as_array
from metagen_gui.engine.files import write_atomically
from metagen_gui.engine.languages.spoken import translated

if TYPE_CHECKING:
    from metagen_gui.engine.trained.export import Learned

CSV, PNG, SVG = "curves.csv", "curves.png", "curves.svg"


@formats.register("curves")
class LossCurves(Format):
    """What `metrics.csv` holds of losses, a column each."""

    title = "Curves (CSV, SVG, PNG)"
    summary = "The losses of the run over its outer steps, as a table for other programs and as a drawing."
    takes = frozenset({INITIALIZATION})
    of_run = True
    place = 61

    def write(self, learned: Learned, order: Order, to: Path) -> Written:
        """Write the table and draw it."""
        from metagen_gui.engine.exports.drawn.losses import LOSS, losses
        from metagen_gui.engine.settings.plain_text import printable
        from metagen_gui.engine.store.metrics_file import read_curves

        curves = read_curves(learned.run.folder)
        names = ["seconds", *(name for name in curves.columns if f"/{LOSS}/" in name)]
        table = np.stack([curves.meta_step.astype(float), *(curves.columns[name] for name in names)], axis=1)
        rows = [",".join("" if np.isnan(cell) else f"{cell:.17g}" for cell in row) for row in table]
        drawing = losses(curves, translated(f"Losses of {printable(learned.run.folder.name)}"))
        text = drawing.svg()
        write_atomically(to / CSV, "\n".join([",".join(["meta_step", *names]), *rows, ""]).encode())
        write_atomically(to / PNG, drawing.png())
        write_atomically(to / SVG, text.encode())
        return Written({CSV: table, PNG: drawing.frame(), SVG: text_as_array(text)})

    def read(self, at: Path, given: Arrays) -> Arrays:
        """Return the numbers, the pixels and the text."""
        table = np.genfromtxt(at / CSV, delimiter=",", skip_header=1, encoding="utf-8", ndmin=2)
        return {CSV: table, PNG: decoded(at / PNG)[0], SVG: text_as_array((at / SVG).read_text("utf-8"))}

    def code(self, learned: Learned, place: Path) -> str:
        """Return lines of Python that read the table."""
        return f"""import csv

with open({str(place / CSV)!r}, encoding="utf-8") as file:
    rows = list(csv.DictReader(file))  # a row per report: meta_step, seconds, and losses where they were computed
"""
