"""One line above the panels for what a person should know but need not answer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QToolBar, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.look.theme import colours
from metagen_gui.gui.widgets.elided_label import ElidedLabel
from metagen_gui.gui.widgets.icon_button import IconButton, themed_icon
from metagen_gui.gui.widgets.plain_text import PlainLabel, plain_tip


class Banner(QToolBar):
    """A row that is hidden until there is something to say. It is a toolbar so that it spans the window's docks."""

    def __init__(self, parent: QWidget | None = None, name: str = "banner") -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(self.tr("Message"))
        self.setMovable(False)
        self.toggleViewAction().setVisible(False)
        self._then: Callable[[], object] | None = None
        self._otherwise: Callable[[], object] | None = None
        self._also: Callable[[], object] | None = None
        self._icon = PlainLabel(parent=self)
        self._label = ElidedLabel(parent=self)
        self._label.setObjectName(f"{name}_label")
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._action = QPushButton(self)
        self._action.setObjectName(f"{name}_button")
        self._action.clicked.connect(self._do)
        self._decline = QPushButton(self)
        self._decline.setObjectName(f"{name}_decline_button")
        self._decline.clicked.connect(self._do_other)
        self._close = IconButton("mdi6.close", self.tr("Dismiss this message"), self)
        self._close.clicked.connect(self._do_not)
        row = QWidget(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(8, 2, 4, 2)
        layout.setSpacing(8)
        for widget in (self._icon, self._label, self._action, self._decline, self._close):
            layout.addWidget(widget, 1 if widget is self._label else 0)
        self.addWidget(row)
        self.hide()

    def text(self) -> str:
        """Return what is said, "" when the banner is hidden."""
        return "" if self.isHidden() else self._label.text()

    def tell(
        self,
        text: str,
        *,
        offer: str = "",
        then: Callable[[], object] | None = None,
        other: str = "",
        also: Callable[[], object] | None = None,
    ) -> None:
        """Say something that is no problem; `offer` labels a button that calls `then`, and `other` one for `also`."""
        self._show("mdi6.information-outline", colours().link, text, offer, then)
        self._decline.setText(other)
        self._decline.setVisible(bool(other))
        self._also = also

    def warn(self, text: str, *, offer: str = "", then: Callable[[], object] | None = None) -> None:
        """Say what went wrong."""
        self._show("mdi6.alert-outline", colours().warning, text, offer, then)

    def ask(self, text: str, yes: str, then: Callable[[], object], no: str, otherwise: Callable[[], object]) -> None:
        """Ask something that need not be answered: `yes` calls `then`; `no`, and closing the line, `otherwise`."""
        self._show("mdi6.help-circle-outline", colours().link, text, yes, then)
        self._decline.setText(no)
        self._decline.show()
        self._otherwise = otherwise

    def dismiss(self) -> None:
        """Hide, and forget what was offered."""
        self._then = self._otherwise = self._also = None
        self._label.setText("")
        self.hide()

    def setVisible(self, visible: bool) -> None:
        """Show or hide; a layout restored from an earlier session does not bring back an empty line."""
        super().setVisible(visible and bool(self._label.text()))

    def _show(self, icon: str, colour: str, text: str, offer: str, then: Callable[[], object] | None) -> None:
        self._icon.setPixmap(themed_icon(icon, colour).pixmap(QSize(18, 18), self.devicePixelRatioF()))
        text = translated(text)
        self._label.setText(text)
        self._label.setToolTip(plain_tip(text))
        self._label.setAccessibleName(text)
        self._action.setText(offer)
        self._action.setVisible(bool(offer))
        self._decline.hide()
        self._then, self._otherwise, self._also = then, None, None
        self.show()

    def _do(self) -> None:
        then = self._then
        self.dismiss()
        if then is not None:
            then()

    def _do_other(self) -> None:
        other = self._also or self._otherwise
        self.dismiss()
        if other is not None:
            other()

    def _do_not(self) -> None:
        otherwise = self._otherwise
        self.dismiss()
        if otherwise is not None:
            otherwise()
