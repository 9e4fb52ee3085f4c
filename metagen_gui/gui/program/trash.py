"""Moves folders to the trash, from where they come back; nothing is ever deleted here."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QDir, QFile, QStandardPaths


def trash_folder(folder: Path, name: str) -> str:
    """Move a folder, which a person knows as `name`, to the trash; return why that could not be, "" if it could."""
    # Where the trash of a desktop lies, which Qt does not make.
    QDir().mkpath(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation))
    file = QFile(str(folder))
    if file.moveToTrash():
        return ""
    text = QCoreApplication.translate("Trash", "{name} could not be moved to the trash: {why}")
    return text.format(name=name, why=file.errorString())
