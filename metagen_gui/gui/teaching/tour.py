"""A tour of the window: a few stops that point at what is there; offered once, and in the Help menu ever after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QEvent, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QMenu, QWidget
from shiboken6 import isValid

from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.teaching.bubble import Bubble, Ring
from metagen_gui.gui.widgets.banner import Banner

SEEN = "tour_seen"


@dataclass(frozen=True)
class Stop:
    """What is pointed at: a panel, by the name of its dock, or else a button, or the menu of a command."""

    title: str
    text: str
    panel: str = ""
    button: str = ""
    command: str = ""


def _(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Tour", text))


PLAYGROUND = "playground"
"""The command that leads to drawing."""
STOPS = (
    Stop(
        _("The experiment"),
        _(
            "Tasks to learn from, a model that generates, an algorithm that learns to adapt. A click on any name, or "
            "Shift+F1, says what it is."
        ),
        panel="experiment",
    ),
    Stop(
        _("Start"),
        _("Trains with the experiment. Settings marked live may be changed while it runs."),
        button="start_button",
    ),
    Stop(
        _("The outer loss"),
        _("How well the model does on a new task once it has adapted. It falls while the model learns to adapt."),
        panel="outer_loss",
    ),
    Stop(
        _("The inner loss"),
        _(
            "What each step of adaptation gains on tasks that were never trained on. The further it falls from step 0 "
            "on, the more adapting helps."
        ),
        panel="inner_loss",
    ),
    Stop(
        _("Adaptation"),
        _(
            "A task in each row: the few examples given, what the model makes of them after 0, 1, … steps, and real "
            "examples to compare with."
        ),
        panel="samples",
    ),
    Stop(
        _("The playground"),
        _("In this menu: draw examples of your own, and watch a trained model adapt to them. One is trained already."),
        command=PLAYGROUND,
    ),
    Stop(
        _("Export"),
        _("Writes what was learned as files that other programs load. Enjoy!"),
        button="export_button",
    ),
)


class Panels(Protocol):
    """The layouts of a window, as far as a tour needs them."""

    form: Any
    """Which layout there is."""

    @property
    def docks(self) -> Mapping[str, QDockWidget]:
        """The panels, by name."""

    def bring(self, name: str) -> None:
        """Show a panel, in front of those it shares a place with."""


class Tour(QObject):
    """Leads from stop to stop. A panel that is hidden is shown for as long as it is spoken of."""

    def __init__(self, panels: Panels, banner: Banner, settings: WindowSettings, window: QMainWindow) -> None:
        super().__init__(window)
        self._panels, self._banner, self._settings, self._window = panels, banner, settings, window
        self._at: int | None = None
        self._shown_for_now: tuple[str, str] | None = None
        self._focus_before: QWidget | None = None
        self.ring, self.bubble = Ring(window), Bubble(window)
        self.bubble.moved.connect(self._go)
        self.bubble.ended.connect(self.end)

    @property
    def stop(self) -> Stop | None:
        """Where the tour is, None while there is none."""
        return None if self._at is None else self.stops()[self._at]

    def stops(self) -> list[Stop]:
        """Return the stops whose command, where it is one of a command, this window has."""
        return [stop for stop in STOPS if not stop.command or self._action(stop.command) is not None]

    def offer(self) -> None:
        """At the very first start, offer a tour, and to draw at once, in a line that need not be answered."""
        if self._settings.flag(SEEN):
            return
        self._settings.keep(SEEN, True)
        text = self.tr("New here? A tour of two minutes shows what is where. It is in the Help menu, too.")
        draw = self._action(PLAYGROUND)
        if draw is None:
            self._banner.tell(text, offer=self.tr("Show me &around"), then=self.begin)
            return
        text = self.tr(
            "New here? Draw a character, and a trained model makes more of it; or take a tour of two minutes."
        )
        tour, other = self.tr("Show me &around"), self.tr("&Draw a character")
        self._banner.tell(text, offer=tour, then=self.begin, other=other, also=draw.trigger)

    def begin(self) -> None:
        """Begin at the first stop."""
        self.end()
        self._focus_before = QApplication.focusWidget()
        self._window.installEventFilter(self)
        self._stand(0)

    def end(self) -> None:
        """End wherever it is, and leave the window as it was."""
        if self._at is None:
            return
        self._at = None
        self._window.removeEventFilter(self)
        self._hide_again()
        focus, self._focus_before = self._focus_before, None
        goes_back = focus is not None and isValid(focus) and focus.isVisible()
        # Before the bubble hides: what Qt would look for then is the next that Tab leads to, which is in the bubble.
        (focus if focus is not None and goes_back else self._window).setFocus(Qt.FocusReason.OtherFocusReason)
        self.ring.hide()
        self.bubble.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow what moves: panels are laid out anew when the window is resized, and when one is shown or hidden."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            QTimer.singleShot(0, self, self._point)
        return super().eventFilter(watched, event)

    def _go(self, steps: int) -> None:
        assert self._at is not None
        self._hide_again()
        if self._at + steps >= len(self.stops()):
            self.end()
        else:
            self._stand(max(0, self._at + steps))

    def _stand(self, at: int) -> None:
        self._at = at
        stops = self.stops()
        stop = stops[at]
        if stop.panel:
            if self._panels.docks[stop.panel].isHidden():
                self._shown_for_now = stop.panel, self._panels.form
            self._panels.bring(stop.panel)
        self.bubble.say(_said(stop.title), _said(stop.text), at + 1, len(stops))
        self._point()
        self.bubble.show()
        self.bubble.next.setFocus(Qt.FocusReason.OtherFocusReason)
        QTimer.singleShot(0, self, self._point)  # what was just shown has no place until the layouts have run

    def _point(self) -> None:
        """Put ring and bubble to where the stop's part of the window is now."""
        if self.stop is None:
            return
        about = self._part(self.stop)
        self.ring.setVisible(not about.isEmpty())
        self.ring.setGeometry(about.adjusted(-3, -3, 3, 3))
        self.bubble.stand_beside(about if not about.isEmpty() else self._window.rect().adjusted(0, 0, 0, -1))
        self.ring.raise_()
        self.bubble.raise_()

    def _part(self, stop: Stop) -> QRect:
        """Return the part of the window that a stop is about; empty where it cannot be seen."""
        if stop.command:
            return self._menu_of(stop.command)
        part = self._panels.docks[stop.panel] if stop.panel else self._window.findChild(QWidget, stop.button)
        if part is None or not part.isVisible() or part.isWindow():
            return QRect()
        return QRect(part.mapTo(self._window, QPoint(0, 0)), part.size())

    def _menu_of(self, command: str) -> QRect:
        """Return where the title of the menu stands that holds a command; empty where the desktop shows the menus."""
        bar, action = self._window.menuBar(), self._action(command)
        for title in bar.actions():
            menu = title.menu()
            if isinstance(menu, QMenu) and action in menu.actions() and bar.isVisible():
                return bar.actionGeometry(title).translated(bar.mapTo(self._window, QPoint(0, 0)))
        return QRect()

    def _action(self, command: str) -> QAction | None:
        found = self._window.findChild(QAction, f"{command}_action")
        return found if isinstance(found, QAction) else None

    def _hide_again(self) -> None:
        """Hide what was shown for a stop alone, unless a person has chosen another layout meanwhile."""
        if self._shown_for_now is not None:
            panel, form = self._shown_for_now
            self._panels.docks[panel].setHidden(form == self._panels.form)
        self._shown_for_now = None


def _said(text: str) -> str:
    return QCoreApplication.translate("Tour", text)
