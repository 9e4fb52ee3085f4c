"""Drawn tasks and pictures that come and go: files, the clipboard, what is dropped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QTemporaryDir, QUrl, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from metagen_gui.engine.data.spec import DataSpec
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.play.drawn_task import MARK, DrawnTask
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.names import EXPERIMENT, EXPORT
from metagen_gui.gui.playground.hand import Hand
from metagen_gui.gui.playground.serving import Given
from metagen_gui.gui.samples.cell_picture import image_tones
from metagen_gui.gui.samples.image_mosaic import Frame, draw_mosaic
from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.saving import where_to_save

SHOWN_SIDE = 112
"""Pixels of each example in the picture that is copied."""
SUFFIX = ".npz"
LARGEST = 1024
"""Pixels per side of a picture without a file: models see far fewer, and larger ones hold the window up."""
PICTURES = "*.png *.jpg *.jpeg *.gif *.bmp *.webp *.tif *.tiff *.csv *.tsv *.txt"


class Exchange(QWidget):
    """The buttons for it. Pictures are read elsewhere, by the family of the run, and so asked for by `read`."""

    said = Signal(str, bool)
    """A sentence, and whether it tells of a problem."""
    read = Signal(object)
    """Files of pictures are to be read: a tuple of paths."""
    model = Signal(object)
    """The folder of a run or an export came, to be played with."""

    def __init__(self, hand: Hand, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec: DataSpec | None = None
        """The data of the model that is open."""
        self._hand = hand
        self._folder: QTemporaryDir | None = None
        self._count = 0
        actions: dict[str, tuple[str, str, Callable[[], object]]] = {
            "open": ("mdi6.folder-open-outline", self.tr("Open a drawn task or pictures"), self._ask_and_open),
            "save": ("mdi6.content-save-outline", self.tr("Save the drawn task"), self._ask_and_save),
            "copy": ("mdi6.content-copy", self.tr("Copy the drawn task, to be pasted elsewhere (Ctrl+C)"), self.copy),
            "paste": ("mdi6.content-paste", self.tr("Paste pictures or a drawn task (Ctrl+V)"), self.paste),
        }
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self.buttons = list[IconButton]()
        for name, (icon, says, slot) in actions.items():
            button = IconButton(icon, says, self)
            button.setObjectName(f"playground_{name}_button")
            button.clicked.connect(slot)
            row.addWidget(button)
            self.buttons.append(button)

    def task(self) -> DrawnTask | None:
        """Return the drawn task; where there is none, that is told."""
        support = self._hand.support()
        if support is None or self.spec is None:
            self.said.emit(self.tr("There is nothing drawn yet."), True)
            return None
        return DrawnTask(self.spec.kind, support)

    def save(self, path: Path) -> None:
        """Write the drawn task; what cannot be is told."""
        task = self.task()
        if task is None:
            return
        try:
            task.save(path)
        except BadInput as problem:
            self.said.emit(str(problem), True)
        else:
            self.said.emit(self.tr("Saved {0}").format(path.name), False)

    def load(self, paths: Sequence[Path]) -> None:
        """Open a drawn task, or pictures."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        self.take(data)

    def copy(self) -> None:
        """Put the drawn task on the clipboard: as a word that brings it back, and as a picture to look at."""
        task = self.task()
        if task is None or self.spec is None:
            return
        data = QMimeData()
        data.setText(task.to_text())
        if self.spec.has_pixels:
            frame = Frame(len(task.support), 1, (SHOWN_SIDE, SHOWN_SIDE), gap=4)
            data.setImageData(draw_mosaic(self.spec.to_show(task.support), frame, image_tones(inverted=False)))
        QGuiApplication.clipboard().setMimeData(data)
        self.said.emit(self.tr("Copied: paste it here, or send the text to somebody."), False)

    def paste(self) -> None:
        """Take what is on the clipboard."""
        self.take(QGuiApplication.clipboard().mimeData())

    def take(self, data: QMimeData) -> None:
        """Take a drawn task, pictures or a model that were pasted or dropped; what is none of them is told."""
        paths = _files(data)
        if len(paths) == 1 and any((paths[0] / name).is_file() for name in (EXPERIMENT, EXPORT)):
            self.model.emit(paths[0])
            return
        if self.spec is None:
            self.said.emit(self.tr("Wait until a model is open."), True)
            return
        try:
            found = self._found(data)
            if isinstance(found, DrawnTask):
                self._hand.give(found.fitting(self.spec), anew=True)
                self.said.emit(self.tr("Examples: {0}").format(len(found.support)), False)
            else:
                self.read.emit(found)
        except BadInput as problem:
            self.said.emit(str(problem), True)

    def receive(self, given: Given) -> None:
        """Take examples that were picked or read, and tell whose they are, and what of them there is not."""
        added = self._hand.give(given.support, anew=given.anew)
        told = [given.name]
        if not added:
            told = [self.tr("Nothing was added: ten examples are the most. Remove one first.")]
        elif (added < len(given.support) or given.left) and self.spec is not None and self.spec.has_pixels:
            told.append(self.tr("Added {0}; ten examples are the most.").format(added))
        elif given.left:
            told.append(self.tr("Added {0} points; there can be no more.").format(added))
        self.said.emit(" · ".join([*told, *map(translated, given.notices)]), not added)

    def _found(self, data: QMimeData) -> DrawnTask | tuple[Path, ...]:
        """Return the drawn task or the files that data hold; raise `BadInput` where there is neither."""
        paths = _files(data)
        if len(paths) == 1 and paths[0].suffix.lower() == SUFFIX:
            return DrawnTask.load(paths[0])
        if paths:
            return tuple(paths)
        if holds_task(data):
            return DrawnTask.from_text(data.text())
        image = data.imageData() if data.hasImage() else None
        if isinstance(image, QImage) and not image.isNull():
            return (self._file_of(image),)
        raise BadInput("clipboard", "it holds no picture and no drawn task")

    def _file_of(self, image: QImage) -> Path:
        """Return a file with a picture that came without one, so that it goes the way of all others."""
        if self._folder is None or not self._folder.isValid():
            self._folder = QTemporaryDir()
        self._count += 1
        path = Path(self._folder.path()) / f"pasted {self._count}.png"
        if max(image.width(), image.height()) > LARGEST:
            smooth = Qt.TransformationMode.SmoothTransformation
            image = image.scaled(LARGEST, LARGEST, Qt.AspectRatioMode.KeepAspectRatio, smooth)
        if not self._folder.isValid() or not image.save(str(path)):
            raise BadInput("clipboard", "its picture cannot be kept where temporary files are")
        return path

    def _ask_and_save(self) -> None:
        if self.task() is None:
            return
        kinds = self.tr("Drawn tasks (*{0})").format(SUFFIX)
        path = where_to_save(self, self.tr("Save the drawn task"), f"drawn{SUFFIX}", kinds, SUFFIX)
        if path is not None:
            self.save(path)

    def _ask_and_open(self) -> None:
        kinds = self.tr("Drawn tasks, pictures and tables of points (*{0} {1})").format(SUFFIX, PICTURES)
        names, _ = QFileDialog.getOpenFileNames(self, self.tr("Open a drawn task or pictures"), "", kinds)
        if names:
            self.load([Path(name) for name in names])


def _files(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def holds_task(data: QMimeData) -> bool:
    """Return whether data that were pasted or dropped hold a drawn task as text."""
    return data.hasText() and data.text().lstrip().startswith(MARK)
