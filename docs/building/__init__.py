"""What Sphinx needs besides the pages: those that are made of the program itself, formulas without scripts, lessons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from building import formulas, lessons
from building.commands import command_pages
from building.formats import format_pages
from building.interface import interface_pages
from building.plugins import plugin_pages

REFERENCE = "reference"
"""The folder of the pages that are made: nobody writes them, and none is kept by git."""


def make_pages(app: Sphinx) -> None:
    """Write every page of `reference/` anew where it has changed, and remove those that nothing stands behind."""
    folder = Path(app.srcdir) / REFERENCE
    pages = {
        folder / name: text for name, text in (*plugin_pages(), *format_pages(), *command_pages(), *interface_pages())
    }
    for path in folder.rglob("*.md"):
        if path not in pages:
            path.unlink()
    for path, text in pages.items():
        if not path.is_file() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx of all this."""
    app.connect("builder-inited", make_pages)
    formulas.setup(app)
    lessons.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
