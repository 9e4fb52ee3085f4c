"""What the files of a run tell as they grow, as the events of a run that goes on."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from metagen_gui.engine.events import Alarm, Event, Notice, RunStarted, SettingChanged, StepReport, ValidationReport
from metagen_gui.engine.files import open_regular
from metagen_gui.engine.hosts.link import printed
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.metrics_file import read_rows
from metagen_gui.engine.store.names import EVENTS, METRICS
from metagen_gui.engine.store.reports import looked_at, reports_in
from metagen_gui.engine.store.snapshots import kept_steps, read_snapshot

MOST_AT_ONCE, MOST_REMEMBERED = 2**22, 1_000


class Telling:
    """Reads on in a folder from where it came; what was cut off and written once more is not told twice."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: RunStarted | None = None
        self._read: dict[str, tuple[int, int]] = {}
        """How much of a file was read, and which file that was: one that was fetched anew is another."""
        self._told: deque[bytes] = deque(maxlen=MOST_REMEMBERED)
        self._step = self._looked_at = self._snapshot = -1

    def news(self, device: str = "") -> Iterator[Event]:
        """Yield what has come since the last time."""
        if self.started is None:
            try:
                began = looked_at(self.folder)
            except BadInput:  # not yet
                return
            step = began.resumed_from
            told = {**vars(began), "device": device, "at_rest": False}
            self.started = RunStarted(**told)
            self._step = self._looked_at = step if step else -1
            if step:
                list(self._lines())  # of before
            yield self.started
        yield from self._told_by_events()
        yield from self._told_by_metrics(self.started)
        yield from self._samples()

    def _told_by_metrics(self, started: RunStarted) -> Iterator[Event]:
        with suppress(BadInput, KeyError, IndexError, ValueError):  # the other side may have written anything
            curves, end = read_rows(self.folder, self._begin(METRICS))
            self._read[METRICS] = end, _file(self.folder / METRICS)
            steps, validations = reports_in(curves, started, curves.meta_step >= 0)
            reports: list[StepReport | ValidationReport] = [*steps, *validations]
            for report in sorted(reports, key=lambda one: one.meta_step):
                known = self._step if isinstance(report, StepReport) else self._looked_at
                if report.meta_step <= known:
                    continue
                if isinstance(report, StepReport):
                    self._step = report.meta_step
                else:
                    self._looked_at = report.meta_step
                yield report

    def _told_by_events(self) -> Iterator[Event]:
        for line in self._lines():
            if (event := _event(line)) is not None:
                yield event

    def _lines(self) -> Iterator[bytes]:
        """Yield the lines of events that have come, but for what was cut off and has come once more."""
        path, begin = self.folder / EVENTS, self._begin(EVENTS)
        with suppress(OSError):
            with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as file:
                file.seek(begin)
                whole = file.read(MOST_AT_ONCE).rpartition(b"\n")[0]
            self._read[EVENTS] = begin + len(whole) + bool(whole), _file(path)
            for line in whole.splitlines():
                if line not in self._told:
                    self._told.append(line)
                    yield line

    def _begin(self, name: str) -> int:
        """Return where to read on in a file: at its beginning where it is not the one that was read before."""
        end, which = self._read.get(name, (0, 0))
        return end if which == _file(self.folder / name) else 0

    def _samples(self) -> Iterator[Event]:
        newest = max(kept_steps(self.folder), default=-1)
        if newest > self._snapshot:
            self._snapshot = newest
            with suppress(BadInput):
                yield read_snapshot(self.folder, newest)


def _event(line: bytes) -> Event | None:
    """Return what a line of events tells; None for what is nothing to tell."""
    with suppress(ValueError, KeyError, TypeError, RecursionError, OverflowError):
        said: dict[str, Any] = json.loads(line)
        step, kind = int(said["meta_step"]), said["event"]
        if kind == "notice":
            return Notice(printed(said["text"]), step, said.get("grave") is True)
        if kind == "setting":
            return SettingChanged(step, str(said["path"]), said["value"], said.get("by_clock") is True)
        if kind == "alarm":
            title, over = printed(said.get("title", "")), said.get("over") is True
            return Alarm(int(said["since"]), str(said["illness"]), printed(said["text"]), (), over, title)
    return None


def _file(path: Path) -> int:
    """Return the number by which the system knows a file, 0 where there is none."""
    try:
        return path.stat(follow_symlinks=False).st_ino
    except OSError:
        return 0
