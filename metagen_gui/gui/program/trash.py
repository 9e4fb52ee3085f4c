"""Moves folders to MetaGen's trash, and tells of it with an undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.trash import Thrown, bring_back, throw_away

if TYPE_CHECKING:
    from metagen_gui.gui.widgets.banner import Banner


def trash_folder(folder: Path, name: str) -> Thrown | str:
    """Move a folder, which a person knows as `name`, to the trash; return it as it lies there, or why it does not."""
    try:
        return throw_away(folder, name)
    except BadInput as problem:
        return str(problem)


def tell_thrown(banner: Banner, thrown: Sequence[Thrown], afterwards: Callable[[], object]) -> None:
    """Say what went to the trash, with an undo; `afterwards` is called when it has come back."""

    def undo() -> None:
        problems = []
        for one in thrown:
            try:
                bring_back(one)
            except BadInput as problem:
                problems.append(str(problem))
        if problems:
            banner.warn(" ".join(problems))
        afterwards()

    name = " ".join(thrown[0].name.split())
    one = _tr("{name} is in the trash (Runs, Trash…).").format(name=name)
    many = _tr("{count} runs are in the trash (Runs, Trash…).").format(count=f"{len(thrown):,}")
    banner.tell(one if len(thrown) == 1 else many, offer=_tr("Undo"), then=undo)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Trash", text)
