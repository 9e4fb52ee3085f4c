"""At the start of the window: offers to go on with a run that a crash ended, or that was paused to quit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from metagen_gui.engine.store.names import queue_folder
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.widgets.banner import Banner

if TYPE_CHECKING:
    from metagen_gui.engine.store.library import RunEntry

ANSWERED, PAUSED = "answered_offers", "paused_run"
MOST_ANSWERS = 200


class RunsOffer(QObject):
    """Asks once for each run and the step it came to; an answer is remembered, a question nobody saw is not."""

    def __init__(
        self, banner: Banner, settings: WindowSettings, resume: Callable[[RunEntry], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._banner, self._settings, self._resume = banner, settings, resume

    def remember_paused(self, folder: Path | None) -> None:
        """Offer this run at the next start: it was paused to quit."""
        self._settings.keep(PAUSED, str(folder) if folder else "")

    def make(self, entries: Sequence[RunEntry]) -> None:
        """Offer the run that was paused last, or the newest whose program died."""
        answered = set(self._settings.texts(ANSWERED))
        paused = self._settings.text(PAUSED)
        in_line = _in_line()
        open_ones = [
            entry
            for entry in entries
            if (entry.resumable or entry.host) and _key(entry) not in answered and entry.folder not in in_line
        ]
        elsewhere = [entry for entry in open_ones if entry.host]
        died = [entry for entry in open_ones if entry.state == "interrupted"]
        quitted = [entry for entry in open_ones if str(entry.folder) == paused and entry.state == "stopped"]
        offered = max(quitted or elsewhere or died, key=lambda entry: entry.began, default=None)
        if offered is None:
            return
        others = [entry for entry in died if entry is not offered]
        asked = [offered, *others]
        self._banner.ask(
            self._sentence(offered, len(others)),
            self.tr("Follow") if offered.host else self.tr("Resume"),
            lambda: self._accept(offered, asked),
            self.tr("Not now"),
            lambda: self._note(asked),
        )

    def _sentence(self, entry: RunEntry, others: int) -> str:
        words = (
            self.tr("The run {name} goes on at {host}; step {step} of {steps} was the last that came from there.")
            if entry.host
            else self.tr("The run {name} stopped unexpectedly at step {step} of {steps}.")
            if entry.state == "interrupted"
            else self.tr("The run {name} was paused at step {step} of {steps}.")
        )
        name, steps = " ".join(entry.name.split()), f"{entry.meta_steps:,}"
        said = words.format(name=name, step=f"{entry.meta_step:,}", steps=steps, host=entry.host)
        if not others:
            return said
        more = self.tr("1 other did not end well either: see Runs.")
        many = self.tr("{count} others did not end well either: see Runs.").format(count=others)
        return f"{said} {more if others == 1 else many}"

    def _accept(self, offered: RunEntry, asked: Sequence[RunEntry]) -> None:
        self._note(asked)
        self._resume(offered)

    def _note(self, asked: Sequence[RunEntry]) -> None:
        known = [*map(_key, asked), *self._settings.texts(ANSWERED)]
        self._settings.keep(ANSWERED, known[:MOST_ANSWERS])
        self._settings.keep(PAUSED, "")
        self._settings.write()


def _key(entry: RunEntry) -> str:
    return f"{entry.folder}@{entry.meta_step}"


def _in_line() -> set[Path]:
    """Return the runs that the queue goes on with by itself."""
    if not queue_folder().is_dir():
        return set()
    from metagen_gui.engine.queue.line import Line

    return {Path(entry.run) for entry in Line().entries() if entry.run and not entry.over}
