"""Asks where a file goes; one that is there already is never replaced without a question about its very name."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QStandardPaths
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from metagen_gui.gui.widgets.plain_text import PlainBox
from metagen_gui.gui.widgets.question import is_agreed


class Last:
    """Where something was saved last, for as long as the program is open."""

    folder: Path | None = None


def where_to_save(
    parent: QWidget, title: str, proposed: str, kinds: str, suffix: str, *, any_suffix: bool = False
) -> Path | None:
    """Return the file that a person has chosen, with `suffix` at its end, or with `any_suffix`; None for none.

    The dialog asks about the name that was typed; where the suffix makes it another one, that is asked about here.
    """
    name, _ = QFileDialog.getSaveFileName(parent, title, _begun(proposed), kinds)
    if not name:
        return None
    Last.folder = Path(name).parent
    if name.lower().endswith(suffix.lower()) or (any_suffix and Path(name).suffix):
        return Path(name)
    path = Path(name + suffix)
    return path if not path.exists() or _may_replace(parent, title, path) else None


def _begun(proposed: str) -> str:
    """Return where the dialog begins: a name alone goes to where the last one went, or among a person's documents."""
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    places = (Last.folder, Path(documents) if documents else None, Path.home())
    return str(next((place / proposed for place in places if place is not None and place.is_dir()), proposed))


def _may_replace(parent: QWidget, title: str, path: Path) -> bool:
    box = PlainBox(parent)
    box.setObjectName("replace_dialog")
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle(title)
    box.setText(_tr("{0} is there already. Replace it?").format(path.name))
    box.setInformativeText(str(path.parent))
    return is_agreed(box, _tr("&Replace"), _tr("&Keep"))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Saving", text)
