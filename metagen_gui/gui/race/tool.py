"""The race in its panel: it is set up on one page and run on the other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QStackedWidget, QWidget

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.race.controller import RaceController, RaceState
from metagen_gui.gui.race.course import RaceCourse
from metagen_gui.gui.race.mailbox import RaceMailbox
from metagen_gui.gui.race.setup import RaceSetup
from metagen_gui.gui.run.tool import Around, Tool

if TYPE_CHECKING:
    from metagen_gui.engine.races.race import Race


SET_UP = "race_set_up"
"""Under which is kept what was set up."""


class RaceTool(Tool):
    """Two to five experiments in lanes."""

    def __init__(self, around: Around, parent: QWidget | None = None) -> None:
        super().__init__(around, parent)
        self.race = RaceController(around.controller, around.worker, parent=self)

    def build(self) -> QWidget:
        """Make both pages, the form's experiment being the first lane."""
        self.setup, self.course = RaceSetup(self.around), RaceCourse()
        self.pages = QStackedWidget()
        for page in (self.setup, self.course):
            self.pages.addWidget(page)
        self.setup.start_wanted.connect(self.start)
        self.setup.kept_wanted.connect(self.open)
        self.course.pause_wanted.connect(self.race.pause)
        self.course.go_on_wanted.connect(self.go_on)
        self.course.judge_wanted.connect(self.judge)
        self.course.another_wanted.connect(self.ask)
        self.course.comparison_wanted.connect(self.around.compare)
        self.race.state_changed.connect(self._show_state)
        self.race.delivered.connect(self.course.take)
        self.race.failed.connect(self._show_failure)
        self.setup.add(self.around.panel.experiment())
        with suppress(ValueError, BadInput, RecursionError):  # what cannot be read any more is forgotten
            self.bring_back({"race": json.loads(self.around.settings.text(SET_UP))})
        self._show_left()
        return self.pages

    # -- what is asked for -------------------------------------------------------------------------------------------

    def start(self, race: Race) -> None:
        """Begin a race in a folder of its own."""
        from metagen_gui.engine.races.folder import RaceFolder

        if self.busy:
            return
        try:
            self._run(RaceFolder.create(race).path)
        except BadInput as problem:
            self.setup.message.say(str(problem))

    def open(self, folder: Path) -> None:
        """Go on with a race that was begun before; of one that is over this shows who won."""
        if self.busy:
            return
        try:
            self._run(folder)
        except BadInput as problem:
            self.setup.message.say(str(problem))

    def go_on(self) -> None:
        """Go on with the race that was paused."""
        if self.race.folder is not None:
            self.race.start(self.race.folder)

    def judge(self) -> None:
        """Say who wins by what lanes have learned so far."""
        if self.race.folder is not None:
            self.race.start(self.race.folder, finish=True)

    def ask(self) -> None:
        """Set up another race."""
        if not self.busy:
            self.pages.setCurrentWidget(self.setup)

    # -- lessons -----------------------------------------------------------------------------------------------------

    def lesson(self) -> dict[str, Any]:
        """Return the race that is set up, if it is one."""
        try:
            return {"race": self.setup.race().document()} if self.contents is not None else {}
        except BadInput:
            return {}

    def bring_back(self, state: Mapping[str, Any]) -> None:
        """Set the race of a lesson up."""
        from metagen_gui.engine.races.race import Race

        if not self.busy:
            self.setup.show_race(Race.from_document(state.get("race"), "lesson.race"))
            self.ask()

    # -- what the window asks ----------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether lanes are being trained or scored."""
        return self.race.state.busy

    def question(self) -> tuple[str, str]:
        """Ask about the race; it goes on another time."""
        kept = self.tr("Every lane is saved, and the race goes on from there when it is opened again.")
        return self.tr("Pause the race and quit?"), kept

    def stop(self) -> None:
        """Pause."""
        self.race.pause()

    def wait(self) -> None:
        """Block until every lane is saved; what is set up stands there again at the next start."""
        self.race.wait()
        if self.contents is not None:
            race = self.lesson().get("race")
            self.around.settings.keep(SET_UP, "" if race is None else json.dumps(race))
            self.around.settings.write()

    # -- what is shown -----------------------------------------------------------------------------------------------

    def _run(self, folder: Path) -> None:
        from metagen_gui.engine.races.race import Race

        self._show(Race.load(folder / "race.json", ours=True))
        self.race.start(folder)

    def _show_left(self) -> None:
        """Show the race that was begun last if it was left before its end, as when the program was killed."""
        from metagen_gui.engine.races.folder import RaceFolder, kept_races
        from metagen_gui.engine.races.runner import so_far

        for kept in kept_races()[:1]:
            with suppress(BadInput):
                left = RaceFolder(kept.folder)
                if not (kept.held or left.is_over):
                    self._show(left.race)
                    self.race.folder = left.path
                    mailbox = RaceMailbox()
                    for event in so_far(left):
                        mailbox.put(event)
                    self.course.show_left(left.runs, mailbox.take())

    def _show(self, race: Race) -> None:
        self.setup.show_race(race)
        self.course.begin([lane.name for lane in race.lanes])
        self.pages.setCurrentWidget(self.course)

    def _show_state(self, state: RaceState) -> None:
        self.course.show_state(state)
        if not state.busy:
            self.ended.emit()

    def _show_failure(self, sentence: str, details: str) -> None:
        self.course.show_failure(sentence, details)
