"""The packages that bring plugins of their own, each to be switched on and off: what one brings is code."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.packages import VARIABLE, Foreign, choose, in_words, read_choices
from metagen_gui.gui.widgets.plain_text import PlainLabel


class PackagesDialog(QDialog):
    """A line with a check box per package, and what it brings."""

    def __init__(
        self, plugins: Sequence[Foreign], load: Callable[[Collection[str]], object], parent: QWidget | None = None
    ) -> None:
        """`load` is given the name of a package that is switched on."""
        super().__init__(parent)
        self.setObjectName("packages_dialog")
        self.setWindowTitle(self.tr("Plugins of other packages"))
        self._load = load
        self.list = QListWidget(self)
        self.list.setAccessibleName(self.windowTitle())
        choices = read_choices()
        for package in dict.fromkeys(plugin.package for plugin in plugins):
            item = QListWidgetItem(in_words([one for one in plugins if one.package == package]), self.list)
            item.setData(Qt.ItemDataRole.UserRole, package)
            item.setCheckState(Qt.CheckState.Checked if choices.agreed(package) else Qt.CheckState.Unchecked)
        said = self.tr(
            "What a package brings is code that runs with your rights. What is switched off is gone from the next "
            "start on, here and in every metagen command."
        )
        if not plugins:
            said = self.tr("No other package brings plugins.")
        elif choices.only is not None:
            said = self.tr("{0} is set, and says for now what is loaded.").format(VARIABLE)
            self.list.setEnabled(False)
        self.said = PlainLabel(said, self)
        self.said.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        self.list.itemChanged.connect(self._keep)
        layout = QVBoxLayout(self)
        for widget in (self.said, self.list, buttons):
            layout.addWidget(widget)
        self.resize(480, 300)

    def _keep(self, item: QListWidgetItem) -> None:
        package = item.data(Qt.ItemDataRole.UserRole)
        if item.checkState() is Qt.CheckState.Checked:
            self._load([package])
            return
        try:
            choose([package], "off")
        except BadInput as problem:
            self.said.setText(translated(str(problem)))
