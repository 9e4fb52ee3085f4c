"""Which commands stand in which menu, and which in the toolbar."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QT_TRANSLATE_NOOP
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu


def _(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Actions", text))


SEPARATOR = "-"
MENUS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        _("&File"),
        (
            "new_experiment",
            "open_experiment",
            ">recent",
            ">presets",
            SEPARATOR,
            "save_experiment",
            "save_experiment_as",
            SEPARATOR,
            ">lessons",
            SEPARATOR,
            "open_runs",
            "export",
            SEPARATOR,
            "quit",
        ),
    ),
    (_("&Edit"), ("undo", "redo", SEPARATOR, "copy_command", "find_setting")),
    (
        _("&Run"),
        (
            "start",
            "add_to_queue",
            "pause",
            "step",
            SEPARATOR,
            "sample_now",
            "save_now",
            SEPARATOR,
            "finish",
            "discard",
            SEPARATOR,
            "claims",
            "sweep",
        ),
    ),
    (_("&Play"), ("playground", "walks", "slow_motion", "race")),
    (
        _("&View"),
        (
            "show_runs",
            "queue_panel",
            SEPARATOR,
            ">theme",
            ">type",
            "still",
            ">language",
            ">layout",
            ">panels",
            "move_panels",
            SEPARATOR,
            "expert_settings",
            "hide_controls",
            "show_controls",
        ),
    ),
    (
        _("&Help"),
        (
            "explain",
            "pages",
            "tour",
            SEPARATOR,
            "documentation",
            "shortcuts",
            "packages",
            "check_computer",
            SEPARATOR,
            "about",
        ),
    ),
)
"""Each menu's title and contents; a name that begins with `>` is a submenu that the window provides.

*Play* holds the commands that open tools, called as these are in `tools.py`; the queue is beside the runs."""

SUBMENUS: Mapping[str, tuple[str, ...]] = {
    "theme": ("theme_system", "theme_light", "theme_dark"),
    "type": ("type_larger", "type_smaller", "type_normal"),
    "lessons": (">course", "open_lesson", "save_lesson", SEPARATOR, "paste_lesson", "copy_lesson"),
    "layout": ("layout_wide", "layout_narrow", "layout_presenting"),
}
TOOLBAR = ("start", "pause", "step", "finish", "discard", "claims")


def fill_menu(
    menu: QMenu, names: tuple[str, ...], actions: Mapping[str, QAction], submenus: Mapping[str, QMenu]
) -> None:
    """Put commands, separators and submenus into `menu`, in order."""
    menu.setToolTipsVisible(True)
    for name in names:
        if name == SEPARATOR:
            menu.addSeparator()
        elif name.startswith(">"):
            menu.addMenu(submenus[name[1:]])
        else:
            menu.addAction(actions[name])
