"""The left column of the window: the experiment, as three pickers with their forms and a form of the training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QStackedWidget, QVBoxLayout, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.experiment.foresight import brought_along, objection
from metagen_gui.gui.experiment.history import ExperimentHistory
from metagen_gui.gui.experiment.images.offer import PATH, ImportOffer
from metagen_gui.gui.experiment.setting_column import SettingColumn
from metagen_gui.gui.widgets.quiet_pages import Skeleton

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment, Section


class ExperimentPanel(QWidget):
    """Shows and edits one immutable experiment. An edit that the engine refuses changes nothing and says why."""

    experiment_changed = Signal(object)
    """A person's edit, undo or redo made this experiment."""
    live_change = Signal(str, object)
    """A setting that may change during a run was edited during one: its path and the value that holds now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment: Experiment | None = None
        self._running = False
        self._problem_path = ""
        self._judged = False
        self.undo_stack = ExperimentHistory(self._take_over)
        self._images = ImportOffer(self.experiment, self.show_problem, self)
        self.column = SettingColumn()
        self._pages = QStackedWidget()
        self._pages.addWidget(Skeleton())
        self._pages.addWidget(self.column)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._pages)
        self.setMinimumWidth(300)
        self.column.edited.connect(self._edit)
        self.column.reset.connect(self._reset)
        self.column.settled.connect(self._end_gesture)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._end_gesture)

    # -- the experiment ----------------------------------------------------------------------------------------------

    def experiment(self) -> Experiment:
        """Return the experiment as it stands, with what is being typed taken over if it can be.

        Only after `set_experiment`; see `mistyped` for what could not be taken over.
        """
        self._commit()
        if self._experiment is None:
            raise RuntimeError("the panel has no experiment yet")
        return self._experiment

    def set_experiment(self, experiment: Experiment) -> None:
        """Show another experiment. This is no edit: nothing is emitted, and earlier edits cannot be undone any more."""
        self.undo_stack.forget()
        self.clear_problem()
        self._experiment = experiment
        self.column.show_experiment(experiment)
        self._images.offer(experiment, self.column.row(PATH))
        for row in self.column.rows():
            row.show_again()
        self._judge()
        self._pages.setCurrentWidget(self.column)

    def show_plugins(self) -> None:
        """Offer what there is to choose from now."""
        if self._experiment is not None:
            self.column.show_experiment(self._experiment)

    def replace_experiment(self, experiment: Experiment, text: str) -> None:
        """Take over another experiment as an edit that can be undone; `text` names it, as `Preset: 2-D rings`."""
        if self._experiment is None:
            self.set_experiment(experiment)
        else:
            self._end_gesture()
            self.undo_stack.edit(self._experiment, experiment, "", text)

    def set_value(self, path: str, value: Any) -> None:
        """Change one setting as if it had been edited here: if it may change during a run, the run hears of it."""
        self._end_gesture()
        self._edit(path, value)
        self._end_gesture()

    def set_running(self, running: bool) -> None:
        """While a run is going on only what may change then can be edited."""
        if running == self._running:
            return
        self._commit()
        self._running = running
        if running:
            self.undo_stack.hold()
        else:
            self.undo_stack.release()
        self.column.set_running(running)

    # -- problems ----------------------------------------------------------------------------------------------------

    def show_problem(self, where: str, why: str) -> None:
        """Show what is wrong beside what it is about, and bring that into sight: a row, a section, or the column."""
        self.clear_problem()
        row, section = self.column.row(where), where.partition(".")[0]
        if row is not None:
            self._problem_path = where
            row.show_problem(why)
            self.column.reveal(row)
            row.editor.field.setFocus(Qt.FocusReason.OtherFocusReason)
        elif section in self.column.sections:
            self.column.sections[section].message.say(why)
            self.column.reveal_section(section)
            if section in self.column.pickers:
                self.column.pickers[section].combo.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.column.message.say(f"{where}: {why}" if where else why)

    def clear_problem(self) -> None:
        """Take back what `show_problem` shows; a text that a person still has to mend keeps its message."""
        self.column.clear_messages()
        row = self.column.row(self._problem_path)
        if row is not None and not row.mistyped:
            row.show_problem("")
        self._problem_path, self._judged = "", False

    def mistyped(self) -> tuple[str, str] | None:
        """Return path and complaint of the first text that cannot be used, or None: a run must not start over it."""
        self._commit()
        return next(((row.path, row.message.text()) for row in self.column.rows() if row.mistyped), None)

    # -- edits -------------------------------------------------------------------------------------------------------

    def _edit(self, path: str, value: Any) -> None:
        if self._experiment is None:
            return
        row, before = self.column.row(path), self._experiment
        try:
            after = self._experiment.with_value(path, value)
            self._refuse_misfit(after, path)
        except BadInput as problem:
            if row is not None:
                row.judge(translated(problem.why))
            return
        if row is None:  # a plugin
            self._end_gesture()
            self._push(after, path)
            self._tell_brought(before, path)
            return
        row.judge("")
        if value == row.setting.default:
            # No longer the person's own: from now on it follows the default.
            after = after.without_value(path)
        self._push(after, path)

    def _tell_brought(self, before: Experiment, path: str) -> None:
        """Say beside a picker what else its choice has changed."""
        picked = cast("Section", path.partition(".")[0])
        text = brought_along(before, self.experiment(), picked)
        if text:
            message = self.column.sections[picked].message
            message.tell(f"{text} {message.text()}".strip(), offer=self.tr("Undo"), then=self.undo_stack.undo)

    def _reset(self, path: str) -> None:
        if self._experiment is not None:
            self._end_gesture()
            self._push(self._experiment.without_value(path), path)

    def _push(self, after: Experiment, path: str) -> None:
        row = self.column.row(path)
        if self._experiment is not None and after != self._experiment:
            name = row.setting.label if row else self.column.sections[path.partition(".")[0]].title.text()
            self.undo_stack.edit(self._experiment, after, path, self.tr("Change of {0}").format(name))

    def _take_over(self, experiment: Experiment, path: str) -> None:
        """Apply, undo or redo: called by the history."""
        if self._judged or path in ("", self._problem_path) or path.endswith(".name"):
            self.clear_problem()
        self.column.clear_messages()
        self._experiment = experiment
        self.column.show_experiment(experiment)
        self._images.offer(experiment, self.column.row(PATH))
        self._judge()
        row = self.column.row(path)
        # Undo may change what is out of sight; an expert row that is back at its default may stay there.
        if row is not None and not row.isHidden() and not row.isAncestorOf(QApplication.focusWidget() or row):
            self.column.reveal(row)
        self.experiment_changed.emit(experiment)
        if self._running and row is not None and row.setting.live:
            section, _, name = path.partition(".")
            self.live_change.emit(path, experiment.values.get(section, {}).get(name, row.setting.default))

    def _refuse_misfit(self, experiment: Experiment, path: str) -> None:
        """Raise `BadInput` if `path` now holds a value that does not go with the rest."""
        try:
            experiment.check()
        except BadInput as problem:
            if problem.where == path:
                raise

    def _judge(self) -> None:
        """Say at once when settings that a person made do not go together, as after the choice of another model."""
        assert self._experiment is not None
        problem = objection(self._experiment)
        if problem is None:
            return
        row, section = self.column.row(problem.where), problem.where.partition(".")[0]
        if row is not None and not row.at_default:
            self._problem_path, self._judged = problem.where, True
            row.show_problem(translated(problem.why))
        elif section in self.column.sections:  # nobody has made that: it is told beside the picker
            message = self.column.sections[section].message
            message.tell(f"{row.setting.label}: {translated(problem.why)}") if row else message.say(problem.why)

    def _commit(self) -> None:
        focused = QApplication.focusWidget()
        row = next((row for row in self.column.rows() if focused and row.isAncestorOf(focused)), None)
        if row is not None:
            row.editor.commit()

    def _end_gesture(self) -> None:
        self.undo_stack.end_gesture()
