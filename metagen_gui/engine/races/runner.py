"""Runs a race: every lane an ordinary run, all in one thread, a moment each by turns, so that they advance together.

A generator of events, as a run is: closing it saves the runs under way, and the race goes on from there. Whichever lane
has the least of its way behind it takes the next steps; what a lane learns is what it would have learned alone.
Equal seconds are those of computing, as predicted from timing a few outer steps of every lane before the start: every
lane gets as many steps as fit in, so that its outer rate falls to its end. What lanes really took is told.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

from metagen_gui.engine.events import Event, Notice, RunStarted, StepReport, ValidationReport, resumed_at
from metagen_gui.engine.held_out.work import Work
from metagen_gui.engine.learning.pace import Pace, Stopwatch, pace_of
from metagen_gui.engine.races.events import (
    LaneEnded,
    LaneTold,
    RaceAdvanced,
    RaceBegun,
    RaceEvent,
    RaceFinished,
    RaceNotice,
)
from metagen_gui.engine.races.folder import RaceFolder
from metagen_gui.engine.races.leading import Leading, looked
from metagen_gui.engine.races.race import LOOKS, Race
from metagen_gui.engine.races.verdict import Verdict, judging
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.run.training_run import Diverged
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.library import checkpoints, rename
from metagen_gui.engine.store.lock import RunLock
from metagen_gui.engine.store.record import read_about, read_record
from metagen_gui.engine.store.snapshots import kept_steps, read_snapshot
from metagen_gui.engine.store.trash import throw_away_unbegun

SLICE = 0.25
"""Seconds of computing that a lane has before it is another one's turn."""
LOOKS_AT_CLOCK = 2
"""Times that every lane is timed, one after the other, then all again."""
UNEVEN = 1.25
"""Lanes at equal seconds that took more than by this factor apart are told of."""


class _LaneRun:
    """The run of one lane: how far it is, and whether it is over."""

    def __init__(self, place: int, name: str, run: Generator[Event, None, None], folder: RaceFolder) -> None:
        self.place, self.name, self.run, self.steps = place, name, run, folder.steps[place]
        self.watch = Stopwatch(on_cpu=True, seconds=folder.seconds[place])
        self.looking = folder.looking[place]
        """Of these seconds, those in which tasks were looked at: what steps took more that came with a look."""
        self.done, self.over, self.problem = 0, False, ""
        self._began, self._looked = self.watch.seconds, False
        self._plain, self._plain_steps = 0.0, 0

    @property
    def share(self) -> float:
        return self.done / self.steps

    def turn(self) -> Iterator[Event]:
        """Go on for a moment, or to the end; the moment ends after an outer step."""
        until, event = self.watch.seconds + SLICE, None
        while self.watch.seconds < until or not isinstance(event, StepReport):
            self.watch.start()
            try:
                event = next(self.run)
            except StopIteration:
                self.over = True
                return
            except Diverged as error:  # noted in the run's folder, and part of what comes out
                self.over, self.problem = True, f"diverged: {error}"
                return
            except BadInput as error:
                raise BadInput(f"{self.name}: {error.where}", error.why) from error
            finally:
                self.watch.stop()
            if isinstance(event, RunStarted):
                self.watch.on_cpu = event.device == "cpu"
                self.done = event.resumed_from
            elif isinstance(event, ValidationReport):
                self._looked = True
            elif isinstance(event, StepReport):
                self.done = event.meta_step
                self._count_step()
            yield event

    def _count_step(self) -> None:
        """Tell what the last step took from what looking took: a step and its look come as one."""
        taken = self.watch.seconds - self._began
        if self._looked:
            self.looking += max(0.0, taken - self._plain / max(self._plain_steps, 1))
        else:
            self._plain, self._plain_steps = self._plain + taken, self._plain_steps + 1
        self._began, self._looked = self.watch.seconds, False


def run_race(path: Path, *, finish: bool = False) -> Generator[RaceEvent, None, Verdict]:
    """Run the race in the folder `path`, or go on with it, yielding what happens; return who wins.

    With `finish` no further step is taken, and lanes are judged by what they have learned so far. Raises `BadInput` at
    the first `next` if something is wrong, or if another program runs it; later `RunBroken` if a lane cannot go on
    for another reason than having diverged, which is a result.
    """
    lock = RunLock(path)
    try:
        folder = RaceFolder(path)
        race, names = folder.race, [lane.name for lane in folder.race.lanes]
        if not folder.steps:
            folder.begin((yield from _share_out(race)))
        yield RaceBegun(path, folder.runs, folder.steps)
        problems = yield from _run_lanes(folder, finish=finish)
        scored = [run if checkpoints(run) else None for run in folder.runs]
        yield RaceAdvanced("Scoring held-out tasks", 1.0)
        judged = Work(judging(names, scored))
        for done in judged:
            yield RaceAdvanced(f"Scored {done} of {len(names)} on held-out tasks", 1.0)
        further = *(f"{names[place]} {why}." for place, why in problems.items()), *_remarks(folder)
        verdict = replace(judged.result, notices=(*further, *judged.result.notices))
        yield RaceFinished(verdict, all(map(_is_over, folder.runs)))
        return verdict
    finally:
        lock.release()


def _share_out(race: Race) -> Generator[RaceEvent, None, tuple[int, ...]]:
    """Return how many outer steps every lane gets."""
    if race.equal == "steps":
        return (int(race.amount),) * len(race.lanes)
    paces: dict[int, Pace] = {}
    for _ in range(LOOKS_AT_CLOCK):
        for place, lane in enumerate(race.lanes):
            yield RaceAdvanced(f"Timing an outer step of {lane.name}", 0.0)
            found = pace_of(lane.experiment)
            paces[place] = found.least(paces.get(place, found))
    return tuple(paces[place].fitting(race.amount) for place in range(len(race.lanes)))


def _run_lanes(folder: RaceFolder, *, finish: bool) -> Generator[RaceEvent, None, dict[int, str]]:
    """Take the steps that are left; return what is wrong with lanes that take no more."""
    problems: dict[int, str] = {}
    race, leading = folder.race, Leading(folder.race)
    lanes: list[_LaneRun] = []
    with ExitStack() as open_runs:
        open_runs.callback(folder.note)
        for place in range(len(race.lanes)):
            lane = yield from _lane_run(folder, place, problems, finish=finish)
            if lane is not None:
                lanes.append(lane)
                open_runs.callback(lane.run.close)
        yield from folder.looks()
        if silence := leading.silence():
            yield silence
        racing = [lane.place for lane in lanes]
        while lanes:
            lane = min(lanes, key=lambda each: each.share)
            for event in lane.turn():
                folder.seconds[lane.place], folder.looking[lane.place] = lane.watch.seconds, lane.looking
                yield LaneTold(lane.place, event)
                yield from _heard(lane, event, folder, leading, racing)
            share = sum(each.share for each in lanes) / len(lanes)
            yield RaceAdvanced(f"{lane.name}: outer step {lane.done:,} of {lane.steps:,}", share)
            if lane.over:
                lanes.remove(lane)
                folder.note()
                if lane.problem:
                    problems[lane.place] = lane.problem
                    racing.remove(lane.place)
                yield LaneEnded(lane.place, lane.watch.seconds, lane.problem)
    return problems


def _heard(
    lane: _LaneRun, event: Event, folder: RaceFolder, leading: Leading, racing: list[int]
) -> Iterator[RaceEvent]:
    """Yield what follows from what a lane has told."""
    if isinstance(event, ValidationReport):
        look = looked(lane.place, event, lane.watch.seconds)
        folder.keep_look(look)
        yield look
        number = round(LOOKS * event.meta_step / lane.steps)
        if (led := leading.hear(lane.place, number, event, racing)) is not None:
            yield led
    elif isinstance(event, RunStarted):
        if not read_about(event.folder).name:  # a person may have found a better one
            rename(event.folder, f"{lane.name} (race {folder.path.name})")
    elif isinstance(event, Notice) and event.text != resumed_at(event.meta_step):
        yield RaceNotice(f"{lane.name}: {event.text}")


def _lane_run(
    folder: RaceFolder, place: int, problems: dict[int, str], *, finish: bool
) -> Generator[RaceEvent, None, _LaneRun | None]:
    """Return the run of a lane, to be begun or gone on with; None if it takes no more steps."""
    path, name = folder.runs[place], folder.race.lanes[place].name
    begun, record = not folder.gone(place), read_record(path)
    if begun and _is_over(path):
        if record is not None and record.diverged:
            problems[place] = f"diverged: {record.problem}"
        for step in kept_steps(path)[-1:]:
            with suppress(BadInput):
                yield LaneTold(place, read_snapshot(path, step))
        yield LaneEnded(place, folder.seconds[place], problems.get(place, ""))
        return None
    if finish:
        return None
    if begun and throw_away_unbegun(path, name):
        begun = False
        yield RaceNotice(f"{name}: ended before its first checkpoint; it is begun anew, the rest is in the trash")
    elif not begun and folder.seconds[place]:
        yield RaceNotice(f"{name}: its run is not in the library any more; it is begun anew")
    if not begun:
        folder.begin_anew(place)
    run = resume_run(path) if begun else meta_train(folder.experiment(place), out=path)
    return _LaneRun(place, name, run, folder)


def _is_over(run: Path) -> bool:
    """Return whether a lane's run takes no more steps."""
    record = read_record(run)
    return record is not None and (record.state == "finished" or record.diverged)


def _remarks(folder: RaceFolder) -> Iterator[str]:
    """Yield how far the race was run, and what lanes took."""
    race, records = folder.race, [read_record(run) for run in folder.runs]
    shares = [0.0 if one is None else one.meta_step / steps for one, steps in zip(records, folder.steps, strict=True)]
    if min(shares) < 1.0:
        yield f"Judged before the end: lanes have {min(shares):.0%} to {max(shares):.0%} of their steps behind them."
    trained = [whole - looking for whole, looking in zip(folder.seconds, folder.looking, strict=True)]
    took = ", ".join(
        f"{lane.name} {seconds:.3g} and {looking:.3g}"
        for lane, seconds, looking in zip(race.lanes, trained, folder.looking, strict=True)
    )
    unlike = race.equal == "seconds" and max(trained) > UNEVEN * min(trained)
    yield f"{'Not quite equal: s' if unlike else 'S'}econds of computing in training, and in looking at tasks: {took}."
