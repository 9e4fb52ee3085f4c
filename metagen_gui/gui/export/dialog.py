"""Export: what, where to, and the few lines of Python that load it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QGroupBox,
    QMessageBox,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from metagen_gui.engine.store.names import EXPORT, exports_folder
from metagen_gui.gui.export.order import ExportOrder
from metagen_gui.gui.form.editors.base import field_height
from metagen_gui.gui.form.path_field import PathField
from metagen_gui.gui.program.job import Broken, Completed, Job, Outcome, Refused
from metagen_gui.gui.run.states import RunState, enabled
from metagen_gui.gui.widgets.plain_text import PlainBox, PlainLabel, plain_tip
from metagen_gui.gui.widgets.question import is_agreed
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    from metagen_gui.engine.trained.export import Exported
    from metagen_gui.gui.program.engine import Engine
    from metagen_gui.gui.run.controller import RunController

SAVE_PATIENCE = 120_000
"""Milliseconds to wait for a running run's checkpoint: an outer step may take long."""


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
        self._order: ExportOrder | None = None
        self._folder: Path | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._carry_on)
        controller.saved.connect(self._carry_on)
        controller.state_changed.connect(self._follow)
        self._build()
        self.set_run(controller.folder)
        self._choose()

    def set_run(self, folder: Path | None) -> None:
        """Propose a run, and a place that is free, outside the runs."""
        if folder:
            self.run_field.set_path(folder)
            self.to_field.set_path(_free(exports_folder(), folder.name))

    @property
    def busy(self) -> bool:
        """Whether an export is being written or waited for."""
        return self._writing or self._order is not None

    # -- looks -------------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        what = QGroupBox(self.tr("What"), self)
        grid = QGridLayout(what)
        self.initialization = QRadioButton(self.tr("The meta-learned &initialization"), what)
        self.initialization.setToolTip(self.tr("What every task starts from, before any adaptation"))
        self.task = QRadioButton(self.tr("Adapted to a held-out &task, number"), what)
        self.task.setToolTip(self.tr("The model after it has adapted to one of the validation tasks"))
        self.images = QRadioButton(self.tr("Adapted to &my images in"), what)
        self.images.setToolTip(self.tr("The model after it has adapted to the images of a folder of yours"))
        self.task_index = self._spin(
            "task_index",
            1,
            1_000_000,
            self.tr("Number of the validation task; 1 is the first row of the adaptation view"),
        )
        self.images_field = PathField("images_field", self.tr("Folder with images"), self)
        steps_label = PlainLabel(self.tr("Adaptation &steps"), what)
        self.steps = self._spin("steps", 0, 10_000, self.tr("Adaptation steps"))
        self.steps.setSpecialValueText(self.tr("as in training"))
        steps_label.setBuddy(self.steps)
        grid.addWidget(self.initialization, 0, 0, 1, 2)
        grid.addWidget(self.task, 1, 0)
        grid.addWidget(self.task_index, 1, 1, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self.images, 2, 0)
        grid.addWidget(self.images_field, 2, 1)
        grid.addWidget(steps_label, 3, 0)
        grid.addWidget(self.steps, 3, 1, Qt.AlignmentFlag.AlignLeft)
        grid.setColumnStretch(1, 1)
        self.initialization.setChecked(True)
        for button in (self.initialization, self.task, self.images):
            button.toggled.connect(self._choose)

        where = QGroupBox(self.tr("Where"), self)
        places = QGridLayout(where)
        self.run_field = PathField("run_field", self.tr("Run folder"), self)
        self.to_field = PathField("to_field", self.tr("Folder to write"), self)
        for row, (text, field) in enumerate(
            ((self.tr("&From the run"), self.run_field), (self.tr("T&o the folder"), self.to_field))
        ):
            label = PlainLabel(text, where)
            label.setBuddy(field.edit)
            places.addWidget(label, row, 0)
            places.addWidget(field, row, 1)

        self.said = PlainLabel(parent=self)
        self.said.setObjectName("export_message")
        self.said.setWordWrap(True)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.progress = QProgressBar(self)
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Exporting"))
        self.code = QPlainTextEdit(self)
        self.code.setObjectName("export_code")
        self.code.setAccessibleName(self.tr("Python that loads the export"))
        self.code.setPlaceholderText(self.tr("The few lines of Python that load the export will stand here."))
        self.code.setReadOnly(True)
        self.code.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.code.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._build_buttons()
        layout = QVBoxLayout(self)
        for widget in (what, where, self.code, self.said, self.progress, self.buttons):
            layout.addWidget(widget, 1 if widget is self.code else 0)
        self.resize(640, 560)
        self._show_busy(False)

    def _build_buttons(self) -> None:
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.export_button = QPushButton(self.tr("&Export"), self)
        self.export_button.setObjectName("export_button")
        self.export_button.setDefault(True)
        self.copy_button = QPushButton(self.tr("&Copy code"), self)
        self.open_button = QPushButton(self.tr("Open fol&der"), self)
        self.buttons.addButton(self.export_button, QDialogButtonBox.ButtonRole.AcceptRole)
        for button in (self.copy_button, self.open_button):
            self.buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
            button.setEnabled(False)
        self.export_button.clicked.connect(self.export)
        self.copy_button.clicked.connect(self._copy)
        self.open_button.clicked.connect(self._open_folder)
        self.buttons.rejected.connect(self.close)

    def _spin(self, name: str, low: int, high: int, says: str) -> QSpinBox:
        box = QSpinBox(self)
        box.setObjectName(name)
        box.setRange(low, high)
        box.setAccessibleName(says)
        box.setToolTip(says)
        box.setMinimumWidth(140)
        box.setMinimumHeight(field_height(box))
        guard_wheel(box)
        return box

    def _choose(self) -> None:
        self.task_index.setEnabled(self.task.isChecked())
        self.images_field.setEnabled(self.images.isChecked())
        self.steps.setEnabled(not self.initialization.isChecked())

    def _show_busy(self, busy: bool) -> None:
        self.progress.setVisible(busy)
        self.export_button.setEnabled(not busy)

    def _say(self, text: str, tone: str = "") -> None:
        self.said.setProperty("tone", tone)
        # The style sheet looks at properties only when it is asked to.
        self.said.style().unpolish(self.said)
        self.said.style().polish(self.said)
        self.said.setText(text)

    # -- doing -------------------------------------------------------------------------------------------------------

    def order(self) -> ExportOrder | None:
        """Return what is asked for, or None after saying what is missing."""
        for field, wanted in ((self.run_field, True), (self.to_field, True), (self.images_field, None)):
            if not field.text() and (wanted or self.images.isChecked()):
                self._say(self.tr("{what} is missing.").format(what=field.says), "error")
                field.edit.setFocus()
                return None
        return ExportOrder(
            run_folder=self.run_field.path(),
            to=self.to_field.path(),
            what="task" if self.task.isChecked() else "images" if self.images.isChecked() else "initialization",
            task_index=self.task_index.value() - 1,
            images=self.images_field.path() if self.images.isChecked() else None,
            steps=self.steps.value() or None,
        )

    def export(self) -> None:
        """Do it; a run that goes on writes its newest state first."""
        order = None if self.busy else self.order()
        if order is None:
            return
        if (order.to / EXPORT).exists():
            if not self._may_replace(order.to):
                return
            order = replace(order, replace=True)
        self._show_busy(True)
        if enabled("save_now", self._controller.state) and self._controller.folder == order.run_folder:
            self._order = order
            self._say(self.tr("Waiting for the run to save its newest state…"))
            self._patience.start(SAVE_PATIENCE)
            self._controller.save_now()
        else:
            self._begin(order)

    def _may_replace(self, folder: Path) -> bool:
        """Ask whether an earlier export may go."""
        box = PlainBox(self)
        box.setObjectName("replace_export_dialog")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("Replace the export?"))
        box.setText(self.tr("This folder holds an earlier export, which will be gone."))
        box.setInformativeText(str(folder))
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

    def _begin(self, order: ExportOrder) -> None:
        self._say(self.tr("Writing, reading back and comparing…"))
        engine, self._writing = self._engine, True
        job = Job(lambda: order.carry_out(engine), use_threads=engine.use_threads)
        job.ended.connect(self._done)
        job.start()

    def _done(self, outcome: Outcome) -> None:
        self._writing = False
        self._show_busy(False)
        if isinstance(outcome, Refused | Broken):
            self._say(outcome.sentence, "error")
            self.said.setToolTip(plain_tip(outcome.details))
        elif isinstance(outcome, Completed):
            self._show_export(outcome.value)

    def _show_export(self, exported: Exported) -> None:
        self._folder = exported.folder
        self.code.setPlainText(exported.code)
        self._say(exported.summary, "good")
        self.copy_button.setEnabled(True)
        self.open_button.setEnabled(True)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.code.toPlainText())
        self._say(self.tr("The lines are on the clipboard."))

    def _open_folder(self) -> None:
        if self._folder:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Hide; an export that is being written goes on and is shown when the dialog is opened again."""
        event.accept()


def _free(folder: Path, name: str) -> Path:
    """Return a place in `folder` that nothing has."""
    places = (folder / (name if number == 1 else f"{name}-{number}") for number in itertools.count(1))
    return next(place for place in places if not place.exists())
