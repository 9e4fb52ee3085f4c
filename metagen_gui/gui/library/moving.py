"""*Move to another machine…*: a run pauses where it is, is brought to another place, and waits or goes on there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.progress import Ended
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.program.job import Broken, Completed, Job, Outcome, Refused
from metagen_gui.gui.widgets.plain_text import PlainLabel
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from metagen_gui.engine.store.library import RunEntry

Move = Callable[["Path", str, Callable[[int, int], object], Callable[[str], object]], object]
"""Moves a run's folder to a place; told how many bytes of how many have gone, and in words what it is at."""
LOOKS = 100
"""Milliseconds between two looks at how far it is."""


def move_run(folder: Path, to: str, progress: Callable[[int, int], object], say: Callable[[str], object]) -> None:
    """Move a run; raise `BadInput` if a machine cannot be reached. Called in a thread."""
    from metagen_gui.engine.hosts.link import LinkLost
    from metagen_gui.engine.hosts.runs import move

    try:
        move(folder, to, progress, say)
    except LinkLost as error:
        raise BadInput(error.host, error.why) from None


class MoveDialog(QDialog):
    """Asks where a run shall go on, and brings it there. Broken off at any moment, the run is in one place."""

    moved = Signal(str)
    """Where the run is now: the name of a machine, or "" for this computer."""

    def __init__(self, entry: RunEntry, move: Move = move_run, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("move_dialog")
        self.setWindowTitle(self.tr("Move to another machine"))
        self._entry, self._move = entry, move
        self._job: Job | None = None
        self._at, self._of = "", (0, 0)
        """What the job is at, and how many bytes of how many have gone; written in its thread."""
        about = PlainLabel(
            self.tr(
                "“{name}” pauses where it is and goes on at the other place from there, with the same numbers. The "
                "machine is one that you reach by ssh without typing a password, with MetaGen of the same version."
            ).format(name=" ".join(entry.name.split()))
        )
        about.setWordWrap(True)
        label = PlainLabel(self.tr("&To"))
        self.place = self._places()
        label.setBuddy(self.place)
        self.said, self.bar = PlainLabel(""), QProgressBar()
        self.said.setObjectName("move_said")
        self.said.setWordWrap(True)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.bar.hide()
        standard = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(standard.Ok | standard.Cancel)
        self.move_button = self.buttons.button(standard.Ok)
        self.move_button.setText(self.tr("&Move"))
        self.buttons.accepted.connect(self.begin)
        self.buttons.rejected.connect(self.reject)
        rows = QVBoxLayout(self)
        for part in (about, label, self.place, self.said, self.bar, self.buttons):
            rows.addWidget(part)
        self.setMinimumWidth(420)
        self.place.editTextChanged.connect(self._allow)
        self._looks = QTimer(self)
        self._looks.timeout.connect(self._show)
        self._allow()
        self.place.setFocus()

    def _places(self) -> QComboBox:
        from metagen_gui.engine.hosts.known import known_hosts

        made = QComboBox()
        made.setEditable(True)
        made.setObjectName("move_place")
        made.setAccessibleName(self.tr("Where the run shall go on"))
        made.setToolTip(self.tr("One of the machines that were added, or another, as ssh knows it"))
        if self._entry.host:
            made.addItem(self.tr("this computer"))
        made.addItems([host.name for host in known_hosts() if host.name != self._entry.host])
        guard_wheel(made)
        return made

    def begin(self) -> None:
        """Move the run, in a thread of its own."""
        from metagen_gui.engine.hosts.known import HERE

        if self._job is not None or not (place := self.place.currentText().strip()):
            return
        folder, move, to = self._entry.folder, self._move, HERE if self._comes_here() else place
        self._at, self._of = "", (0, 0)
        self._job = job = Job(lambda: move(folder, to, self._note, self._note_work))
        job.ended.connect(self._end)
        job.start()
        self._looks.start(LOOKS)
        self._show()
        self._allow()

    def reject(self) -> None:
        """Break off what is going on, as soon as it can be, or close."""
        if self._job is None:
            super().reject()
        else:
            self._job.stop()
            self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setEnabled(False)

    # -- in the job's thread ------------------------------------------------------------------------------------------

    def _note(self, done: int, whole: int) -> None:
        self._of = done, whole
        self._heed()

    def _note_work(self, what: str) -> None:
        self._at = what
        self._heed()

    def _heed(self) -> None:
        if self._job is not None and self._job.told_to_stop():
            raise Ended

    # -- in the window's ----------------------------------------------------------------------------------------------

    def _show(self) -> None:
        done, whole = self._of
        self.bar.setRange(0, 100 if whole else 0)
        self.bar.setValue(round(100 * done / whole) if whole else 0)
        self.bar.setVisible(self._job is not None)
        if self._job is not None:
            machine = self._entry.host if self._comes_here() else self._place_asked()
            said = translated(self._at) or self.tr("Asking {0}…").format(machine)
            self.said.setText(said[:1].upper() + said[1:])

    def _end(self, outcome: Outcome) -> None:
        self._looks.stop()
        self._job = None
        self._show()
        self._allow()
        if isinstance(outcome, Completed):
            self.moved.emit("" if self._comes_here() else self._place_asked())
            self.accept()
        elif isinstance(outcome, Refused):
            self.said.setText(f"{outcome.where}: {translated(outcome.why)}")
        elif isinstance(outcome, Broken):
            self.said.setText(outcome.sentence)
        else:
            self.said.setText(self.tr("Broken off. Moved again, it goes on with that."))

    def _place_asked(self) -> str:
        return self.place.currentText().strip()

    def _comes_here(self) -> bool:
        return bool(self._entry.host) and self._place_asked() == self.tr("this computer")

    def _allow(self) -> None:
        idle = self._job is None
        self.place.setEnabled(idle)
        self.move_button.setEnabled(idle and bool(self._place_asked()))
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setEnabled(True)


def offer_move(entry: RunEntry, then: Callable[[str], object], parent: QWidget) -> MoveDialog:
    """Open the dialog; `then` is told where the run is once it has been moved."""
    dialog = MoveDialog(entry, parent=parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.moved.connect(then)
    dialog.open()
    return dialog
