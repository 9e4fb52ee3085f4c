"""Chooses what is played with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QSizePolicy, QWidget

from metagen_gui.gui.playground.sources import Source
from metagen_gui.gui.widgets.wheel_guard import guard_wheel


class SourcePicker(QComboBox):
    """A list of sources; a person's choice, or the first usable one where there is none, is `wanted`.

    The last entry asks for a folder from elsewhere, which is listed from then on.
    """

    wanted = Signal(object)
    """The folder that is to be opened."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sources: Sequence[Source] = ()
        self.unusable = set[Path]()
        """What could not be opened."""
        self._elsewhere: list[Source] = []
        self._chosen: Path | None = None
        self.setObjectName("playground_source")
        self.setAccessibleName(self.tr("Trained model"))
        self.setToolTip(self.tr("What to play with: a run, as it is when you choose it, or an export"))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.activated.connect(self._want)
        guard_wheel(self)

    def offer(self, found: Sequence[Source], folder: Path | None) -> bool:
        """List what there is; what is open stays so, listed or not, or else the first is wanted. Return if any is."""
        known = {source.folder for source in found}
        more = [one for one in self._elsewhere if one.folder not in known | self.unusable]
        self.sources, self._chosen = [*found, *more], folder
        titles = [*(source.title for source in self.sources), self.tr("Open a run or an export…")]
        if [self.itemText(row) for row in range(self.count())] != titles:
            self.clear()
            self.addItems(titles)
        if folder is not None:
            if not self.show_chosen(folder):
                self.setCurrentIndex(-1)  # its folder has gone; what is in memory has not
                self.setPlaceholderText(self.tr("{0}, whose folder has gone").format(folder.name))
            return True
        usable = [row for row, one in enumerate(self.sources) if one.saved and one.folder not in self.unusable]
        if usable:
            self.setCurrentIndex(usable[0])
            self._want(usable[0])
        return bool(usable)

    def show_chosen(self, folder: Path) -> bool:
        """Let a source be the chosen one, if it is there; return whether it is."""
        place = next((row for row, source in enumerate(self.sources) if source.folder == folder), None)
        if place is not None:
            self._chosen = folder
            self.setCurrentIndex(place)
        return place is not None

    def take(self, folder: Path) -> None:
        """List a folder from elsewhere, and want it."""
        self.unusable.discard(folder)
        if all(source.folder != folder for source in self.sources):
            self._elsewhere.append(Source(folder, self.tr("Opened: {0}").format(folder.name)))
            self.offer(self.sources, folder)
        self.show_chosen(folder)
        self.wanted.emit(folder)

    def _ask(self) -> None:
        if self._chosen is None or not self.show_chosen(self._chosen):
            self.setCurrentIndex(-1)
        if name := QFileDialog.getExistingDirectory(self, self.tr("Open the folder of a run or an export")):
            self.take(Path(name))

    def _want(self, row: int) -> None:
        if 0 <= row < len(self.sources):
            self.wanted.emit(self.sources[row].folder)
        else:
            self._ask()
