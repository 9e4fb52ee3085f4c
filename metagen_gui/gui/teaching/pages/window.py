"""The pages of all algorithms, models and task families: a list, the page that is chosen, and its picture."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QHBoxLayout, QSplitter, QTextBrowser, QTreeWidget, QTreeWidgetItem, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.form.words import in_words
from metagen_gui.gui.look.theme import theme_changes
from metagen_gui.gui.teaching.pages.picture import LivePicture
from metagen_gui.gui.teaching.pages.words import plugin_text

SECTION, NAME = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1


class PagesWindow(QDialog):
    """Stands beside the main window; while it is open, its picture is drawn anew for every page."""

    def __init__(self, use_threads: Callable[[], object] | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pages_window")
        self.setWindowTitle(self.tr("Algorithms, models and tasks"))
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self.list = QTreeWidget()
        self.list.setObjectName("pages_list")
        self.list.setAccessibleName(self.tr("Pages"))
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setItemsExpandable(False)
        self.text = QTextBrowser()
        self.text.setObjectName("page_text")
        self.text.setOpenLinks(False)
        self.text.document().setDocumentMargin(14)
        self.picture = LivePicture(use_threads)
        page = QSplitter(Qt.Orientation.Vertical)
        page.addWidget(self.text)
        page.addWidget(self.picture)
        page.setSizes([420, 320])
        page.setChildrenCollapsible(False)
        whole = QSplitter()
        whole.addWidget(self.list)
        whole.addWidget(page)
        whole.setStretchFactor(1, 1)
        whole.setSizes([220, 740])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(whole)
        self.list.currentItemChanged.connect(self._show_item)
        self.text.anchorClicked.connect(self._open)
        self.finished.connect(self.picture.stop)
        theme_changes().changed.connect(self._write)
        self.resize(QSize(980, 760).boundedTo(self.screen().availableSize()))

    def show_page(self, section: str, name: str) -> None:
        """Open the window at the page of a plugin."""
        self._list_plugins()  # some may have come since
        (item,) = (it for it in self._items() if (it.data(0, SECTION), it.data(0, NAME)) == (section, name))
        self.list.setCurrentItem(item)
        self.show()
        self.raise_()
        self.activateWindow()
        self.list.setFocus()

    def _list_plugins(self) -> None:
        from metagen_gui.engine.experiment import REGISTRIES

        self.list.clear()
        bold = self.font()
        bold.setBold(True)
        for section in ("algorithm", "model", "tasks"):
            heading = QTreeWidgetItem([translated(REGISTRIES[section].heading)])
            heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
            heading.setFont(0, bold)
            self.list.addTopLevelItem(heading)
            for name, plugin in REGISTRIES[section].items():
                item = QTreeWidgetItem([translated(plugin.title)])
                item.setData(0, SECTION, section)
                item.setData(0, NAME, name)
                heading.addChild(item)
        self.list.expandAll()

    def _items(self) -> list[QTreeWidgetItem]:
        headings = [self.list.topLevelItem(place) for place in range(self.list.topLevelItemCount())]
        return [heading.child(place) for heading in headings if heading for place in range(heading.childCount())]

    def _show_item(self, item: QTreeWidgetItem | None) -> None:
        self._write()
        if item is not None and item.data(0, SECTION):
            self.picture.show_plugin(item.data(0, SECTION), item.data(0, NAME))

    def _write(self) -> None:
        """Write the page, in the colours of the present look."""
        from metagen_gui.engine.experiment import REGISTRIES, Experiment

        item = self.list.currentItem()
        if item is None or not item.data(0, SECTION):
            return
        section, name = item.data(0, SECTION), item.data(0, NAME)
        plugin = REGISTRIES[section].get(name)
        settings = tuple(map(in_words, Experiment().with_plugin(section, name).settings(section)))
        self.text.setAccessibleName(translated(plugin.title))
        self.text.setHtml(plugin_text(section, plugin, settings))

    def _open(self, address: QUrl) -> None:
        if address.scheme() in ("http", "https"):
            QDesktopServices.openUrl(address)
