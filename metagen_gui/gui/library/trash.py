"""Moves runs to the trash, after a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from metagen_gui.engine.store.trash import Thrown
from metagen_gui.gui.program.trash import trash_folder
from metagen_gui.gui.widgets.plain_text import PlainBox
from metagen_gui.gui.widgets.question import is_agreed

if TYPE_CHECKING:
    from metagen_gui.engine.store.library import RunEntry

_MOST_NAMES = 8


def ask_trash(parent: QWidget, entries: Sequence[RunEntry]) -> bool:
    """Ask whether these runs may go to the trash."""
    names = [" ".join(entry.name.split()) for entry in entries[:_MOST_NAMES]]
    more = len(entries) - len(names)
    box = PlainBox(parent)
    box.setObjectName("trash_dialog")
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(_tr("Move to the trash?"))
    one = _tr("Move the run “{name}” to the trash?").format(name=names[0])
    box.setText(one if len(entries) == 1 else _tr("Move {count} runs to the trash?").format(count=f"{len(entries):,}"))
    if len(entries) > 1:
        box.setInformativeText("\n".join([*names, *([_tr("and {count} more").format(count=f"{more:,}")] * (more > 0))]))
    return is_agreed(box, _tr("&Move to trash"), _tr("&Keep"))


def move_to_trash(entry: RunEntry) -> Thrown | str:
    """Move a run's folder to the trash; return it as it lies there, or why it does not."""
    if entry.state == "running":
        return _tr("{name} is going on; finish it first").format(name=entry.name)
    return trash_folder(entry.folder, entry.name)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Runs", text)
