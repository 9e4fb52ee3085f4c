"""Lessons of the window: all that can be seen, gathered and put back; and which controls a class sees."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from metagen_gui.engine.resources import resources_folder
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.names import LESSON
from metagen_gui.gui.experiment.files import ExperimentFiles
from metagen_gui.gui.experiment.panel import ExperimentPanel
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.teaching.hiding import HidingDialog
from metagen_gui.gui.teaching.telling import TellingDialog
from metagen_gui.gui.widgets.banner import Banner
from metagen_gui.gui.widgets.saving import where_to_save
from metagen_gui.gui.window.layouts import Form, Layouts
from metagen_gui.gui.window.tools import Tools

if TYPE_CHECKING:
    from metagen_gui.engine.play.lesson import Lesson

HIDDEN = "hidden_settings"
FORMS = ("wide", "narrow", "presenting")


class Lessons(QObject):
    """Saves and opens lessons, and hides controls."""

    def __init__(
        self,
        panel: ExperimentPanel,
        files: ExperimentFiles,
        layouts: Layouts,
        tools: Tools,
        banner: Banner,
        settings: WindowSettings,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._panel, self._files, self._layouts, self._tools = panel, files, layouts, tools
        self._banner, self._settings, self._window = banner, settings, window
        self._told = "", ""
        """Title and text of the lesson that is open."""
        self.first: Path | None = None
        """What `open_first` opens: a lesson that the program was started with, which needs the engine."""
        panel.column.set_hidden(settings.texts(HIDDEN))
        self.course = QMenu(self.tr("C&ourse"), window)
        """The lessons that come along: the figures of the documentation's course."""
        for path, title in _course(resources_folder() / "lessons"):
            self.course.addAction(title).setData(path)
        self.course.menuAction().setVisible(not self.course.isEmpty())
        self.course.triggered.connect(self._open_of_course)

    # -- the whole state ---------------------------------------------------------------------------------------------

    def lesson(self, title: str = "", text: str = "") -> Lesson:
        """Return all that can be seen now."""
        from metagen_gui.engine.play.lesson import Lesson

        docks = self._layouts.docks
        there = [name for name, dock in docks.items() if not dock.isHidden()]
        there.sort(key=lambda name: docks[name].widget().isVisible())  # those in front last
        states = {name: tool.lesson() for name, tool in self._tools.by_name.items() if name in there}
        return Lesson(
            experiment=self._panel.experiment(),
            title=title,
            text=text,
            layout=self._layouts.form,
            panels=tuple(there),
            hidden=tuple(sorted(self._panel.column.hidden)),
            tools={name: state for name, state in states.items() if state},
        )

    def show(self, lesson: Lesson) -> None:
        """Put a lesson in place of what can be seen; what this MetaGen does not have is left out."""
        self._told = lesson.title, lesson.text
        name = " ".join(lesson.title.split())
        self._files.take(lesson.experiment, name, self.tr("Lesson: {0}").format(name) if name else self.tr("A lesson"))
        self.hide(lesson.hidden)
        if lesson.layout in FORMS:
            self._layouts.apply(cast(Form, lesson.layout))
            for known, dock in self._layouts.docks.items():
                dock.setVisible(known in lesson.panels and known not in self._tools.by_name)
            for known in lesson.panels:
                if known in self._layouts.docks:
                    self._layouts.bring(known)
        said = ". ".join(filter(None, (name, " ".join(lesson.text.split()))))
        if lesson.hidden:
            offer = self.tr("Show all controls")
            self._banner.tell(said or self.tr("Some controls are hidden."), offer=offer, then=self.show_all)
        elif said:
            self._banner.tell(said)
        for known, state in lesson.tools.items():
            if (tool := self._tools.by_name.get(known)) is not None:
                tool.take_lesson(state)

    # -- in and out --------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Ask what the lesson is called and where it goes, and write it."""
        if (told := self._ask()) is None:
            return
        kinds = self.tr("Lessons (*{0})").format(LESSON)
        path = where_to_save(self._window, self.tr("Save lesson"), f"lesson{LESSON}", kinds, LESSON)
        if path is not None:
            self.save_to(path, *told)

    def save_to(self, path: Path, title: str = "", text: str = "") -> None:
        """Write a lesson; what cannot be is told."""
        if self._tried(lambda: self.lesson(title, text).save(path)):
            self._banner.tell(self.tr("Saved {0}").format(path.name))

    def open(self) -> None:
        """Ask for a lesson's file, and show it."""
        kinds = self.tr("Lessons (*{0});;All files (*)").format(LESSON)
        name, _ = QFileDialog.getOpenFileName(self._window, self.tr("Open lesson"), "", kinds)
        if name:
            self.open_file(Path(name))

    def open_file(self, path: Path) -> None:
        """Show the lesson of a file; what is none is told."""
        from metagen_gui.engine.play.lesson import Lesson

        self._tried(lambda: self.show(Lesson.load(path)))

    def open_first(self) -> None:
        """Show the lesson that the program was started with."""
        if self.first:
            self.open_file(self.first)

    def _open_of_course(self, action: QAction) -> None:
        self.open_file(action.data())

    def copy(self) -> None:
        """Put the lesson on the clipboard as one word."""
        if (told := self._ask()) is not None:
            self.copy_as(*told)

    def copy_as(self, title: str, text: str) -> None:
        """Put the lesson, called so, on the clipboard as one word."""
        if self._tried(lambda: QGuiApplication.clipboard().setText(self.lesson(title, text).to_text())):
            self._banner.tell(self.tr("Copied: send the text to somebody, who pastes it with File, Paste lesson."))

    def paste(self) -> None:
        """Show the lesson whose word is on the clipboard."""
        from metagen_gui.engine.play.lesson import Lesson

        self._tried(lambda: self.show(Lesson.from_text(QGuiApplication.clipboard().text())))

    # -- hiding ------------------------------------------------------------------------------------------------------

    def choose_hidden(self) -> None:
        """Ask which controls are hidden."""
        dialog = HidingDialog(self._panel.column, self._window)
        if dialog.exec():
            self.hide(dialog.hidden())
        dialog.deleteLater()

    def show_all(self) -> None:
        """Hide nothing."""
        self.hide(())

    def hide(self, paths: tuple[str, ...]) -> None:
        """Hide these controls of the form, also after the next start, until all are shown."""
        self._panel.column.set_hidden(paths)
        self._settings.keep(HIDDEN, list(paths))

    # -- within ------------------------------------------------------------------------------------------------------

    def _ask(self) -> tuple[str, str] | None:
        dialog = TellingDialog(*self._told, self._window)
        agreed = dialog.exec()
        told = dialog.title.text().strip(), dialog.text.toPlainText().strip()
        dialog.deleteLater()
        if not agreed:
            return None
        self._told = told
        return told

    def _tried(self, do: Callable[[], object]) -> bool:
        try:
            do()
        except BadInput as problem:
            self._banner.warn(str(problem))
            return False
        return True


def _course(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the lessons of a folder in the order of their names, with their titles; what is none is left out."""
    for path in sorted(folder.glob(f"*{LESSON}")):
        try:
            yield path, str(json.loads(path.read_text(encoding="utf-8"))["title"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
