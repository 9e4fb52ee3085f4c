"""What the chosen folder or zip of images gives: what can be used, how it was read, what is skipped and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QThread, QTimer
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from metagen_gui.engine.settings.plain_text import printable
from metagen_gui.gui.experiment.images.kinds import ImportKinds
from metagen_gui.gui.experiment.images.look import ImageLook
from metagen_gui.gui.experiment.images.table import ImportTable
from metagen_gui.gui.program.job import Broken, Completed, Outcome, Refused
from metagen_gui.gui.widgets.elided_label import ElidedLabel
from metagen_gui.gui.widgets.plain_text import PlainLabel, plain_tip

if TYPE_CHECKING:
    from metagen_gui.engine.data.image_files.report import ImportReport

LOOKS_A_SECOND = 10
"""How often the page asks how far the look has come; it is not told."""


class ImportPage(QDialog):
    """Looks through the images behind the window and shows what it found. Closing it ends the look."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("import_page")
        self.setWindowTitle(self.tr("The images"))
        self.setModal(False)
        self._job: ImageLook | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(1000 // LOOKS_A_SECOND)
        self._timer.timeout.connect(self._show_progress)
        self.finished.connect(self._drop)  # closed, by whatever way
        self._build()

    @property
    def busy(self) -> bool:
        """Whether a look is going on."""
        return self._job is not None

    def look(self, settings: Any) -> None:
        """Look through the images that `settings` choose, in place of any others."""
        self._drop()
        shown = printable(settings.path)
        self.place.setText(shown)
        self.place.setToolTip(plain_tip(shown))
        self._job = ImageLook(settings)
        self._job.ended.connect(self._done)
        self._show_found(None)
        self._say(self.tr("Looking for images…"))
        self._show_busy(True)
        self._job.start(QThread.Priority.LowPriority)  # less urgent than the window and a training

    def stop(self) -> None:
        """End the look; what was read until then is shown."""
        if self._job is not None:
            self._job.stop()

    # -- looks -------------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.place = ElidedLabel("", self)
        self.place.setProperty("tone", "muted")
        self.said, self.note = PlainLabel(parent=self), PlainLabel(parent=self)
        for label, name in ((self.said, "import_summary"), (self.note, "import_note")):
            label.setObjectName(name)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.progress = QProgressBar(self)
        self.progress.setAccessibleName(self.tr("Reading the images"))
        self.progress.setTextVisible(False)
        self.stop_button = QPushButton(self.tr("&Stop"), self)
        self.stop_button.setObjectName("import_stop")
        self.stop_button.setToolTip(self.tr("End the look; what was read until then is shown"))
        self.stop_button.setAutoDefault(False)
        self.stop_button.clicked.connect(self.stop)
        going = QHBoxLayout()
        going.addWidget(self.progress, 1)
        going.addWidget(self.stop_button)
        self._build_tabs()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.copy_button = QPushButton(self.tr("&Copy the list of skipped files"), self)
        self.copy_button.setObjectName("import_copy")
        self.copy_button.setToolTip(self.tr("Put names and reasons on the clipboard, one file to a line"))
        self.copy_button.setAutoDefault(False)
        self.buttons.addButton(self.copy_button, QDialogButtonBox.ButtonRole.ActionRole)
        self.copy_button.clicked.connect(self._copy)
        self.buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.addWidget(self.place)
        column.addWidget(self.said)
        column.addWidget(self.note)
        column.addLayout(going)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.buttons)
        self.resize(680, 560)
        self._show_found(None)
        self._show_busy(False)

    def _build_tabs(self) -> None:
        self.kinds = ImportKinds(self)
        self.skipped = ImportTable(
            "import_skipped", self.tr("Skipped files"), (self.tr("File"), self.tr("Why it is skipped")), self
        )
        self.classes = ImportTable(
            "import_classes", self.tr("Classes"), (self.tr("Class"), self.tr("Used to"), self.tr("Images")), self
        )
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(self.tr("What was found"))
        self._pages: list[QStackedWidget] = []
        for view in (self.kinds, self.skipped, self.classes):
            nothing = PlainLabel(parent=self)
            nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
            nothing.setProperty("tone", "muted")
            page = QStackedWidget(self)
            page.addWidget(nothing)
            page.addWidget(view)
            self._pages.append(page)
            self.tabs.addTab(page, "")

    def _show_tab(self, place: int, title: str, count: int, nothing: str) -> None:
        page, label = self._pages[place], self._pages[place].widget(0)
        assert isinstance(label, QLabel)
        label.setText(nothing)
        page.setCurrentIndex(1 if count else 0)
        self.tabs.setTabText(place, f"{title} ({count:,})" if count else title)

    def _show_found(self, report: ImportReport | None) -> None:
        """Fill the three lists, or empty them."""
        parts = {"train": self.tr("train"), "validation": self.tr("validate"), "test": self.tr("test")}
        kinds, skipped, classes = (report.kinds, report.skipped, report.classes) if report else ((), (), ())
        self.kinds.show_kinds(kinds)
        self.skipped.show_rows(skipped)
        self.classes.show_rows([(one.name, parts[one.part], one.images) for one in classes])
        unknown = "" if report else self.tr("Nothing yet.") if self.busy else self.tr("Nothing was read.")
        self._show_tab(0, self.tr("How they were read"), len(kinds), unknown or self.tr("No image could be read."))
        self._show_tab(1, self.tr("Skipped"), len(skipped), unknown or self.tr("Nothing was skipped."))
        self._show_tab(2, self.tr("Classes"), len(classes), unknown or self.tr("There are no classes."))
        self.copy_button.setEnabled(bool(skipped))
        notes = self._notes(report) if report else []
        self.note.setText("\n".join(notes))
        self.note.setVisible(bool(notes))

    def _notes(self, report: ImportReport) -> list[str]:
        notes = []
        if report.inverted:
            notes.append(
                self.tr(
                    "They are read inverted: what is dark becomes 1, white in these pictures. Polarity changes that."
                )
            )
        if report.others:
            named = ", ".join(report.others[:3]) + ("…" if len(report.others) > 3 else "")
            text = self.tr("Not named as images, and left alone ({count}): {names}")
            notes.append(text.format(count=f"{len(report.others):,}", names=named))
        return [*notes, *(note[0].upper() + note[1:] + "." for note in report.notes)]

    def _show_busy(self, busy: bool) -> None:
        self.progress.setVisible(busy)
        self.stop_button.setVisible(busy)
        if busy:
            self.progress.setRange(0, 0)
            self._timer.start()
        else:
            self._timer.stop()

    def _say(self, text: str, tone: str = "") -> None:
        self.said.setProperty("tone", tone)
        # The style sheet looks at properties only when it is asked to.
        self.said.style().unpolish(self.said)
        self.said.style().polish(self.said)
        self.said.setText(text)

    # -- doing -------------------------------------------------------------------------------------------------------

    def _show_progress(self) -> None:
        if self._job is None:
            return
        met, of = self._job.progress
        self.progress.setRange(0, of)
        self.progress.setValue(met)
        if of:
            self._say(self.tr("{met} of {of} images read…").format(met=f"{met:,}", of=f"{of:,}"))
        elif met:
            self._say(self.tr("{met} files met…").format(met=f"{met:,}"))

    def _done(self, outcome: Outcome) -> None:
        self._job = None
        self._show_busy(False)
        report = outcome.value if isinstance(outcome, Completed) else None
        self.said.setToolTip(plain_tip(outcome.details if isinstance(outcome, Broken) else ""))
        self._show_found(report)
        match outcome:
            case Refused(why=said) | Broken(sentence=said):
                self._say(said, "error")
            case _:
                self._say(report.summary() if report else self.tr("Stopped before any image was read."))

    def _drop(self) -> None:
        job, self._job = self._job, None
        if job is not None:
            job.ended.disconnect(self._done)
            job.stop()
        self._show_busy(False)

    def _copy(self) -> None:
        self.skipped.clearSelection()
        self.skipped.copy()
