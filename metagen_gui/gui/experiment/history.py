"""Undo and redo of edits to an experiment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from zlib import crc32

from PySide6.QtGui import QUndoCommand, QUndoStack

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment

Apply = Callable[["Experiment", str], None]
"""Takes over an experiment of which the setting `path` has changed."""


class ExperimentEdit(QUndoCommand):
    """One edit as data: the experiment before and after, and the path of what changed."""

    def __init__(
        self,
        apply: Apply,
        before: Experiment,
        after: Experiment,
        path: str,
        text: str,
        gesture: int,
        *,
        done: bool = False,
    ) -> None:
        super().__init__(text)
        self.before, self.after = before, after
        self.path = path
        self.gesture = gesture
        self._apply = apply
        self._done = done

    def redo(self) -> None:
        """Apply the edit; Qt calls this at the push as well."""
        if not self._done:
            self._apply(self.after, self.path)
        self._done = False

    def undo(self) -> None:
        """Take the edit back."""
        self._apply(self.before, self.path)

    def id(self) -> int:
        """Return what edits must share to become one."""
        return crc32(f"{self.path} {self.gesture}".encode()) & 0x7FFFFFFF

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take in a further edit of the same gesture: a drag or a row of steps is undone as one."""
        if not isinstance(other, ExperimentEdit) or (other.path, other.gesture) != (self.path, self.gesture):
            return False
        self.after = other.after
        return True


class ExperimentHistory(QUndoStack):
    """The edits so far. While a run is going on, only its own edits can be undone; afterwards all can again."""

    def __init__(self, apply: Apply) -> None:
        super().__init__()
        self._apply = apply
        self._gesture = 0
        self._held: list[ExperimentEdit] | None = None

    def edit(self, before: Experiment, after: Experiment, path: str, text: str) -> None:
        """Apply an edit and remember it."""
        self.push(ExperimentEdit(self._apply, before, after, path, text, self._gesture))

    def end_gesture(self) -> None:
        """Undo what follows apart from what was."""
        self._gesture += 1

    def hold(self) -> None:
        """Put the edits so far aside: a run has begun that uses them."""
        if self._held is None:
            self._held = self._done_edits()
            self.clear()

    def release(self) -> None:
        """Bring them back before those made since."""
        if self._held is None:
            return
        edits = self._held + self._done_edits()
        self._held = None
        self.clear()
        for each in edits:
            self.push(
                ExperimentEdit(self._apply, each.before, each.after, each.path, each.text(), each.gesture, done=True)
            )

    def forget(self) -> None:
        """Forget every edit, those put aside too."""
        self._held = None if self._held is None else []
        self.clear()

    def _done_edits(self) -> list[ExperimentEdit]:
        # Copies of their data: clearing the stack deletes the commands themselves.
        edits = [self.command(index) for index in range(self.index())]
        return [
            ExperimentEdit(self._apply, edit.before, edit.after, edit.path, edit.text(), edit.gesture)
            for edit in edits
            if isinstance(edit, ExperimentEdit)
        ]
