"""Every command of the window as data: name, text, shortcuts, icon, tip; their menus are in `menus.py`.

When a command can be given is written in `run_states.ENABLED`, under the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QObject
from PySide6.QtGui import QAction, QColor, QIcon, QKeySequence

from metagen_gui.gui.look.icon_font import font_icon
from metagen_gui.gui.run.states import RunState, enabled
from metagen_gui.gui.widgets.plain_text import without_mnemonic


@dataclass(frozen=True)
class Command:
    """One thing that a person can ask for. `short` is the toolbar's text."""

    name: str
    text: str
    tip: str
    icon: str = ""
    shortcuts: tuple[str, ...] = ()
    checkable: bool = False
    short: str = ""


def _(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Actions", text))


COMMANDS: tuple[Command, ...] = (
    Command("start", _("&Start"), _("Train with the experiment on the left"), "mdi6.play", ("Ctrl+R", "F5")),
    Command(
        "add_to_queue",
        _("Add to &queue"),
        _("Put the experiment on the left at the end of the queue"),
        "mdi6.playlist-plus",
        ("Ctrl+Shift+R",),
    ),
    Command("pause", _("&Pause"), _("Pause after this outer step, or go on"), "mdi6.pause", ("F6",)),
    Command("step", _("S&tep"), _("Take one outer step, then pause"), "mdi6.debug-step-over", ("F10",)),
    Command(
        "finish", _("&Finish"), _("End the run here and keep what it learned"), "mdi6.flag-checkered", ("Shift+F5",)
    ),
    Command(
        "discard",
        _("&Discard…"),
        _("End the run and move its folder to the trash"),
        "mdi6.trash-can-outline",
        ("Ctrl+Shift+Backspace",),
        short=_("Discard"),
    ),
    Command("sample_now", _("Sa&mple now"), _("Generate fresh samples"), "mdi6.image-refresh-outline", ("F8",)),
    Command("save_now", _("Save &checkpoint now"), _("Write a checkpoint"), "mdi6.content-save-outline", ("F9",)),
    Command("new_experiment", _("&New experiment"), _("Go back to the defaults"), "mdi6.file-outline", ("Ctrl+N",)),
    Command(
        "open_experiment",
        _("&Open experiment…"),
        _("Open an experiment file"),
        "mdi6.folder-open-outline",
        ("Ctrl+O",),
    ),
    Command(
        "save_experiment",
        _("&Save experiment"),
        _("Write the experiment to its file"),
        "mdi6.content-save",
        ("Ctrl+S",),
    ),
    Command(
        "save_experiment_as",
        _("Save experiment &as…"),
        _("Write the experiment to another file"),
        shortcuts=("Ctrl+Shift+S",),
    ),
    Command(
        "open_runs", _("Open runs &folder"), _("Show where runs are kept"), "mdi6.folder-outline", ("Ctrl+Shift+O",)
    ),
    Command(
        "export",
        _("&Export…"),
        _("Write what was learned as files that other programs load"),
        "mdi6.export-variant",
        ("Ctrl+E",),
        short=_("Export…"),
    ),
    Command(
        "claims",
        _("Test c&laims…"),
        _("Find out whether meta-learning helps with this experiment: arms trained alike, a verdict per claim"),
        "mdi6.scale-balance",
        ("Ctrl+T",),
        short=_("Test claims…"),
    ),
    Command(
        "race",
        _("&Race"),
        _("Train two to five experiments side by side on the same tasks, and see who wins"),
        "mdi6.podium",
        ("Ctrl+Shift+L",),
    ),
    Command(
        "sweep",
        _("S&weep"),
        _("Seek settings in ranges, trial by trial, and see which is best and what matters"),
        "mdi6.tune-vertical",
        ("Ctrl+Shift+P",),
    ),
    Command(
        "slow_motion",
        _("&Slow motion"),
        _("One outer step phase by phase, with its formulas and numbers; toys whose whole loss surface is seen"),
        "mdi6.motion-play-outline",
        ("Ctrl+M",),
    ),
    Command("quit", _("&Quit"), _("Close the window"), "mdi6.exit-to-app", ("Ctrl+Q",)),
    Command("open_lesson", _("Open &lesson…"), _("Bring back all that a lesson shows"), "mdi6.school-outline"),
    Command("save_lesson", _("Save l&esson…"), _("Write all that can be seen now to a file")),
    Command("copy_lesson", _("&Copy lesson as text…"), _("Put all that can be seen now into one word to be sent")),
    Command("paste_lesson", _("Paste lesso&n"), _("Bring back the lesson whose text was copied")),
    Command("hide_controls", _("&Hide controls…"), _("Choose which settings of the form a class sees")),
    Command("show_controls", _("Show all c&ontrols"), _("Bring every hidden setting back")),
    Command("undo", _("&Undo"), _("Take back the last change of a setting"), "mdi6.undo", ("Ctrl+Z",)),
    Command("redo", _("&Redo"), _("Do it again"), "mdi6.redo", ("Ctrl+Shift+Z", "Ctrl+Y")),
    Command(
        "copy_command",
        _("&Copy as command"),
        _("Copy the command line that runs this experiment"),
        "mdi6.console",
        ("Ctrl+Shift+C",),
    ),
    Command("find_setting", _("&Find setting"), _("Search the settings"), "mdi6.magnify", ("Ctrl+F",)),
    Command("layout_wide", _("&Wide"), _("Three columns, for a large screen"), shortcuts=("Ctrl+Alt+1",)),
    Command("layout_narrow", _("&Narrow"), _("For a laptop's screen"), shortcuts=("Ctrl+Alt+2",)),
    Command(
        "layout_presenting", _("&Presenting"), _("Curves and samples only, in large type"), shortcuts=("Ctrl+Alt+3",)
    ),
    Command(
        "move_panels",
        _("&Move panels"),
        _("Show title bars by which panels are moved, closed and floated"),
        shortcuts=("Ctrl+Alt+M",),
        checkable=True,
    ),
    Command("show_runs", _("&Runs"), _("Every run there is: resume, branch, compare"), "mdi6.history", ("Ctrl+L",)),
    Command(
        "queue_panel",
        _("&Queue"),
        _("The runs that wait: order, pause, retry, and how far each is"),
        "mdi6.tray-full",
        ("Ctrl+Shift+U",),
    ),
    Command(
        "playground",
        _("&Playground"),
        _("Draw examples of your own and watch a trained model adapt to them"),
        "mdi6.draw",
        ("Ctrl+P",),
    ),
    Command(
        "walks",
        _("&Walks"),
        _("Walk around the latents of a trained model, from task to task, and from noise to samples"),
        "mdi6.walk",
        ("Ctrl+Shift+W",),
    ),
    Command("theme_system", _("Like the &system"), _("Follow the desktop's look"), checkable=True),
    Command("theme_light", _("&Light"), _("Dark on light"), checkable=True),
    Command("theme_dark", _("&Dark"), _("Light on dark"), checkable=True),
    Command("type_larger", _("&Larger type"), _("Show all type larger"), shortcuts=("Ctrl+Shift++", "Ctrl+Shift+=")),
    Command("type_smaller", _("&Smaller type"), _("Show all type smaller"), shortcuts=("Ctrl+Shift+-", "Ctrl+Shift+_")),
    Command("type_normal", _("&Type of the desktop"), _("As large as elsewhere"), shortcuts=("Ctrl+Shift+0",)),
    Command("still", _("Reduce mot&ion"), _("Play in steps that an eye can rest on"), checkable=True),
    Command(
        "expert_settings",
        _("&Expert settings"),
        _("Show the settings that are seldom changed"),
        shortcuts=("Ctrl+Shift+X",),
        checkable=True,
    ),
    Command(
        "explain",
        _("What is &this?"),
        _("Explain the setting that has the focus: its formula, its source, its range"),
        "mdi6.help-circle-outline",
        ("Shift+F1",),
    ),
    Command(
        "pages",
        _("Algorithms, &models and tasks"),
        _("A page for each, with its formulas and a picture of it at work"),
        "mdi6.book-open-page-variant-outline",
        ("Ctrl+Shift+F1",),
    ),
    Command("tour", _("T&our"), _("Shows what is where, in seven steps"), "mdi6.map-marker-path"),
    Command("packages", _("&Plugins of other packages…"), _("Switch them on and off"), "mdi6.puzzle-outline"),
    Command(
        "check_computer",
        _("&Check this computer"),
        _("Find out whether all of it works here; text to be put into a report"),
        "mdi6.stethoscope",
    ),
    Command("shortcuts", _("&Keyboard shortcuts"), _("List every shortcut"), "mdi6.keyboard-outline", ("F1",)),
    Command(
        "documentation",
        _("&Documentation"),
        _("Tutorial, how-to pages, a course"),
        "mdi6.book-open-variant",
        ("Ctrl+F1",),
    ),
    Command("about", _("&About MetaGen"), _("Version and licence"), "mdi6.information-outline"),
)


def translated(text: str) -> str:
    """Return a text of this file in the person's language."""
    return QCoreApplication.translate("Actions", text)


def make_actions(parent: QObject, slots: Mapping[str, Callable[..., object]]) -> dict[str, QAction]:
    """Return one action per command, by name, connected to the slot of that name."""
    actions = {}
    for command in COMMANDS:
        action = QAction(translated(command.text), parent)
        action.setObjectName(f"{command.name}_action")
        action.setIconText(without_mnemonic(translated(command.short or command.text)))
        action.setShortcuts([QKeySequence(keys) for keys in command.shortcuts])
        action.setCheckable(command.checkable)
        _set_tip(action, translated(command.tip))
        action.triggered.connect(slots[command.name])
        actions[command.name] = action
    return actions


def _set_tip(action: QAction, tip: str) -> None:
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    action.setToolTip(f"{tip} ({keys})" if keys else tip)
    action.setStatusTip("")


def colour_icons(actions: Mapping[str, QAction], colour: QColor, disabled: QColor) -> None:
    """Draw every icon in the colours of the present look."""
    for command in COMMANDS:
        if command.icon:
            actions[command.name].setIcon(icon(command.icon, colour, disabled))


def icon(name: str, colour: QColor, disabled: QColor) -> QIcon:
    """Return an icon of the bundled font."""
    return font_icon(name, colour, disabled)


def enable_actions(actions: Mapping[str, QAction], state: RunState) -> None:
    """Enable what can be done in `state`, and let *Pause* say what it does."""
    for name, action in actions.items():
        action.setEnabled(enabled(name, state))
    paused = state is RunState.PAUSED
    text = QCoreApplication.translate("Actions", "&Resume" if paused else "&Pause")
    actions["pause"].setText(text)
    actions["pause"].setIconText(without_mnemonic(text))
