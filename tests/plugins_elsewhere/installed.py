"""A package as pip would have put it beside MetaGen, whose code says on stderr that it runs."""

from __future__ import annotations

from pathlib import Path

RUNS = "the code of toys runs"
KITE = f"""
import sys
from metagen_gui.api import GenerativeModel, models
from metagen_gui.engine.models.curve import Curve

print({RUNS!r}, file=sys.stderr, flush=True)


@models.register("kite")
class Kite(Curve):
    title = "Kite"
    summary = "Flies."
"""


def install_toys(site: Path) -> None:
    """Put the package *Toys*, which brings the model `kite`, into a folder that is to be on the path."""
    package, installed = site / "toys_of_others", site / "Toys-1.0.dist-info"
    for folder in (package, installed):
        folder.mkdir(parents=True)
    (package / "__init__.py").write_text(KITE)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: Toys\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[metagen.model]\nkite = toys_of_others\n")
