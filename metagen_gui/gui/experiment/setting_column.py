"""The forms of an experiment, one under the other: search, folding, scrolling to a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid

from metagen_gui.gui.form.config_form import ConfigForm
from metagen_gui.gui.form.editors.editor_for import ModelChoices
from metagen_gui.gui.form.plugin_picker import PluginPicker
from metagen_gui.gui.form.row import SettingRow
from metagen_gui.gui.form.search_bar import SearchBar
from metagen_gui.gui.form.section import FormSection
from metagen_gui.gui.form.words import in_words
from metagen_gui.gui.widgets.message_line import MessageLine
from metagen_gui.gui.widgets.quiet_pages import NothingFound

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment


class SettingColumn(QWidget):
    """Four sections, three of them with a picker. It shows an experiment and decides nothing."""

    edited = Signal(str, object)
    """Path and new value of a setting; `model.name` and its like where a plugin is picked."""
    reset = Signal(str)
    settled = Signal()
    asked = Signal(str)
    """A person wants to know what a setting is, or a plugin (`model.name`)."""
    expert_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search_bar = SearchBar()
        self.message = MessageLine()
        self.sections: dict[str, FormSection] = {}
        self.forms: dict[str, ConfigForm] = {}
        self.pickers: dict[str, PluginPicker] = {}
        self._stops: list[QWidget] = []
        self._to_reveal: QWidget | None = None
        self._ranged = False
        self.hidden: frozenset[str] = frozenset()
        """Paths of settings that are left out, pickers (`model.name`) and whole sections (`training`) among them."""
        self._add_section("tasks", self.tr("Tasks"), self._pick_tasks)
        self._add_section("model", self.tr("Model"), self._pick_model)
        self._add_section("algorithm", self.tr("Algorithm"), self._pick_algorithm)
        self._add_section("training", self.tr("Training"), None)
        self._lay_out()
        self.search_bar.searched.connect(self._search)
        self.search_bar.expert.toggled.connect(self._show_expert)
        self._nothing.ended.connect(self.search_bar.clear)

    def show_experiment(self, experiment: Experiment) -> None:
        """Show `experiment`; only forms of another plugin are made anew."""
        from metagen_gui.engine.experiment import REGISTRIES, SECTIONS

        choices = ModelChoices.of(experiment.plugin("model"))
        for section in SECTIONS:
            name = "" if section == "training" else str(getattr(experiment, section))
            if section in self.pickers:
                self.pickers[section].show_plugins(REGISTRIES[section].items(), name)
            form = self.forms[section]
            form.show_settings(
                tuple(map(in_words, experiment.settings(section))), experiment.values.get(section, {}), choices, name
            )
            self.sections[section].show_changed(form.changed())
        if self._ranged:
            self.offer_ranges(True)
        self._order_stops()
        if self.search_bar.words():
            self._search()

    def rows(self) -> Iterator[SettingRow]:
        """Iterate over the rows of all forms."""
        for form in self.forms.values():
            yield from form.rows.values()

    def row(self, path: str) -> SettingRow | None:
        """Return the row of `algorithm.inner_lr`, None if there is none."""
        return next((row for row in self.rows() if row.path == path), None)

    def path_of(self, part: QWidget | None) -> str:
        """Return the path of the row or picker that `part` belongs to, "" if to none."""
        if part is None:
            return ""
        places: dict[str, QWidget] = {row.path: row for row in self.rows()}
        places |= {f"{section}.name": picker for section, picker in self.pickers.items()}
        return next((path for path, place in places.items() if place is part or place.isAncestorOf(part)), "")

    def set_running(self, running: bool) -> None:
        """Leave only what may change during a run."""
        for picker in self.pickers.values():
            picker.set_running(running)
        for form in self.forms.values():
            form.set_running(running)

    def set_expert(self, expert: bool) -> None:
        """Show or hide expert settings."""
        self.search_bar.expert.setChecked(expert)

    def set_hidden(self, paths: Iterable[str]) -> None:
        """Leave these out, and show all others: a class sees what a lesson is about."""
        self.hidden = frozenset(paths)
        for form in self.forms.values():
            form.set_hidden(self.hidden)
        self._search()

    def offer_ranges(self, offered: bool) -> None:
        """Show beside every setting that a sweep can seek the button that opens its range, or take them away."""
        from metagen_gui.engine.sweeps.ranges import may_be_sought

        self._ranged = offered
        for row in self.rows():
            row.offer_range(offered and may_be_sought(row.path, row.setting))
        self._order_stops()

    def clear_messages(self) -> None:
        """Take back what is said of sections and of the whole; rows keep theirs."""
        self.message.say("")
        for section in self.sections.values():
            section.message.say("")

    def reveal(self, row: SettingRow) -> None:
        """Bring a row into sight: end a search that hides it, unfold, show expert settings, scroll."""
        if self.search_bar.words() and row.isHidden():
            self.search_bar.clear()
        section, _, _ = row.path.partition(".")
        self.sections[section].set_open(True)
        if row.setting.expert and row.isHidden():
            self.set_expert(True)
        row.show()
        self._scroll_to(row)

    def reveal_section(self, section: str) -> None:
        """Unfold a section and scroll to its title."""
        self.sections[section].set_open(True)
        self._scroll_to(self.sections[section].header)

    def _show_expert(self, expert: bool) -> None:
        for form in self.forms.values():
            form.set_expert(expert)
        self.expert_changed.emit(expert)

    def _search(self) -> None:
        words = self.search_bar.words()
        found = 0
        for section, form in self.forms.items():
            count = form.search(words)
            found += count
            self.sections[section].setVisible((count > 0 or not words) and section not in self.hidden)
            self.sections[section].force_open(bool(words))
            if section in self.pickers:
                self.pickers[section].setVisible(not words and f"{section}.name" not in self.hidden)
        self._nothing.show_text(self.search_bar.text())
        self._scroll.setVisible(found > 0 or not words)
        self._nothing.setVisible(found == 0 and bool(words))

    def _order_stops(self) -> None:
        """Lead Tab from the search through the sections downwards; rows that are made anew would come last."""
        stops: list[QWidget] = [self.search_bar.line, self.search_bar.expert]
        for name, section in self.sections.items():
            stops.append(section.arrow)
            if name in self.pickers:
                stops += [self.pickers[name].combo, self.pickers[name].explain]
            stops += self.forms[name].stops()
        if stops != self._stops:
            self._stops = stops
            for before, after in pairwise(stops):
                QWidget.setTabOrder(before, after)

    def _scroll_to(self, part: QWidget) -> None:
        # What was just shown has no place until the layouts have run.
        self._to_reveal = part
        QTimer.singleShot(0, self._scroll_now)

    def _scroll_now(self) -> None:
        if self._to_reveal is not None and isValid(self._to_reveal):
            self._scroll.ensureWidgetVisible(self._to_reveal, 0, 40)
        self._to_reveal = None

    def _pick_tasks(self, name: str) -> None:
        self.edited.emit("tasks.name", name)

    def _pick_model(self, name: str) -> None:
        self.edited.emit("model.name", name)

    def _pick_algorithm(self, name: str) -> None:
        self.edited.emit("algorithm.name", name)

    def _add_section(self, name: str, title: str, pick: Callable[[str], None] | None) -> None:
        part, form = FormSection(title), ConfigForm(name)
        if pick is not None:
            picker = PluginPicker(name, title)
            picker.picked.connect(pick)
            picker.asked.connect(self.asked)
            part.title.setBuddy(picker.combo)
            part.body.addWidget(picker)
            self.pickers[name] = picker
        part.body.addWidget(form)
        form.edited.connect(self.edited)
        form.reset.connect(self.reset)
        form.settled.connect(self.settled)
        form.asked.connect(self.asked)
        self.sections[name], self.forms[name] = part, form

    def _lay_out(self) -> None:
        inner = QWidget()
        forms = QVBoxLayout(inner)
        forms.setContentsMargins(8, 2, 8, 12)
        forms.setSpacing(4)
        for part in self.sections.values():
            forms.addWidget(part)
        forms.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(inner)
        self._nothing = NothingFound()
        self._nothing.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for piece in (self.search_bar, self.message, self._scroll, self._nothing):
            column.addWidget(piece)
