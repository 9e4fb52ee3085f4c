"""A form made from the declared settings of one section."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from metagen_gui.gui.form.editors.editor_for import ModelChoices
from metagen_gui.gui.form.row import SettingRow

if TYPE_CHECKING:
    from metagen_gui.engine.settings.config import Setting


class ConfigForm(QWidget):
    """The rows of one section. A row is made anew only for another plugin, or for another model if it asks it."""

    edited = Signal(str, object)
    reset = Signal(str)
    settled = Signal()
    asked = Signal(str)

    def __init__(self, section: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.section = section
        self.rows: dict[str, SettingRow] = {}
        self._keys: dict[str, object] = {}
        self._running = False
        self._expert = False
        self._words: list[str] = []
        self._hidden: frozenset[str] = frozenset()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def show_settings(
        self, settings: tuple[Setting, ...], values: Mapping[str, Any], choices: ModelChoices, plugin: str = ""
    ) -> None:
        """Show `settings` of `plugin`; `values` holds those that a person set."""
        if [self._key(item, choices, plugin) for item in settings] != list(self._keys.values()):
            self._make_rows(settings, choices, plugin)
        held = {item.name: values.get(item.name, item.default) for item in settings}
        others = {item.name: item for item in settings}
        for item in settings:
            row = self.rows[item.name]
            row.show_setting(item, held[item.name])
            row.set_applies(all(held.get(name) in allowed for name, allowed in item.only_if.items()), others)
        self._refresh_visible()

    def stops(self) -> list[QWidget]:
        """Return the controls of all rows in the order of the keyboard's way through them."""
        return [stop for row in self.rows.values() for stop in row.stops()]

    def row(self, path: str) -> SettingRow | None:
        """Return the row of `algorithm.inner_lr`, if it is here."""
        section, _, name = path.partition(".")
        return self.rows.get(name) if section == self.section else None

    def set_running(self, running: bool) -> None:
        """Leave only what may change during a run."""
        self._running = running
        for row in self.rows.values():
            row.set_running(running)

    def set_expert(self, expert: bool) -> None:
        """Show expert rows, or hide those that are at their default."""
        self._expert = expert
        self._refresh_visible()

    def search(self, words: list[str]) -> int:
        """Show only rows in which every word is found, expert ones included; return how many. No words show all."""
        self._words = words
        return self._refresh_visible()

    def set_hidden(self, paths: frozenset[str]) -> None:
        """Leave out the rows of these paths, whatever else would show them."""
        self._hidden = paths
        self._refresh_visible()

    def changed(self) -> int:
        """Return how many settings are not at their default."""
        return sum(not row.at_default for row in self.rows.values())

    def _key(self, setting: Setting, choices: ModelChoices, plugin: str) -> object:
        """Return what a row was made for; with the same key it can stay. Its default may differ."""
        return plugin, replace(setting, default=None), choices if setting.choices_from else None

    def _make_rows(self, settings: tuple[Setting, ...], choices: ModelChoices, plugin: str) -> None:
        old, old_keys = self.rows, self._keys
        self._keys = {item.name: self._key(item, choices, plugin) for item in settings}
        self.rows = {}
        for setting in settings:
            stays = old_keys.get(setting.name) == self._keys[setting.name]
            self.rows[setting.name] = old.pop(setting.name) if stays else self._make_row(setting, choices)
        for row in old.values():
            row.blockSignals(True)  # hiding takes the focus, which would commit what was being typed to its successor
            row.hide()
            row.editor.field.setObjectName("")  # its successor has the name from now on
            row.deleteLater()
        for place, row in enumerate(self.rows.values()):
            self._column.insertWidget(place, row)

    def _make_row(self, setting: Setting, choices: ModelChoices) -> SettingRow:
        row = SettingRow(f"{self.section}.{setting.name}", setting, choices, self)
        row.edited.connect(self.edited)
        row.reset.connect(self.reset)
        row.settled.connect(self.settled)
        row.asked.connect(self.asked)
        row.set_running(self._running)
        return row

    def _refresh_visible(self) -> int:
        shown = 0
        for row in self.rows.values():
            if self._words:
                visible = row.matches(self._words)
            else:
                # An expert setting that was changed must not work in the dark.
                visible = row.applies and (self._expert or not row.setting.expert or not row.quiet)
            visible = visible and row.path not in self._hidden
            row.setVisible(visible)
            shown += visible
        return shown
