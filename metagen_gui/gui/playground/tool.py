"""The tool *Playground*: the page, the thread behind it, and which models there are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import quoted, shortened
from metagen_gui.engine.store.names import has_checkpoint
from metagen_gui.gui.program.job import Broken, Outcome
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.run.tool import Tool

if TYPE_CHECKING:
    from metagen_gui.gui.playground.page import Page
    from metagen_gui.gui.playground.serving import Open, Order, Serving


DRAWN = "playground_drawn"
"""Under which is kept what was drawn."""
PATIENCE = 10_000
"""Milliseconds that an earlier checkpoint waits for a newer one."""


class Playground(Tool):
    """Lets a person play with a trained model. What is drawn is there again at the next start."""

    _came = Signal(object)
    """What came of an order, on its way from the thread; there is at most one for each order."""

    page: Page | None = None
    _serving: Serving | None = None
    _waiting: Open | None = None
    """The order that is given once the run has been saved."""
    _just_saved = False

    def build(self) -> QWidget:
        """Make the page, and open the newest run or what came along."""
        from metagen_gui.gui.playground.page import Page  # when it is wanted, not when the window is painted

        self.page = Page(self)
        self._came.connect(self.page.take, Qt.ConnectionType.QueuedConnection)
        self.page.asked.connect(self._give)
        self._start()
        controller = self.around.controller
        controller.state_changed.connect(self._hear_state)
        controller.saved.connect(self._look_again)
        self._list()
        self._draw_again()
        return self.page

    def lesson(self) -> dict[str, Any]:
        """Return the model's name, what is drawn, and how far the model adapts."""
        from metagen_gui.engine.play.drawn_task import DrawnTask

        page = self.page
        if page is None or page.ready is None:
            return {}
        support = page.hand.support()
        task = {} if support is None else {"task": DrawnTask(page.ready.spec.kind, support).to_text()}
        return {"model": page.ready.folder.name, "steps": page.steps.count.value(), **task}

    def bring_back(self, state: Mapping[str, Any]) -> None:
        """Open the model of that name, if there is one, and give it what was drawn."""
        from metagen_gui.engine.play.drawn_task import DrawnTask
        from metagen_gui.gui.playground.step_bar import MOST_STEPS

        assert self.page is not None
        name, steps, task = state.get("model"), state.get("steps"), state.get("task")
        drawn = DrawnTask.from_text(task) if isinstance(task, str) else None
        if steps is not None and (type(steps) is not int or not 1 <= steps <= MOST_STEPS):
            raise BadInput("lesson.steps", f"{quoted(steps)} is no number of 1 to {MOST_STEPS}")
        folder = self._folder_of(name) or (self.page.ready.folder if self.page.ready else None)
        if folder is None or (isinstance(name, str) and folder.name != name):
            self.around.banner.warn(self.tr("There is no trained model {0} here.").format(shortened(str(name))))
        if folder is not None:
            self.page.open(folder)
            self.page.give_next(drawn, steps)

    def take_focus(self) -> None:
        """Lead the keyboard to the pad, and not to the list of models, which arrow keys would go through."""
        if self.page is not None and self.page.isVisible():
            self.page.hand.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            super().take_focus()

    def wait(self) -> None:
        """Let the thread end; what is drawn is there again at the next start."""
        if self.page is not None and self.page.ready is not None:
            drawn = self.lesson()
            self.around.settings.keep(DRAWN, json.dumps(drawn) if "task" in drawn else "")
            self.around.settings.write()
        if self._serving is not None:
            self._serving.stop()
            self._serving.wait()

    def showEvent(self, event: Any) -> None:
        """List what there is now."""
        super().showEvent(event)
        self._list()

    def _draw_again(self) -> None:
        """Bring back what was drawn when the program ended, with the model it was drawn for, if there is still one."""
        with suppress(ValueError, BadInput, RecursionError):
            drawn = json.loads(self.around.settings.text(DRAWN))
            if isinstance(drawn, dict) and self._folder_of(drawn.get("model")) is not None:
                self.bring_back(drawn)

    def _folder_of(self, name: Any) -> Path | None:
        """Return the folder of the listed model that is called so."""
        assert self.page is not None
        known = (source.folder for source in self.page.source_picker.sources if source.folder.name == name)
        return next(known, None)

    def _start(self) -> None:
        from metagen_gui.gui.playground.serving import Serving

        engine = self.around.controller.engine
        assert engine is not None
        self._serving = Serving(self._take, engine.use_threads, self._roots)
        self._serving.ended.connect(self._end)
        self._serving.start()

    def _give(self, order: Order) -> None:
        """Hand an order on; a run that goes on is saved first, so that what is opened is a copy of what it is now."""
        from metagen_gui.gui.playground.serving import Open

        if isinstance(order, Open):
            self._waiting = None
            if self._goes_on and not self._just_saved and order.folder == self.around.controller.folder:
                self._waiting = order
                self.around.controller.save_now()
                QTimer.singleShot(PATIENCE, self, partial(self._wait_no_longer, order))
                return
        self._put(order)

    def _put(self, order: Order) -> None:
        if self._serving is not None:
            self._serving.inbox.put(order)

    def _wait_no_longer(self, order: Order) -> None:
        """A run whose steps are long, or which cannot be saved: what there was is better than nothing."""
        if self._waiting is order and self._waiting is not None and has_checkpoint(self._waiting.folder):
            self._put_waiting()

    def _put_waiting(self) -> bool:
        """Give the order that has waited, if there is one; return whether there was."""
        order, self._waiting = self._waiting, None
        if order is not None:
            self._put(order)
        return order is not None

    @property
    def _goes_on(self) -> bool:
        """Whether there is a run that can be saved."""
        return self.around.controller.state in (RunState.RUNNING, RunState.PAUSED)

    def _hear_state(self, _state: RunState) -> None:
        if not self._goes_on:
            self._put_waiting()  # whatever there is of it by now
        self._list()

    def _take(self, came: Any) -> None:
        """Called in the thread."""
        if came is not None:
            self._came.emit(came)

    def _end(self, outcome: Outcome) -> None:
        """What broke is told, and begun anew."""
        self._serving = None
        if isinstance(outcome, Broken) and self.page is not None:
            self.around.banner.warn(self.tr("The playground: {0}").format(outcome.sentence))
            self._start()
            self.page.begin_anew()
            self._list()

    def _list(self) -> None:
        from metagen_gui.gui.playground.sources import sources

        if self.page is not None:
            found = sources(self.around.controller.folder, self.around.runs(), goes_on=self._goes_on)
            self.page.show_sources(found)

    def _look_again(self) -> None:
        """A run that is being played with has a newer checkpoint."""
        self._list()
        controller, page = self.around.controller, self.page
        if self._put_waiting():
            return
        if page is not None and page.ready is not None and page.ready.folder == controller.folder and page.isVisible():
            self._just_saved = True
            page.open(page.ready.folder)
            self._just_saved = False

    def _roots(self) -> tuple[Path, ...]:
        engine = self.around.controller.engine
        assert engine is not None
        return engine.runs_folder(), engine.runs_folder().parent / "claims"
