"""The trials of a sweep as a table that views show, in their order or the best first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QT_TRANSLATE_NOOP,
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.look.theme import colours
from metagen_gui.gui.plots.scale import format_number
from metagen_gui.gui.sweep.plots import value_in_words
from metagen_gui.gui.widgets.plain_text import plain_tip
from metagen_gui.gui.widgets.rows_table import row_icon

if TYPE_CHECKING:
    from metagen_gui.engine.sweeps.standing import Standing, Trial

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
Role = Qt.ItemDataRole


def _(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Sweep", text))


STATES = {
    "running": (_("running"), "mdi6.play-circle-outline", "link"),
    "done": (_("done"), "mdi6.check-circle-outline", "good"),
    "pruned": (_("ended early"), "mdi6.content-cut", "muted"),
    "failed": (_("failed"), "mdi6.close-circle-outline", "error"),
}
"""Each state's word, icon and the name of its colour."""
FIRST = (_("Trial"), _("State"))


class TrialsModel(QAbstractTableModel):
    """One row per trial; a column per range, and at last why it ended."""

    standing: Standing | None = None

    def show_standing(self, standing: Standing | None) -> None:
        """Show the trials of a sweep."""
        self.beginResetModel()
        self.standing = standing
        self.endResetModel()

    def trial(self, row: int) -> Trial:
        """Return the trial of a row."""
        assert self.standing is not None
        return self.standing.trials[row]

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Return how many trials there are."""
        return 0 if parent.isValid() or self.standing is None else len(self.standing.trials)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(self._titles())

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return what a cell shows, says aloud and is sorted by."""
        if not index.isValid():
            return None
        trial, column = self.trial(index.row()), index.column()
        text = self._texts(trial)[column]
        match role:
            case Role.DisplayRole:
                return text
            case Role.UserRole:
                return self._order(trial)[column]
            case Role.DecorationRole if column == 1:
                _word, icon, colour = STATES[trial.state]
                return row_icon(icon, getattr(colours(), colour))
            case Role.ToolTipRole:
                return plain_tip(text)
            case Role.AccessibleTextRole:
                return f"{self._titles()[column]}: {text}"
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        """Return a column's title."""
        if role != Role.DisplayRole or orientation is not Qt.Orientation.Horizontal:
            return None
        return self._titles()[section]

    def _titles(self) -> list[str]:
        if self.standing is None:
            return [_tr(text) for text in FIRST]
        measure = translated(self.standing.measured.title) or _tr("Measure")
        paths = [place.path.partition(".")[2] for place in self.standing.plan.ranges]
        return [*map(_tr, FIRST), measure, *paths, _tr("Note")]

    def _texts(self, trial: Trial) -> list[str]:
        assert self.standing is not None
        figure = trial.figure
        told = "" if figure is None else f"{format_number(figure.mean, digits=4)} ± {figure.interval:.2g}"
        values = [value_in_words(trial.values.get(place.path, "")) for place in self.standing.plan.ranges]
        return [f"{trial.number:,}", _tr(STATES[trial.state][0]), told, *values, translated(trial.problem)]

    def _order(self, trial: Trial) -> list[Any]:
        assert self.standing is not None
        worth = float("inf") if trial.shortfall is None else trial.shortfall
        values = [trial.values.get(place.path) for place in self.standing.plan.ranges]
        return [trial.number, trial.state, worth, *values, trial.problem]


class Sorted(QSortFilterProxyModel):
    """The same, in the order of a column; values of several types are compared as they are written."""

    def lessThan(self, left: Index, right: Index) -> bool:
        """Return whether one row comes before another."""
        first, second = (self.sourceModel().data(one, Role.UserRole) for one in (left, right))
        try:
            return bool(first < second)
        except TypeError:
            return str(first) < str(second)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Sweep", text)
