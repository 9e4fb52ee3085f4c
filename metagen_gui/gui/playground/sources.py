"""What can be played with: the window's run, other runs, exports, and the trained models that come along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from metagen_gui.engine.resources import resources_folder
from metagen_gui.engine.store.names import EXPORT, exports_folder
from metagen_gui.gui.run.tool import trained_runs

if TYPE_CHECKING:
    from metagen_gui.engine.store.library import RunEntry


@dataclass(frozen=True)
class Source:
    """A folder that can be opened, and what it is called."""

    folder: Path
    title: str
    saved: bool = True
    """Whether it can be opened as it is; else it is saved first, once a person has chosen it."""


def sources(present: Path | None, runs: Sequence[RunEntry], *, goes_on: bool = False) -> list[Source]:
    """Return what there is: the window's `present` run first, then other runs and exports; what came along is last.

    A present run that `goes_on` can be saved, and so is there before its first checkpoint.
    """
    trained = trained_runs(present, runs)
    titles = {folder: _tr("This run: {0}") if folder == present else _tr("Run: {0}") for folder in trained}
    found = dict[Path, Source]()
    if goes_on and present is not None and present not in trained:
        found[present] = Source(present, _tr("This run: {0}").format(present.name), saved=False)
    found |= {folder: Source(folder, titles[folder].format(name)) for folder, name in trained.items()}
    for folder, title in (
        (exports_folder(), _tr("Export: {0}")),
        (resources_folder() / "trained", _tr("Example: {0}")),
    ):
        for path in sorted(_below(folder)):
            if (path / EXPORT).is_file():
                found.setdefault(path, Source(path, title.format(path.name)))
    return [*found.values()]


def _below(folder: Path) -> list[Path]:
    try:
        return [*folder.iterdir()]
    except OSError:
        return []


def _tr(text: str) -> str:
    return QCoreApplication.translate("PlaygroundSources", text)
