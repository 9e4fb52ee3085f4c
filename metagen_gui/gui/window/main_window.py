"""The main window: composes panels, run, files and layout, and connects them. What they do is in their own files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow

from metagen_gui.gui.claims.command import ClaimsCommand
from metagen_gui.gui.experiment.files import ExperimentFiles
from metagen_gui.gui.experiment.panel import ExperimentPanel
from metagen_gui.gui.experiment.presets import PresetMenu
from metagen_gui.gui.export.command import ExportCommand
from metagen_gui.gui.hosts.machines import Machines
from metagen_gui.gui.library.commands import RunsCommands
from metagen_gui.gui.library.panel import RunsPanel
from metagen_gui.gui.look.theme import theme_changes
from metagen_gui.gui.program.engine import Engine
from metagen_gui.gui.program.engine_loader import EngineLoader, load_engine
from metagen_gui.gui.program.job import end_jobs
from metagen_gui.gui.program.plugin_problems import PluginsBanner
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.afar import AfarController
from metagen_gui.gui.run.device_picker import DevicePicker
from metagen_gui.gui.run.panels import RunPanels
from metagen_gui.gui.run.states import RunState, enabled
from metagen_gui.gui.run.status.bar import StatusBar
from metagen_gui.gui.run.status.messages import RunMessages
from metagen_gui.gui.run.status.updates import StatusUpdates
from metagen_gui.gui.run.tool import Around
from metagen_gui.gui.teaching.command import TeachingCommands
from metagen_gui.gui.teaching.tour import Tour
from metagen_gui.gui.widgets.banner import Banner
from metagen_gui.gui.widgets.dropped import dropped_path
from metagen_gui.gui.window.actions import enable_actions, make_actions
from metagen_gui.gui.window.chrome import RunToolBar, make_menus
from metagen_gui.gui.window.close_dialog import Closing, ask_closing, ask_discarding
from metagen_gui.gui.window.help_dialogs import HelpCommands
from metagen_gui.gui.window.language_menu import LanguageMenu
from metagen_gui.gui.window.layouts import Layouts
from metagen_gui.gui.window.lessons import Lessons
from metagen_gui.gui.window.look_commands import LookCommands
from metagen_gui.gui.window.starting import Starting
from metagen_gui.gui.window.tools import Tools

ASK_BEFORE_DISCARDING = 60.0
"""Seconds of training that may be thrown away without a question."""


class MainWindow(QMainWindow):
    """A sentence in three columns: this experiment → learns like this → so it adapts like that."""

    def __init__(self, settings: WindowSettings, load: Callable[[], Engine] = load_engine) -> None:
        """`load` brings the engine, in a thread, after the first paint."""
        super().__init__()
        self.setObjectName("main_window")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self._settings = settings
        self._quitting = False

        self.panel = ExperimentPanel(self)
        self.controller = AfarController(self)
        self.files = ExperimentFiles(self.panel, settings, self)
        self.banner = Banner(self)
        self.device = DevicePicker(self.panel, self)
        self.machines = Machines(self.device, self.controller, self)
        self.presets = PresetMenu(parent=self)
        self.look = LookCommands(settings, self)
        self.help = HelpCommands(self, self.banner)
        self.loader = EngineLoader(load, self)
        self.status = StatusBar(self)
        self._updates = StatusUpdates(self.controller, self.status)
        self._messages = RunMessages(self.controller, self.panel, self.banner, self._updates, self)
        self.starting = Starting(self.controller, self.panel, self.files, self.loader, self._messages, self._updates)
        self.panels = RunPanels(self.controller, self.panel, self)
        self.runs_panel = RunsPanel(self)
        self.runs = RunsCommands(self.runs_panel, self.controller, self.files, self.banner, settings, self)
        self.export = ExportCommand(self.controller, self)
        self.claims = ClaimsCommand(self.controller, self.panel, self.banner, self)
        runs, show = self.runs.entries, self._show
        around = Around(self.controller, self.panel, self.banner, settings, runs, show, self._compare)
        self.tools = Tools(around, self)
        panels = {"experiment": self.panel, **self.panels.by_dock, "runs": self.runs_panel}
        self.layouts = Layouts(self, panels, self.tools.by_name)
        self.teaching = TeachingCommands(self.controller, self.panel, self)
        self.tour = Tour(self.layouts, self.banner, settings, self)
        self.lessons = Lessons(self.panel, self.files, self.layouts, self.tools, self.banner, settings, self)
        self.actions_by_name = make_actions(self, self._slots())
        provided = {"recent": self.files.recents.menu, "presets": self.presets.menu, "panels": self.layouts.panels_menu}
        provided |= {"language": LanguageMenu(settings, self.banner, self), "course": self.lessons.course}
        make_menus(self, self.actions_by_name, provided)
        self._toolbar = RunToolBar(self.actions_by_name, self.device, self.presets.menu, self)
        self.addToolBar(self._toolbar)
        self.plugins_banner = PluginsBanner(self.loader, self)
        self.addToolBarBreak()
        self.addToolBar(self.banner)
        self.setStatusBar(self.status)
        self._connect()
        self._restore()

    # -- putting together --------------------------------------------------------------------------------------------

    def _slots(self) -> Mapping[str, Callable[..., object]]:
        run, files, panel = self.controller, self.files, self.panel
        return {
            "start": self.starting.start,
            "pause": run.toggle_pause,
            "step": self.starting.step,
            "finish": run.finish,
            "discard": self.discard,
            "sample_now": run.sample_now,
            "save_now": run.save_now,
            "new_experiment": files.new,
            "open_experiment": files.ask_open,
            "save_experiment": files.save,
            "save_experiment_as": files.ask_save,
            "open_runs": self.runs.open_folder,
            "export": self.export.open,
            "claims": self.claims.open,
            "show_runs": self._show_runs,
            "quit": self.close,
            "undo": panel.undo_stack.undo,
            "redo": panel.undo_stack.redo,
            "copy_command": files.copy_command,
            "find_setting": self._find_setting,
            "layout_wide": self.layouts.wide,
            "layout_narrow": self.layouts.narrow,
            "layout_presenting": self.layouts.presenting,
            "move_panels": self.layouts.set_movable,
            "open_lesson": self.lessons.open,
            "save_lesson": self.lessons.save,
            "copy_lesson": self.lessons.copy,
            "paste_lesson": self.lessons.paste,
            "hide_controls": self.lessons.choose_hidden,
            "show_controls": self.lessons.show_all,
            **self.look.slots(),
            "expert_settings": panel.column.set_expert,
            "explain": self.teaching.explain_focused,
            "pages": self.teaching.open_pages,
            "tour": self.tour.begin,
            "packages": lambda: self.plugins_banner.choose(),
            "shortcuts": self.help.shortcuts,
            "documentation": self.help.documentation,
            "check_computer": self.help.check_computer,
            "about": self.help.about,
            **self.tools.commands(self.layouts.toggle),
        }

    def _connect(self) -> None:
        run, files, panel = self.controller, self.files, self.panel
        run.state_changed.connect(self._show_state)
        self.loader.loaded.connect(self._take_engine)
        self.loader.failed.connect(self._lack_engine)
        panel.live_change.connect(run.change)
        panel.column.expert_changed.connect(self.actions_by_name["expert_settings"].setChecked)
        panel.undo_stack.canUndoChanged.connect(self.actions_by_name["undo"].setEnabled)
        panel.undo_stack.canRedoChanged.connect(self.actions_by_name["redo"].setEnabled)
        files.named.connect(self._show_name)
        files.problem_found.connect(self.banner.warn)
        files.told.connect(self.banner.tell)
        files.replaced.connect(self._show_replacement)
        self.plugins_banner.added.connect(panel.show_plugins)
        self.presets.chosen.connect(files.open_preset)
        self.status.details_wanted.connect(self._messages.show_details)
        theme_changes().changed.connect(self._toolbar.colour)

    def _restore(self) -> None:
        self.resize(QSize(1600, 950).boundedTo(self.screen().availableSize()))
        if not self.layouts.restore(self._settings):
            self.layouts.suit(self.width())
        self.actions_by_name["move_panels"].setChecked(self.layouts.movable)
        self.look.show_choice()
        self._show_name("")
        self._show_state(self.controller.state)

    # -- the engine --------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to load the engine once the window is painted."""
        super().showEvent(event)
        QTimer.singleShot(0, self._load_after_paint)

    def _load_after_paint(self) -> None:
        # The first pass of the event loop lays out, this paints; only then may imports compete for the interpreter.
        self.layouts.clear_dead_tab_bars()
        self.repaint()
        self.loader.start()

    def _take_engine(self, engine: Engine) -> None:
        self.files.set_engine(engine.experiment)
        self.device.set_devices(engine.devices())
        self.machines.show()
        self.controller.set_engine(engine)
        self.panels.prepare()
        self.runs.set_engine(engine)
        self.tools.prepare()
        self.starting.go_on()

    def _lack_engine(self, sentence: str, details: str) -> None:
        self.starting.give_up()
        self.controller.fail_loading(sentence, details)

    # -- the run -----------------------------------------------------------------------------------------------------

    def discard(self) -> None:
        """Move the run to the trash, after a question if much time went into it."""
        run = self.controller
        little = run.progress.seconds < ASK_BEFORE_DISCARDING and not run.progress.resumed_from
        if little or ask_discarding(self, run.progress.seconds, run.folder):
            run.discard()

    # -- what is shown -----------------------------------------------------------------------------------------------

    def _show_state(self, state: RunState) -> None:
        enable_actions(self.actions_by_name, state)
        self.actions_by_name["undo"].setEnabled(self.panel.undo_stack.canUndo())
        self.actions_by_name["redo"].setEnabled(self.panel.undo_stack.canRedo())
        self.device.setEnabled(enabled("device", state))
        for part in (self._toolbar.presets, self.presets.menu, self.lessons.course):
            part.setEnabled(enabled("presets", state))
        self.files.recents.menu.setEnabled(enabled("open_recent", state))
        self.panel.set_running(state.busy)
        if self._quitting and not state.busy:
            self.close()

    def _show_replacement(self, said: str) -> None:
        self.banner.tell(said, offer=self.tr("Undo"), then=self.files.bring_back)

    def _show_name(self, name: str) -> None:
        self.setWindowTitle(name or self.tr("New experiment"))

    def _find_setting(self) -> None:
        self.layouts.bring("experiment")
        self.panel.column.search_bar.take_focus()

    def _show(self, name: str) -> None:
        self.layouts.bring(name)

    def _compare(self, folders: Sequence[Path]) -> None:
        self._show_runs()
        self.runs.compare(folders)

    def _show_runs(self) -> None:
        self.layouts.bring("runs")
        self.runs_panel.take_focus()

    # -- coming and going --------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take one file or folder, while no run goes on."""
        if dropped_path(event.mimeData()) and enabled("open_experiment", self.controller.state):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        path = dropped_path(event.mimeData())
        if path and enabled("open_experiment", self.controller.state):
            event.acceptProposedAction()
            self.files.take_dropped(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close, or ask what becomes of the run; a run that is ended is waited for with the window alive."""
        if any(part.detain(event, quietly=self._quitting) for part in (self.claims, self.tools)):
            return
        if not self.controller.state.busy:
            self._keep()
            self.runs.wait()
            event.accept()
            return
        event.ignore()
        quietly = self._quitting or self.controller.is_afar
        answer = None if quietly else ask_closing(self, self.controller.progress)
        if answer is Closing.PAUSE:
            self.runs.offer.remember_paused(self.controller.folder)
        if answer is not Closing.KEEP_RUNNING:
            self.quit_quietly()

    def quit_quietly(self) -> None:
        """End the run, keep what it learned, and close when that is done; without a question. One afar goes on."""
        self._quitting = True
        self.controller.leave()
        if not self.controller.state.busy:
            self.close()

    def wait(self) -> None:
        """Block until no thread of the window is left: for the end of the program."""
        self.runs.wait()
        self.claims.wait()
        self.tools.wait()
        end_jobs()

    def _keep(self) -> None:
        self.tour.end()
        self.layouts.keep(self._settings)
        self.files.keep()
        self._settings.write()
