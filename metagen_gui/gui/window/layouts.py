"""Where the panels stand: the wide, the narrow and the presenting form, and the one that a person made."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Literal, cast

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QDockWidget, QLayout, QMainWindow, QMenu, QTabBar, QTabWidget, QWidget

from metagen_gui.gui.look.theme import theme_changes
from metagen_gui.gui.program.window_settings import WindowSettings

Form = Literal["wide", "narrow", "presenting"]
VERSION = 4
"""Raise when docks are added or renamed: of an older saved layout only the form is then taken over."""
WIDE_FROM = 1500
"""Pixels of screen width from which three columns fit."""
SETTLING = 400
"""Milliseconds after which panels that were moved have come to rest; Qt lets them glide for half as long."""
LARGER_TYPE = 1.35
SHARED = (("inner_loss", "rates"), ("samples", "runs"))
"""Panels that share a place: the one in front, and the one behind its tab."""


class _PanelDock(QDockWidget):
    """A dock that hides its panel while it lies behind another's tab.

    Qt only moves it off the window, "visible" as before: the panel would go on drawing, and Tab would go into it.
    """

    wanted = Signal()

    def __init__(self, title: str, window: QWidget) -> None:
        super().__init__(title, window)
        self.visibilityChanged.connect(self._show_panel)
        self.toggleViewAction().triggered.connect(self._come_forward)

    def _come_forward(self, shown: bool) -> None:
        """What a person has just ticked in the menu of panels should not lie behind another's tab."""
        if shown:
            self.wanted.emit()

    def _show_panel(self, visible: bool) -> None:
        behind = not visible and not self.isFloating() and self.geometry().right() < 0
        self.widget().setHidden(behind)


class Layouts(QObject):
    """Arranges a window's docks: `experiment`, `outer_loss`, `inner_loss`, `rates`, `samples` and `runs`, and tools.

    Tools are in no form: each comes, when it is wanted, into the place that the samples have.
    """

    def __init__(
        self,
        window: QMainWindow,
        panels: Mapping[str, QWidget],
        tools: Mapping[str, QWidget] = MappingProxyType({}),
    ) -> None:
        """`panels` and `tools` map each dock's name to its contents; tools say themselves what they are called."""
        super().__init__(window)
        self._window = window
        window.installEventFilter(self)
        self.form: Form = "wide"
        self.movable = False
        titles = {
            "experiment": window.tr("Experiment"),
            "outer_loss": window.tr("Outer loss"),
            "inner_loss": window.tr("Inner loss"),
            "rates": window.tr("Inner rates"),
            "samples": window.tr("Adaptation"),
            "runs": window.tr("Runs"),
        }
        self._panels = {name: self._dock(f"{name}_dock", titles[name], panel) for name, panel in panels.items()}
        self._tools = {name: self._dock(name, tool.accessibleName(), tool) for name, tool in tools.items()}
        self.docks = {**self._panels, **self._tools}
        for dock in self._tools.values():
            dock.hide()
        self._settled = QTimer(self, singleShot=True, interval=SETTLING)
        self._settled.timeout.connect(self.clear_dead_tab_bars)
        for name, dock in self.docks.items():
            dock.wanted.connect(partial(self.bring, name))
            dock.installEventFilter(self)
        self.panels_menu = QMenu(window.tr("&Panels"), window)
        for dock in self.docks.values():
            self.panels_menu.addAction(dock.toggleViewAction())
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.set_movable(False)
        theme_changes().changed.connect(self._fit_type)

    def wide(self) -> None:
        """Three columns."""
        self.apply("wide")

    def narrow(self) -> None:
        """For a laptop's screen."""
        self.apply("narrow")

    def presenting(self) -> None:
        """Curves and samples only, in large type."""
        self.apply("presenting")

    def apply(self, form: Form) -> None:
        """Put every panel in the place that `form` gives it."""
        self._take_form(form)
        self._window.ensurePolished()  # its type is final now: one that changes later leaves tab bars behind, too
        for dock in self.docks.values():
            dock.setFloating(False)
            self._window.removeDockWidget(dock)
        {"wide": self._wide, "narrow": self._narrow, "presenting": self._presenting}[form]()
        for front, behind in SHARED:
            self._window.tabifyDockWidget(self.docks[front], self.docks[behind])
            self.docks[front].raise_()
            # One by one, or a tab bar is left behind that belongs to nothing.
            cast(QLayout, self._window.layout()).activate()
        QTimer.singleShot(0, self, self.clear_dead_tab_bars)  # that come all the same

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Put away what a resize, of the window or of a panel in it, leaves where panels stood before."""
        if event.type() == QEvent.Type.Resize and watched is self._window:
            QTimer.singleShot(0, self, self.clear_dead_tab_bars)
        elif event.type() == QEvent.Type.Resize:
            self._settled.start()
        return super().eventFilter(watched, event)

    def clear_dead_tab_bars(self) -> None:
        """Hide tab bars that stand above no panel: Qt leaves some where docks were put in place before a resize."""
        of_window = self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        places = {dock.windowTitle(): dock.geometry() for dock in self.docks.values() if not dock.isFloating()}
        for bar in of_window:
            below, here = places.get(bar.tabText(bar.currentIndex())), bar.geometry()
            if below is None or below.left() != here.left() or below.top() != here.bottom() + 1:
                bar.hide()

    def bring(self, name: str) -> None:
        """Show a panel, in front of those it shares a place with."""
        dock = self.docks[name]
        nowhere = self._window.dockWidgetArea(dock) is Qt.DockWidgetArea.NoDockWidgetArea
        if name in self._tools and nowhere and not dock.isFloating():
            self.docks["samples"].show()  # beside what is hidden nothing can be put in place
            self._window.tabifyDockWidget(self.docks["samples"], dock)
            if self.form == "narrow":  # there a tool would have less than half of a small window
                self._share([self.docks["outer_loss"], dock], [34, 66], Qt.Orientation.Vertical)
        dock.show()
        dock.raise_()

    def toggle(self, name: str) -> None:
        """Show a tool, or put it away if it is in front."""
        if self.docks[name].isVisible() and self.docks[name].widget().isVisible():
            self.docks[name].hide()
            self.docks["samples"].raise_()
        else:
            self.bring(name)

    def set_movable(self, movable: bool) -> None:
        """Show the title bars by which panels are moved, closed and floated; without them the window is calmer."""
        self.movable = movable
        for dock in self.docks.values():
            # An empty bar in place of Qt's own; Qt's comes back for None, which its annotations do not know.
            dock.setTitleBarWidget(cast(QWidget, None) if movable else QWidget(dock))

    def suit(self, width: int) -> None:
        """Apply the form for a screen of this width."""
        self.apply("wide" if width >= WIDE_FROM else "narrow")

    def restore(self, settings: WindowSettings) -> bool:
        """Bring back geometry and layout, or at least its form; return whether there was one."""
        self.set_movable(settings.flag("movable"))
        form = settings.text("form")
        known = form in ("wide", "narrow", "presenting")
        self._window.restoreGeometry(settings.state("geometry"))
        # Not one upon the other: a form put in place twice before the window is seen leaves Qt's tab bars behind.
        if known and self._window.restoreState(settings.state("layout"), VERSION):
            self._take_form(cast(Form, form))
        elif known:
            self.apply(cast(Form, form))
        return known

    def keep(self, settings: WindowSettings) -> None:
        """Remember geometry and layout."""
        settings.keep("form", self.form)
        settings.keep("movable", self.movable)
        settings.keep("geometry", self._window.saveGeometry())
        settings.keep("layout", self._window.saveState(VERSION))

    # -- the forms ---------------------------------------------------------------------------------------------------

    def _wide(self) -> None:
        experiment, outer, inner, samples = self._shown()
        self._window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, experiment)
        self._window.splitDockWidget(experiment, outer, Qt.Orientation.Horizontal)
        self._window.splitDockWidget(outer, samples, Qt.Orientation.Horizontal)
        self._window.splitDockWidget(outer, inner, Qt.Orientation.Vertical)
        self._share([experiment, outer, samples], [23, 34, 43], Qt.Orientation.Horizontal)
        self._share([outer, inner], [1, 1], Qt.Orientation.Vertical)

    def _narrow(self) -> None:
        """The two losses side by side above the samples."""
        experiment, outer, inner, samples = self._shown()
        self._window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, experiment)
        self._window.splitDockWidget(experiment, outer, Qt.Orientation.Horizontal)
        self._window.splitDockWidget(outer, samples, Qt.Orientation.Vertical)
        self._window.splitDockWidget(outer, inner, Qt.Orientation.Horizontal)
        self._share([experiment, outer, inner], [28, 36, 36], Qt.Orientation.Horizontal)
        self._share([outer, samples], [52, 48], Qt.Orientation.Vertical)

    def _presenting(self) -> None:
        experiment, outer, inner, samples = self._shown()
        self._window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, outer)
        self._window.splitDockWidget(outer, samples, Qt.Orientation.Horizontal)
        self._window.splitDockWidget(outer, inner, Qt.Orientation.Vertical)
        # A place to come back to when it is shown again.
        self._window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, experiment)
        experiment.hide()
        self._share([outer, samples], [42, 58], Qt.Orientation.Horizontal)
        self._share([outer, inner], [1, 1], Qt.Orientation.Vertical)

    def _shown(self) -> tuple[QDockWidget, QDockWidget, QDockWidget, QDockWidget]:
        for dock in self._panels.values():
            dock.show()
        return self.docks["experiment"], self.docks["outer_loss"], self.docks["inner_loss"], self.docks["samples"]

    def _take_form(self, form: Form) -> None:
        self.form = form
        self._fit_type()

    def _share(self, docks: list[QDockWidget], parts: list[int], direction: Qt.Orientation) -> None:
        whole = self._window.width() if direction is Qt.Orientation.Horizontal else self._window.height()
        self._window.resizeDocks(docks, [whole * part // sum(parts) for part in parts], direction)

    def _fit_type(self) -> None:
        # Not setFont: under a style sheet fonts are not handed down to children.
        points = QApplication.font().pointSizeF() * LARGER_TYPE
        sheet = f"QWidget {{ font-size: {points:.1f}pt; }}" if self.form == "presenting" else ""
        if sheet != self._window.styleSheet():
            self._window.setStyleSheet(sheet)

    def _dock(self, name: str, title: str, panel: QWidget) -> _PanelDock:
        dock = _PanelDock(title, self._window)
        dock.setObjectName(name)
        dock.setAccessibleName(title)
        dock.setWidget(panel)
        keeps_room = panel.sizePolicy()
        keeps_room.setRetainSizeWhenHidden(True)
        panel.setSizePolicy(keeps_room)
        return dock
