"""A strip above the panels that says what is wrong with training, since when, and what may help."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolBar, QVBoxLayout, QWidget

from metagen_gui.engine.events import Alarm, Remedy
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.look.theme import colours, theme_changes
from metagen_gui.gui.run.health.words import RemedyWords
from metagen_gui.gui.widgets.elided_label import ElidedLabel
from metagen_gui.gui.widgets.flow_layout import FlowLayout
from metagen_gui.gui.widgets.icon_button import IconButton, themed_icon
from metagen_gui.gui.widgets.plain_text import PlainLabel, plain_tip


class HealthStrip(QToolBar):
    """Shows one alarm at a time, the newest first; hidden while there is none. Nothing waits for an answer."""

    remedy_wanted = Signal(object)
    """The `Remedy` whose button was pressed."""

    def __init__(self, words: Callable[[Remedy], RemedyWords], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("health_strip")
        self.setWindowTitle(self.tr("Health of the run"))
        self.setMovable(False)
        self.toggleViewAction().setVisible(False)
        self._words = words
        self._alarms: list[Alarm] = []
        self._place = 0
        self._icon = PlainLabel(parent=self)
        self._name = PlainLabel(parent=self)
        self._name.setObjectName("health_name")
        font = self._name.font()
        font.setBold(True)
        self._name.setFont(font)
        self._text = ElidedLabel(parent=self)
        self._text.setObjectName("health_label")
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._count = PlainLabel(parent=self)
        self._count.setProperty("tone", "muted")
        self._next = IconButton("mdi6.chevron-right", self.tr("Show the next alarm"), self)
        self._next.clicked.connect(self._turn)
        self._close = IconButton("mdi6.close", self.tr("Dismiss this alarm"), self)
        self._close.clicked.connect(self.dismiss)
        self._remedies = QWidget(self)
        self._buttons = FlowLayout(self._remedies, gap=6)
        self._note = PlainLabel(parent=self._remedies)
        self._note.setObjectName("health_note")
        self._note.setProperty("tone", "muted")
        self._note.setContentsMargins(6, 3, 0, 0)  # on a line with the texts of the buttons
        self._build()
        theme_changes().changed.connect(self._draw_icon)
        self._draw_icon()
        self.hide()

    def _build(self) -> None:
        row = QWidget(self)
        first, second, whole = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(row)
        whole.setContentsMargins(8, 3, 4, 4)
        whole.setSpacing(3)
        for widget in (self._icon, self._name, self._text, self._count, self._next, self._close):
            first.addWidget(widget, 1 if widget is self._text else 0)
        first.setSpacing(8)
        second.setContentsMargins(26, 0, 4, 0)
        second.addWidget(self._remedies)
        whole.addLayout(first)
        whole.addLayout(second)
        self.addWidget(row)

    # -- what the window calls ---------------------------------------------------------------------------------------

    def text(self) -> str:
        """Return the sentence that is shown, "" when the strip is hidden."""
        return self._text.text() if self._alarms else ""

    def hear(self, alarm: Alarm) -> None:
        """Show a new alarm, or take away one that is over."""
        shown = self._alarms[self._place] if self._alarms else None
        self._alarms = [each for each in self._alarms if each.kind != alarm.kind]
        if alarm.over:
            self._place = self._alarms.index(shown) if shown in self._alarms else 0
            self._show()
            return
        self._alarms.insert(0, alarm)
        self._place = 0
        self._show()
        self._announce(self._text)

    def clear(self) -> None:
        """Forget every alarm: another run begins."""
        self._alarms, self._place = [], 0
        self._show()

    def dismiss(self) -> None:
        """Take away the alarm that is shown."""
        del self._alarms[self._place : self._place + 1]
        self._place = 0
        self._show()

    def note(self, text: str) -> None:
        """Say what came of a remedy."""
        self._note.setText(text)
        self._note.setToolTip(plain_tip(text))
        self._note.setAccessibleName(text)
        self._announce(self._note)

    def setVisible(self, visible: bool) -> None:
        """Show or hide; a layout restored from an earlier session does not bring back an empty strip."""
        super().setVisible(visible and bool(self._alarms))

    # -- what it does ------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        self._clear_buttons()
        self.setVisible(bool(self._alarms))
        if not self._alarms:
            return
        alarm, several = self._alarms[self._place], len(self._alarms) > 1
        since = self.tr("since step {0}").format(f"{alarm.meta_step:,}")
        called, text = translated(alarm.called), translated(alarm.text)
        self._name.setText(f"{called}, {since}")
        self._text.setText(text)
        self._text.setToolTip(plain_tip(text))
        self._text.setAccessibleName(f"{called}, {since}: {text}")
        self._count.setText(self.tr("{0} of {1}").format(self._place + 1, len(self._alarms)))
        self._count.setVisible(several)
        self._next.setVisible(several)
        self._note.setText("")
        for remedy in alarm.remedies:
            self._buttons.addWidget(self._button(remedy))
        self._buttons.addWidget(self._note)

    def _button(self, remedy: Remedy) -> QPushButton:
        words = self._words(remedy)
        button = QPushButton(words.label, self._remedies)
        button.setObjectName(f"remedy.{remedy.path}")
        button.setToolTip(plain_tip(words.tip))
        button.setAccessibleDescription(words.tip)
        button.setEnabled(words.possible)
        button.setProperty("remedy", remedy)
        button.clicked.connect(self._want)
        button.show()
        return button

    def _clear_buttons(self) -> None:
        while item := self._buttons.takeAt(0):
            if isinstance(button := item.widget(), QPushButton):
                button.hide()
                button.deleteLater()

    def _want(self) -> None:
        button = self.sender()
        assert isinstance(button, QPushButton)
        button.setEnabled(False)  # done; the alarm itself ends when it has helped
        self.remedy_wanted.emit(button.property("remedy"))

    def _turn(self) -> None:
        self._place = (self._place + 1) % len(self._alarms)
        self._show()

    def _announce(self, label: QLabel) -> None:
        """Let a screen reader say it, wherever the focus is."""
        QAccessible.updateAccessibility(QAccessibleEvent(label, QAccessible.Event.Alert))

    def _draw_icon(self) -> None:
        icon = themed_icon("mdi6.alert-outline", colours().warning)
        self._icon.setPixmap(icon.pixmap(QSize(18, 18), self.devicePixelRatioF()))
