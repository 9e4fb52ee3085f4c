"""Where the files are that belong to the program: in the installed package, in a checkout, or in the frozen program."""

from __future__ import annotations

import sys
from pathlib import Path


def resources_folder() -> Path:
    """Return the folder with `icons`, `presets` and `translations`; it may be missing from a broken installation."""
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen:
        return Path(frozen) / "resources"
    package = Path(__file__).resolve().parents[1]
    installed = package / "_resources"
    return installed if installed.is_dir() else package.parent / "resources"


def readme() -> Path | None:
    """Return the README of a checkout or of the frozen program, None where there is none."""
    for folder in (resources_folder(), resources_folder().parent):
        if (folder / "README.md").is_file():
            return folder / "README.md"
    return None


def documentation() -> Path | None:
    """Return the first page of the built documentation, of a package or of a checkout; None where it is not built."""
    for folder in (resources_folder() / "docs", resources_folder().parent / "build" / "docs"):
        if (folder / "index.html").is_file():
            return folder / "index.html"
    return None
