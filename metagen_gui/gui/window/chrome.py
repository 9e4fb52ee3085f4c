"""The window's menus and toolbar, made of the commands in `actions.py`."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QColor
from PySide6.QtWidgets import QMainWindow, QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from metagen_gui.gui.look.theme import colours
from metagen_gui.gui.run.device_picker import DevicePicker
from metagen_gui.gui.widgets.plain_text import PlainLabel
from metagen_gui.gui.window.actions import colour_icons, icon, translated
from metagen_gui.gui.window.menus import MENUS, SUBMENUS, TOOLBAR, fill_menu
from metagen_gui.gui.window.shortcut_keys import ShortcutKeys


def make_menus(window: QMainWindow, actions: Mapping[str, QAction], provided: Mapping[str, QMenu]) -> None:
    """Fill the menu bar; `provided` holds the submenus that are not lists of commands."""
    titles = {"theme": window.tr("&Theme"), "layout": window.tr("&Layout"), "lessons": window.tr("&Lessons")}
    titles["type"] = window.tr("T&ype size")
    submenus = dict(provided)
    for name, names in SUBMENUS.items():
        submenus[name] = QMenu(titles[name], window)
        fill_menu(submenus[name], names, actions, provided)
    for title, names in filter(itemgetter(1), MENUS):
        fill_menu(window.menuBar().addMenu(translated(title)), names, actions, submenus)
    themes = QActionGroup(window)
    for name in SUBMENUS["theme"]:
        themes.addAction(actions[name])
    # A shortcut works only for actions that belong to a widget; some are in no menu bar of some desktops.
    window.addActions(list(actions.values()))
    ShortcutKeys(actions, window)


class RunToolBar(QToolBar):
    """Start, Pause, Step, Finish, Discard | device | presets | Export."""

    def __init__(
        self, actions: Mapping[str, QAction], device: DevicePicker, presets: QMenu, window: QMainWindow
    ) -> None:
        super().__init__(window.tr("Run"), window)
        self.setObjectName("run_toolbar")
        self.setMovable(False)
        self.setIconSize(QSize(20, 20))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        # Hiding the only toolbar by its context menu would leave a window without buttons.
        self.toggleViewAction().setEnabled(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._actions = actions
        for name in TOOLBAR:
            self._add(name)
        self.addSeparator()
        label = PlainLabel(self.tr("De&vice"), self)
        label.setBuddy(device)
        label.setContentsMargins(6, 0, 6, 0)
        self.addWidget(label)
        self.addWidget(device)
        self.addSeparator()
        self.presets = QToolButton(self)
        self.presets.setObjectName("presets_button")
        self.presets.setText(self.tr("Presets"))
        self.presets.setToolTip(self.tr("Experiments that are known to work well"))
        self.presets.setMenu(presets)
        self.presets.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.presets.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.presets.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.addWidget(self.presets)
        space = QWidget(self)
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(space)
        self._add("export")
        self.colour()

    def colour(self) -> None:
        """Draw the icons in the colours of the present look; Start and Discard have colours that say what they do."""
        look = colours()
        disabled = QColor(look.disabled)
        colour_icons(self._actions, QColor(look.text), disabled)
        self._actions["start"].setIcon(icon("mdi6.play", QColor(look.good), disabled))
        self._actions["discard"].setIcon(icon("mdi6.trash-can-outline", QColor(look.error), disabled))
        self.presets.setIcon(icon("mdi6.playlist-star", QColor(look.text), disabled))

    def _add(self, name: str) -> None:
        self.addAction(self._actions[name])
        button = self.widgetForAction(self._actions[name])
        button.setObjectName(f"{name}_button")
        button.setAccessibleName(self._actions[name].iconText())
        # The toolbar's buttons take no focus by default: a keyboard could not reach them.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
