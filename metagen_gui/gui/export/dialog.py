"""Export: in which format, what, where to, and the few lines of code that use it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from metagen_gui.engine.exports.base import Order
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.store.names import EXPORT, exports_folder
from metagen_gui.gui.export.format_list import FormatList
from metagen_gui.gui.export.language import LanguagePicker
from metagen_gui.gui.export.result import Result
from metagen_gui.gui.export.subject import Subject
from metagen_gui.gui.form.path_field import PathField
from metagen_gui.gui.program.job import Broken, Completed, Job, Outcome, Refused, Stopped
from metagen_gui.gui.program.worker import Worker
from metagen_gui.gui.run.states import RunState, enabled
from metagen_gui.gui.widgets.plain_text import PlainBox, PlainLabel
from metagen_gui.gui.widgets.question import is_agreed

if TYPE_CHECKING:
    from metagen_gui.engine.exports.offers import Offer
    from metagen_gui.engine.trained.export import Exported
    from metagen_gui.gui.program.engine import Engine
    from metagen_gui.gui.run.controller import RunController

SAVE_PATIENCE = 120_000
"""Milliseconds to wait for a running run's checkpoint: an outer step may take long."""
SIZE, SHARE = QSize(860, 640), 0.94
"""The size that suits, and the most of the screen that is taken."""


class ExportDialog(QDialog):
    """Exports a run; while it goes on, its newest state. The run is not disturbed."""

    def __init__(self, engine: Engine, controller: RunController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("export_dialog")
        self.setWindowTitle(self.tr("Export"))
        self.setModal(False)
        self._engine = engine
        self._controller = controller
        self._writing = False
        self._order: Order | None = None
        self._folder: Path | None = None
        self._proposed, self._advises = "", False
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._carry_on)
        self._looks = Worker(engine.use_threads, self)
        controller.saved.connect(self._carry_on)
        controller.state_changed.connect(self._follow)
        self._build()
        self._looks.came.connect(self.formats.show_offers)
        self._looks.failed.connect(self.outcome.say)
        self.set_run(controller.folder)

    def set_run(self, folder: Path | None) -> None:
        """Propose a run, and a place that is free, outside the runs."""
        if folder:
            self.run_field.set_path(folder)
            self._proposed = self.to_field.text()
        self._look()

    def wait(self) -> None:
        """Block until it is known which formats there are."""
        self._looks.wait()

    @property
    def busy(self) -> bool:
        """Whether an export is being written or waited for."""
        return self._writing or self._order is not None

    # -- looks -------------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.formats = FormatList(self)
        self.formats.chosen.connect(self._suit)
        self.about = PlainLabel(self.tr("Looking which formats there are…"), self)
        self.about.setObjectName("export_about")
        self.about.setWordWrap(True)
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.subject = Subject(self)
        where = QGroupBox(self.tr("Where"), self)
        places = QGridLayout(where)
        self.run_field = PathField("run_field", self.tr("Run folder"), self)
        self.to_field = PathField("to_field", self.tr("Folder or file to write"), self)
        for row, (text, field) in enumerate(
            ((self.tr("&From the run"), self.run_field), (self.tr("T&o"), self.to_field))
        ):
            label = PlainLabel(text, where)
            label.setBuddy(field.edit)
            places.addWidget(label, row, 0)
            places.addWidget(field, row, 1)
        self.language = LanguagePicker(where)
        label = PlainLabel(self.tr("&Language"), where)
        label.setBuddy(self.language)
        places.addWidget(label, 2, 0)
        places.addWidget(self.language, 2, 1, Qt.AlignmentFlag.AlignLeft)
        self.run_field.edit.editingFinished.connect(self._look)
        right = QVBoxLayout()
        for part in (self.about, self.subject, where):
            right.addWidget(part)
        right.addStretch(1)
        choices = QWidget(self)
        beside = QHBoxLayout(choices)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(self.formats, 2)
        beside.addLayout(right, 5)
        scrolled = QScrollArea(self)
        scrolled.setFrameShape(QFrame.Shape.NoFrame)
        scrolled.setWidgetResizable(True)
        scrolled.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scrolled.setWidget(choices)
        self.outcome = Result(self)
        self._going_on = self.outcome.going_on
        self._going_on.cancelled.connect(self._cancel)
        self._build_buttons()
        layout = QVBoxLayout(self)
        layout.addWidget(scrolled, 3)
        layout.addWidget(self.outcome, 2)
        layout.addWidget(self.buttons)
        self.resize(SIZE.boundedTo(self.screen().availableSize() * SHARE))
        self._show_busy(False)

    def _build_buttons(self) -> None:
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.export_button = QPushButton(self.tr("&Export"), self)
        self.export_button.setObjectName("export_button")
        self.export_button.setDefault(True)
        self.open_button = QPushButton(self.tr("Open fol&der"), self)
        self.buttons.addButton(self.export_button, QDialogButtonBox.ButtonRole.AcceptRole)
        self.open_button.setEnabled(False)
        for button in (self.outcome.copy_button, self.open_button):
            self.buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        self.export_button.clicked.connect(self.export)
        self.open_button.clicked.connect(self._open_folder)
        self.buttons.rejected.connect(self.close)

    def _look(self) -> None:
        """Find out, behind the window, which formats there are for the run."""
        run = self.run_field.path() if self.run_field.text() else None
        self._looks.do([partial(self._engine.export_formats, run)])
        self._propose(self.formats.offer())

    def _suit(self, offer: Offer) -> None:
        """Show what there is to say and to choose of a format."""
        self.subject.suit(offer)
        said = self.tr("{0}\nNot here: {1}.").format(translated(offer.summary), translated(offer.why_not))
        self.about.setText(said if offer.why_not else translated(offer.summary))
        if offer.command or self._advises:  # what was said of an export stays
            self.outcome.show_code(offer.command)
            helps = self.tr("This command adds what is missing; then open the program anew.")
            self.outcome.say(helps if offer.command else "")
        self._advises = bool(offer.command)
        self._propose(offer)
        self._show_busy(self.busy)

    def _propose(self, offer: Offer | None) -> None:
        """Propose a place that is free, with the ending of the format, unless a person has named another."""
        if self.run_field.text() and self.to_field.text() in ("", self._proposed):
            place = _free(exports_folder(), self.run_field.path().name, offer.ending if offer else "")
            self.to_field.set_path(place)
            self._proposed = str(place)

    def _show_busy(self, busy: bool) -> None:
        offer = self.formats.offer()
        self.export_button.setEnabled(not busy and not (offer and offer.why_not))

    # -- doing -------------------------------------------------------------------------------------------------------

    def order(self) -> Order | None:
        """Return what is asked for, or None after saying what is missing."""
        task, images = self.subject.adapts_to()
        for field, wanted in ((self.run_field, True), (self.to_field, True), (self.subject.images_field, images)):
            if not field.text() and wanted:
                self.outcome.say(self.tr("{what} is missing.").format(what=field.says), "error")
                field.edit.setFocus()
                return None
        offer = self.formats.offer()
        steps = self.subject.taken_steps()
        name, language = offer.name if offer else "", str(self.language.currentData())
        return Order(self.run_field.path(), self.to_field.path(), name, task, images, steps, language=language)

    def export(self) -> None:
        """Do it; a run that goes on writes its newest state first."""
        order = None if self.busy else self.order()
        if order is None:
            return
        if order.to.is_file() or (order.to / EXPORT).exists():
            if not self._may_replace(order.to):
                return
            order = replace(order, replace=True)
        self._show_busy(True)
        self.outcome.say("")
        if enabled("save_now", self._controller.state) and self._controller.folder == order.run:
            self._order = order
            self._going_on.begin(self.tr("Waiting for the run to save its newest state…"))
            self._patience.start(SAVE_PATIENCE)
            self._controller.save_now()
        else:
            self._begin(order)

    def _may_replace(self, place: Path) -> bool:
        """Ask whether an earlier export may go."""
        box = PlainBox(self)
        box.setObjectName("replace_export_dialog")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("Replace the export?"))
        holds = self.tr("This folder holds an earlier export, which will be gone.")
        box.setText(self.tr("There is such a file, which will be gone.") if place.is_file() else holds)
        box.setInformativeText(str(place))
        return is_agreed(box, self.tr("&Replace"), self.tr("&Keep"))

    def _follow(self, state: RunState) -> None:
        if not state.busy:  # it is not going to save any more
            self._carry_on()

    def _carry_on(self) -> None:
        """Export what there is: the run has saved, or no longer will."""
        order, self._order = self._order, None
        if order:
            self._patience.stop()
            self._begin(order)

    def _begin(self, order: Order) -> None:
        self._going_on.begin(self.tr("Writing, reading back and comparing…"))
        engine, hear, self._writing = self._engine, self._going_on.hear, True
        job = Job(lambda: engine.export(order, hear), use_threads=engine.use_threads)
        job.ended.connect(self._done)
        job.start()

    def _cancel(self) -> None:
        """Wait no longer for a run to save; what is being written ends by itself."""
        if self._order:
            self._order = None
            self._patience.stop()
            self._done(Stopped())

    def _done(self, outcome: Outcome) -> None:
        self._writing = False
        self._going_on.end()
        self._show_busy(False)
        if isinstance(outcome, Refused | Broken):
            self.outcome.say(translated(outcome.sentence), "error", outcome.details)
        elif isinstance(outcome, Completed):
            self._show_export(outcome.value)
        else:
            self.outcome.say(self.tr("Ended; nothing was exported."))

    def _show_export(self, exported: Exported) -> None:
        self._folder = exported.folder
        self.outcome.show_code(exported.code)
        self.outcome.say(translated(exported.summary), "good")
        self.open_button.setEnabled(True)

    def _open_folder(self) -> None:
        if self._folder:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Hide; an export that is being written goes on and is shown when the dialog is opened again."""
        event.accept()


def _free(folder: Path, name: str, ending: str = "") -> Path:
    """Return a place in `folder` that nothing has."""
    stems = (name if number == 1 else f"{name}-{number}" for number in itertools.count(1))
    return next(place for stem in stems if not (place := folder / f"{stem}{ending}").exists())
