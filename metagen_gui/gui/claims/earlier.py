"""The button that lists the tests of claims on disk: to be shown, gone on with, or moved to the trash."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QMenu, QMessageBox, QToolButton, QWidget

from metagen_gui.engine.store.trash import Thrown
from metagen_gui.gui.claims.words import entry, name_of
from metagen_gui.gui.program.trash import trash_folder
from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.plain_text import PlainBox
from metagen_gui.gui.widgets.question import is_agreed

if TYPE_CHECKING:
    from metagen_gui.engine.claims.examination.kept_tests import KeptTest


class ClaimsEarlier(IconButton):
    """Opens a menu with a line per test, and under it the same tests to be thrown away; hidden where there are none."""

    wanted = Signal(object)
    """The `KeptTest` to go on with, or to show."""
    trash_wanted = Signal(object)
    """The `KeptTest` to throw away."""

    def __init__(self, parent: QWidget | None = None) -> None:
        says = _tr("Show what came of an earlier test, go on with one that was stopped, or throw one away")
        super().__init__("mdi6.history", says, parent)
        self.setObjectName("claims_earlier")
        self.setText(_tr("Earlier tests"))
        self.setAccessibleName(self.text())
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setMenu(QMenu(self))
        self.trash = QMenu(_tr("Move to &trash"), self)
        self.trash.setObjectName("claims_trash")

    def show_tests(self, tests: Sequence[KeptTest]) -> None:
        """Offer these, the newest first; with one that is being written nothing can be done."""
        self.setVisible(bool(tests))
        menu = self.menu()
        menu.clear()
        self.trash.clear()
        for test in tests:
            _add(menu, entry(test), self.wanted.emit, test)
            _add(self.trash, f"{name_of(test)}…", self.trash_wanted.emit, test)
        menu.addSeparator()
        menu.addMenu(self.trash)


def _add(menu: QMenu, words: str, then: Callable[[KeptTest], object], test: KeptTest) -> None:
    action = menu.addAction(words.replace("&", "&&"))
    action.setEnabled(not test.held)
    action.triggered.connect(lambda: then(test))


def may_trash(parent: QWidget, test: KeptTest) -> bool:
    """Ask whether a test may go to the trash."""
    box = PlainBox(parent)
    box.setObjectName("claims_trash_dialog")
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(_tr("Move to the trash?"))
    box.setText(_tr("Move the test “{name}” to the trash?").format(name=name_of(test)))
    box.setInformativeText(_tr("Its runs, its scores and its report go with it."))
    return is_agreed(box, _tr("&Move to trash"), _tr("&Keep"))


def move_to_trash(test: KeptTest) -> Thrown | str:
    """Move a test's folder to the trash; return it as it lies there, or why it does not."""
    from metagen_gui.engine.store.lock import is_held

    if is_held(test.folder):  # by now, whatever was listed
        return _tr("{name} is going on; stop it first").format(name=name_of(test))
    return trash_folder(test.folder, name_of(test))


def _tr(text: str) -> str:
    return QCoreApplication.translate("ClaimsEarlier", text)
