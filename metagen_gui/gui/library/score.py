"""Runs scored on tasks that they hold out, or on those of another experiment: the question, the work, the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHeaderView,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.form.path_field import PathField
from metagen_gui.gui.plots.scale import format_number
from metagen_gui.gui.program.job import Broken, Completed, Job, Outcome, Refused
from metagen_gui.gui.widgets.plain_text import PlainLabel, plain_tip
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    from metagen_gui.engine.held_out import RunScores
    from metagen_gui.engine.held_out.scored_runs import ScoredRuns
    from metagen_gui.engine.statistics import Values
    from metagen_gui.engine.store.library import RunEntry

_LOOK = 100
"""Milliseconds between looks at how far it is."""


class ScoreDialog(QDialog):
    """Scores the runs it was opened for, again and again if a person likes; nothing is written."""

    def __init__(
        self, entries: Sequence[RunEntry], use_threads: Callable[[], Any], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("score_dialog")
        self.setWindowTitle(_tr("Score on held-out tasks"))
        self._entries, self._use_threads = list(entries), use_threads
        self._job: Job | None = None
        self._progress = 0, 0
        self._look = QTimer(self)
        self._look.setInterval(_LOOK)
        self._look.timeout.connect(self._show_progress)
        self._build()
        self._choose()

    def _build(self) -> None:
        names = ", ".join(" ".join(entry.name.split()) for entry in self._entries)
        said = PlainLabel(_tr("How well {names} adapts to tasks that were never trained on.").format(names=names))
        said.setWordWrap(True)
        self.own = QRadioButton(_tr("The tasks that the runs &hold out"))
        self.others = QRadioButton(_tr("The tasks of another &experiment"))
        self.others.setToolTip(_tr("Other data than they were trained on: what they do there is what a shift costs"))
        self.own.setChecked(True)
        self.file = PathField("score_file", _tr("Experiment"), self, kinds=_tr("Experiments (*.json);;All files (*)"))
        count = PlainLabel(_tr("&Number of tasks"))
        self.count = QSpinBox()
        self.count.setObjectName("score_tasks")
        self.count.setRange(1, 10_000)
        self.count.setValue(100)
        self.count.setAccessibleName(_tr("Number of tasks"))
        count.setBuddy(self.count)
        guard_wheel(self.count)
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.own, 0, 0, 1, 2)
        grid.addWidget(self.others, 1, 0)
        grid.addWidget(self.file, 1, 1)
        grid.addWidget(count, 2, 0)
        grid.addWidget(self.count, 2, 1)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(_tr("Progress"))
        self.said, self.notes = PlainLabel(), PlainLabel()
        for label in (self.said, self.notes):
            label.setWordWrap(True)
        self.notes.setProperty("tone", "muted")
        self.table = _table()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.score_button = QPushButton(_tr("&Score"))
        self.score_button.setObjectName("score_button")
        buttons.addButton(self.score_button, QDialogButtonBox.ButtonRole.ActionRole)
        self.score_button.setDefault(True)
        self.score_button.clicked.connect(self._press)
        buttons.rejected.connect(self.close)
        rows = QVBoxLayout(self)
        rows.addWidget(said)
        rows.addLayout(grid)
        for part in (self.bar, self.said, self.table, self.notes, buttons):
            rows.addWidget(part)
        rows.setStretchFactor(self.table, 1)
        for button in (self.own, self.others):
            button.toggled.connect(self._choose)
        self.file.edit.textChanged.connect(self._choose)
        self.bar.hide()
        self.table.hide()
        self.setMinimumWidth(560)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop the work; the thread ends by itself."""
        if self._job is not None:
            self._job.stop()
        super().closeEvent(event)

    def _choose(self) -> None:
        self.file.setEnabled(self.others.isChecked())
        self.score_button.setEnabled(self._job is not None or self.own.isChecked() or bool(self.file.text()))

    def _press(self) -> None:
        if self._job is not None:
            self._job.stop()
            self.score_button.setEnabled(False)
            return
        folders = [entry.folder for entry in self._entries]
        tasks, source = self.count.value(), self.file.path() if self.others.isChecked() else None
        self._job = Job(lambda: self._work(folders, tasks, source), use_threads=self._use_threads)
        self._job.ended.connect(self._end)
        self._progress = 0, 0
        self.said.setText(_tr("Preparing…"))
        self.notes.clear()
        self._busy(True)
        self._job.start()

    def _work(self, folders: Sequence[Path], tasks: int, source: Path | None) -> ScoredRuns | None:
        from metagen_gui.engine.held_out import Request
        from metagen_gui.engine.held_out.scored_runs import score_runs

        return score_runs(folders, Request(tasks, tasks_from=source), self._go_on)

    def _go_on(self, done: int, total: int) -> bool:
        """Take note, in the thread, of how far it is."""
        self._progress = done, total
        return self._job is None or not self._job.told_to_stop()

    def _show_progress(self) -> None:
        done, total = self._progress
        self.bar.setRange(0, total)
        self.bar.setValue(done)

    def _busy(self, busy: bool) -> None:
        self.bar.setVisible(busy)
        self.table.setVisible(self.table.isVisibleTo(self) and not busy)
        self.score_button.setText(_tr("&Stop") if busy else _tr("&Score"))
        (self._look.start if busy else self._look.stop)()
        self._choose()

    def _end(self, outcome: Outcome) -> None:
        self._job = None
        self._busy(False)
        if isinstance(outcome, Completed) and outcome.value is not None:
            self._show(outcome.value)
        else:
            self.said.setText(
                translated(outcome.sentence) if isinstance(outcome, Refused | Broken) else _tr("Stopped.")
            )

    def _show(self, found: ScoredRuns) -> None:
        tasks = found.tasks
        seen = _tr("held out, as far as that is known") if tasks.doubts else _tr("no run has seen them")
        whose = _tr(" of {source}").format(source=tasks.source) if tasks.source else ""
        said = _tr("{count} tasks of {family}{whose}; {seen}. Each run adapts to {shots} examples of a task.")
        title = translated(type(tasks.family).title)
        self.said.setText(
            said.format(count=f"{tasks.tasks:,}", family=title, whose=whose, seen=seen, shots=tasks.shots)
        )
        names = [" ".join(entry.name.split()) for entry in self._entries]
        rows = [(name, *row) for name, one in zip(names, found.runs, strict=True) for row in _rows(one)]
        self.table.setRowCount(len(rows))
        for place, row in enumerate(rows):
            for column, text in enumerate(row):
                item = QTableWidgetItem(text)
                item.setToolTip(plain_tip(text))
                self.table.setItem(place, column, item)
        self.table.show()
        notes = [*dict.fromkeys(note for one in found.runs for note in _about_loss(one))]
        for name, pair in zip(names[1:], found.pairs, strict=True):
            less = _tr("{name} less {first}, at their last steps").format(name=name, first=names[0])
            notes += [
                f"{less}: {player} {_amount(apart.mean, apart.interval)}" for player, apart in pair.players.items()
            ]
            notes += [f"{less}: {pair.objection}"] if pair.objection else []
        self.notes.setText(translated("\n".join((*notes, *found.notices))))
        self.adjustSize()


def _rows(scores: RunScores) -> Iterator[tuple[str, ...]]:
    """Yield what a run scores before it adapts and after its last step, figure by figure."""
    named: list[tuple[str, Values]] = [*scores.losses.items()]
    if scores.bound is not None:
        title, reweighted = scores.model.loss_is.title, scores.model.reweighted
        what = reweighted[0] if reweighted else title
        named = [(f"{player} ({what})", values) for player, values in named]
        named += [(title, scores.bound)] if reweighted else []
    for name, values in (*named, *scores.details.items()):
        for step in dict.fromkeys((scores.steps[0], scores.steps[-1])):
            found = scores.summary(values, step)
            figures = _amount(found.mean, found.interval), format_number(found.median, 5)
            yield name, f"{step:,}", *figures, f"{found.tasks:,}", f"{scores.lost(step):,}"


def _about_loss(scores: RunScores) -> Iterator[str]:
    if scores.model.reweighted:
        yield scores.model.reweighted[1]
    if scores.caveat:
        yield scores.caveat


def _amount(mean: float, interval: float) -> str:
    return f"{format_number(mean, 5)} ± {format_number(interval, 2)}"


def _table() -> QTableWidget:
    columns = [_tr("Run"), _tr("Figure"), _tr("Step"), _tr("Mean ± 95 %"), _tr("Median"), _tr("Tasks"), _tr("Diverged")]
    table = QTableWidget(0, len(columns))
    table.setObjectName("score_table")
    table.setAccessibleName(_tr("Scores"))
    table.setHorizontalHeaderLabels(columns)
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setTabKeyNavigation(False)
    table.setAlternatingRowColors(True)
    table.verticalHeader().hide()
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    table.setMinimumHeight(140)
    return table


def _tr(text: str) -> str:
    return QCoreApplication.translate("ScoreDialog", text)
