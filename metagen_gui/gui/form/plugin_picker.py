"""Picks one plugin of a kind, and says in one sentence what it is and where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from html import escape
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.form.editors.base import field_height
from metagen_gui.gui.form.editors.choices import narrow_combo
from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.plain_text import PlainLabel, plain_tip

_ADDRESS = re.compile(
    r"(?P<url>https?://[^\s<>]+[^\s<>.,;)])|arXiv:(?P<arxiv>\d{4}\.\d{4,5})|doi:(?P<doi>10\.[^\s,;]+)"
)


class PluginPicker(QWidget):
    """A combo box, named `SECTION_picker`, whose item data are registered names; below it summary and reference."""

    picked = Signal(str)
    """The registered name that a person chose."""
    asked = Signal(str)
    """A person wants to know what is chosen: `SECTION.name`."""

    def __init__(self, section: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.combo = narrow_combo()
        self.combo.setObjectName(f"{section}_picker")
        self.combo.setAccessibleName(title)
        self.combo.setMinimumHeight(field_height(self.combo) + 2)
        self.explain = IconButton("mdi6.help-circle-outline", "")
        self.explain.setObjectName(f"{section}_explain")
        self.explain.clicked.connect(partial(self.asked.emit, f"{section}.name"))
        self.summary = PlainLabel()
        self.summary.setWordWrap(True)
        self.reference = QLabel()
        self.reference.setObjectName("reference")
        self.reference.setWordWrap(True)
        self.reference.setTextFormat(Qt.TextFormat.RichText)
        self.reference.setOpenExternalLinks(True)
        small = self.reference.font()
        small.setPointSizeF(max(small.pointSizeF() * 0.92, 7.0))
        self.reference.setFont(small)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        choice = QHBoxLayout()
        choice.setSpacing(2)
        choice.addWidget(self.combo, 1)
        choice.addWidget(self.explain)
        column.addLayout(choice)
        column.addWidget(self.summary)
        column.addWidget(self.reference)
        for label in (self.summary, self.reference):
            label.setProperty("tone", "muted")
        self._plugins: dict[str, type[Any]] = {}
        self._running = False
        self.combo.currentIndexChanged.connect(self._tell)

    def show_plugins(self, plugins: Iterable[tuple[str, type[Any]]], chosen: str) -> None:
        """Offer `plugins` (registered name and class) and show `chosen`."""
        blocked = self.combo.blockSignals(True)
        found = dict(plugins)
        if found != self._plugins:
            self._plugins = found
            self.combo.clear()
            for name, plugin in found.items():
                self.combo.addItem(translated(plugin.title), name)
                tip = plain_tip(translated(plugin.summary))
                self.combo.setItemData(self.combo.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.combo.setCurrentIndex(self.combo.findData(chosen))
        self.combo.blockSignals(blocked)
        self._describe(chosen)

    def set_running(self, running: bool) -> None:
        """Fix the choice while a run is going on."""
        self._running = running
        self.combo.setEnabled(not running)
        self._describe(self.combo.currentData())

    def _tell(self, index: int) -> None:
        if index >= 0:
            self.picked.emit(self.combo.itemData(index))

    def _describe(self, name: str | None) -> None:
        plugin = self._plugins.get(name or "")
        if plugin is None:
            return
        summary = translated(plugin.summary)
        self.summary.setText(summary)
        says = self.tr("What is {0}?").format(translated(plugin.title))
        self.explain.setAccessibleName(says)
        self.explain.setToolTip(plain_tip(says))
        self.reference.setText(linked(plugin.reference))
        self.reference.setVisible(bool(plugin.reference))
        self.combo.setAccessibleDescription(summary)
        self.combo.setToolTip(plain_tip(self.tr("Fixed while a run is going on.") if self._running else summary))


def linked(reference: str) -> str:
    """Return a reference as rich text, its address, arXiv number or DOI as a link."""

    def link(found: re.Match[str]) -> str:
        address = found["url"]
        if found["arxiv"]:
            address = f"https://arxiv.org/abs/{found['arxiv']}"
        if found["doi"]:
            address = f"https://doi.org/{found['doi']}"
        return f'<a href="{address}">{found[0]}</a>'

    return _ADDRESS.sub(link, escape(reference, quote=False))
