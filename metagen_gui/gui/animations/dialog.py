"""Saves what moves as a file: which motion, which format, how wide, how fast; drawn and written behind the window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from metagen_gui.engine.animations.video import command_for_video
from metagen_gui.engine.animations.write import FORMATS, Film, check_film, write_animation
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.animations.motion import Motion
from metagen_gui.gui.look.theme import plot_colours
from metagen_gui.gui.program.job import Completed, Job, Outcome
from metagen_gui.gui.widgets.message_line import MessageLine
from metagen_gui.gui.widgets.plain_text import PlainLabel, without_mnemonic
from metagen_gui.gui.widgets.saving import where_to_save
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

WIDTHS = (320, 480, 640, 960, 1280)
LOOK = 100
"""Milliseconds between looks at how far the writing is."""


class AnimationDialog(QDialog):
    """Offers `motions`, of which there is one at least."""

    def __init__(self, motions: Sequence[Motion], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("animation_dialog")
        self.setWindowTitle(self.tr("Save as an animation"))
        self.setMinimumWidth(440)
        self._motions = motions
        self._job: Job | None = None
        self._done = 0
        self._path = Path()
        self.motion_picker = _picker([(motion.title, motion.name) for motion in motions])
        self.format_picker = _picker(
            [(f"{translated(kind.title)}  ({ending})", ending) for ending, kind in FORMATS.items()]
        )
        self.width_picker = _picker([(self.tr("{0} pixels").format(width), width) for width in WIDTHS])
        self.width_picker.setCurrentIndex(1)
        self.rate = QSpinBox()
        self.rate.setRange(1, 50)
        self.rate.setSuffix(self.tr(" a second"))
        guard_wheel(self.rate)
        self.swings = QCheckBox(self.tr("&There and back"))
        self.swings.setToolTip(self.tr("Go back the way it came, so that it repeats without a jump"))
        self._told = PlainLabel()
        self._told.setProperty("tone", "muted")
        self._message = MessageLine()
        self._progress = QProgressBar()
        self._progress.setAccessibleName(self.tr("Frames written"))
        self._progress.hide()
        self.save_button = QPushButton(self.tr("&Save…"))
        self.save_button.setToolTip(self.tr("Choose a file and write the animation"))
        self.save_button.clicked.connect(self._ask_and_save)
        self.close_button = QPushButton(self.tr("&Close"))
        self.close_button.clicked.connect(self.reject)
        self._lay_out()
        self._timer = QTimer(self, interval=LOOK)
        self._timer.timeout.connect(self._show_progress)
        self.motion_picker.currentIndexChanged.connect(self._take_motion)
        for changed in (self.format_picker.currentIndexChanged, self.width_picker.currentIndexChanged):
            changed.connect(self._describe)
        self.rate.valueChanged.connect(self._describe)
        self.swings.toggled.connect(self._describe)
        self._take_motion()

    def _lay_out(self) -> None:
        form = QFormLayout()
        rows = (
            (self.tr("&What"), self.motion_picker, self.tr("What moves in the animation")),
            (self.tr("&Format"), self.format_picker, self.tr("What kind of file is written")),
            (self.tr("W&idth"), self.width_picker, self.tr("How wide the picture is; the height follows")),
            (self.tr("F&rames"), self.rate, self.tr("How many frames are shown in a second")),
        )
        for text, control, tip in rows:
            control.setToolTip(tip)
            control.setAccessibleName(without_mnemonic(text))
            form.addRow(text, control)
        form.addRow("", self.swings)
        buttons = QDialogButtonBox()
        buttons.addButton(self.save_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self._told)
        layout.addWidget(self._message)
        layout.addWidget(self._progress)
        layout.addWidget(buttons)

    @property
    def motion(self) -> Motion:
        """The motion that is chosen."""
        return self._motions[self.motion_picker.currentIndex()]

    @property
    def film(self) -> Film:
        """What would be written now."""
        return self.motion.film(self.width_picker.currentData(), self.rate.value(), self._swings)

    @property
    def message(self) -> str:
        """What is said under the form, or ""."""
        return self._message.text()

    @property
    def writing(self) -> bool:
        """Whether a file is being written."""
        return self._job is not None

    def save_to(self, path: Path) -> None:
        """Write the animation to `path`, behind the window."""
        motion, film, swings, ground = self.motion, self.film, self._swings, plot_colours().background
        self._done, self._path = 0, path

        def go_on(done: int) -> bool:
            self._done = done
            return not job.told_to_stop()

        job = self._job = Job(lambda: write_animation(path, film, motion.drawn(film, swings, ground), go_on))
        job.ended.connect(self._end)
        self._message.say("")
        self._progress.setRange(0, film.count)
        self._show_progress()
        self._set_writing(True)
        self._timer.start()
        job.start()

    def reject(self) -> None:
        """Stop writing, or close."""
        if self._job is None:
            super().reject()
        else:
            self._job.stop()

    @property
    def _swings(self) -> bool:
        return self.swings.isChecked() and self.swings.isEnabled()

    def _take_motion(self) -> None:
        self.rate.setValue(round(self.motion.rate))
        self.swings.setEnabled(not self.motion.closed and self.motion.frames > 2)
        self._describe()

    def _describe(self) -> None:
        film, kind = self.film, FORMATS[self.format_picker.currentData()]
        seconds = f"{film.count * film.milliseconds / 1000:.1f}"
        width, height = film.size
        self._told.setText(self.tr("{0} frames of {1} × {2}, {3} s").format(film.count, width, height, seconds))
        self._message.say("")
        if kind.missing:
            command = command_for_video()
            self._message.tell(
                kind.missing[0].upper() + kind.missing[1:],
                offer=self.tr("Copy command") if command else "",
                then=lambda: QGuiApplication.clipboard().setText(command),
            )
        elif not kind.fits(film):
            self._message.say(self.tr("Too much for {0}: take a smaller picture or another format").format(kind.title))
        self.save_button.setEnabled(not self.message)
        self.adjustSize()  # a message takes room that the fields above it would lose

    def _ask_and_save(self) -> None:
        ending = self.format_picker.currentData()
        title = FORMATS[ending].title
        kinds = f"{title} (*{ending})"
        path = where_to_save(self, self.windowTitle(), self.motion.name + ending, kinds, ending)
        if path is None:
            return
        try:
            check_film(path, self.film)
        except BadInput as problem:
            self._message.say(str(problem))
            return
        self.save_to(path)

    def _set_writing(self, writing: bool) -> None:
        controls = (self.motion_picker, self.format_picker, self.width_picker, self.rate, self.save_button)
        for control in controls:
            control.setEnabled(not writing)
        self.swings.setEnabled(not writing and not self.motion.closed and self.motion.frames > 2)
        self._progress.setVisible(writing)
        self.close_button.setText(self.tr("&Stop") if writing else self.tr("&Close"))

    def _show_progress(self) -> None:
        self._progress.setValue(self._done)

    def _end(self, outcome: Outcome) -> None:
        self._job = None
        self._timer.stop()
        self._set_writing(False)
        if not isinstance(outcome, Completed):
            self._message.say(getattr(outcome, "sentence", ""))
        elif outcome.value:
            self._message.tell(self.tr("Saved to {0}").format(self._path))
        else:
            self._message.tell(self.tr("Stopped; nothing was written"))


def offer_animation(motions: Sequence[Motion], parent: QWidget) -> AnimationDialog:
    """Open a dialog that saves one of `motions`, and is gone when it is closed."""
    dialog = AnimationDialog(motions, parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
    return dialog


def _picker(choices: Sequence[tuple[str, object]]) -> QComboBox:
    made = QComboBox()
    for text, value in choices:
        made.addItem(text, value)
    guard_wheel(made)
    return made
