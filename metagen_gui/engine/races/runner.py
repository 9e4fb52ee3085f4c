"""Runs a race: every lane is an ordinary run in the queue, in a process of its own, and all of them go on together.

A generator of events, as a run is: closing it saves the runs under way, and the race goes on from there. Lanes wait at
the head of the line for a place of their own, and share the cores if there are fewer: none begins when others are
done. What a lane learns is what it would have learned alone, with as many threads.
Equal seconds are those of computing in training: every lane takes as many steps as fit in, and its outer rate falls to
their end. How many these are is predicted from timing a few before the start, and decided by the lane's own clock as it
goes (`budget.py`), so that whatever else the machine has to do takes nothing from it. What lanes really took is told.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import torch

from metagen_gui.engine.held_out.work import Work
from metagen_gui.engine.learning.pace import Pace, pace_of
from metagen_gui.engine.processors import threads, threads_each
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.queue.wanted import Wanted, over
from metagen_gui.engine.queue.worker import Worker
from metagen_gui.engine.races.events import (
    LaneEnded,
    LaneSampled,
    RaceAdvanced,
    RaceBegun,
    RaceEvent,
    RaceFinished,
    RaceNotice,
)
from metagen_gui.engine.races.folder import RaceFolder
from metagen_gui.engine.races.leading import Leading, looked
from metagen_gui.engine.races.looks import LOOKS as FILE
from metagen_gui.engine.races.looks import Look, read_looks
from metagen_gui.engine.races.race import LOOKS, Race
from metagen_gui.engine.races.verdict import Verdict, judging
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.library import checkpoints, rename
from metagen_gui.engine.store.lock import RunLock
from metagen_gui.engine.store.record import RunRecord, read_about, read_record
from metagen_gui.engine.store.snapshots import kept_steps, read_snapshot

UNEVEN = 1.1
"""Lanes at equal seconds that took more than by this factor apart are told of."""


def run_race(path: Path, worker: Worker | None = None, *, finish: bool = False) -> Generator[RaceEvent, None, Verdict]:
    """Run the race in the folder `path`, or go on with it, yielding what happens; return who wins.

    `worker` starts the lanes' processes, and by itself one of its own does. With `finish` no further step is taken,
    and lanes are judged by what they have learned so far. Raises `BadInput` at the first `next` if something is wrong,
    or if another program runs it; later `RunBroken` if a lane cannot go on for another reason than having diverged,
    which is a result, or since a person holds it up in the queue.
    """
    lock = RunLock(path)
    try:
        folder = RaceFolder(path)
        race, names = folder.race, [lane.name for lane in folder.race.lanes]
        wanted = Wanted(worker or Worker(Line()), path)
        if not folder.steps:
            each = min(threads(), threads_each(len(race.lanes)))
            folder.begin((yield from _expected_steps(race, each)), each)
        yield RaceBegun(path, folder.runs, folder.steps)
        with closing(wanted):
            yield from _run_lanes(folder, wanted, finish=finish)
        share = 1.0 if folder.is_over else sum(shares := _shares(folder)) / len(shares)
        yield RaceAdvanced("Scoring held-out tasks", share)
        judged = Work(judging(names, [run if checkpoints(run) else None for run in folder.runs]))
        for done in judged:
            yield RaceAdvanced(f"Scored {done} of {len(names)} on held-out tasks", share)
        problems = [_problem(read_record(run)) for run in folder.runs]
        diverged = [f"{name} {why}." for name, why in zip(names, problems, strict=True) if why]
        verdict = replace(judged.result, notices=(*diverged, *_remarks(folder), *judged.result.notices))
        yield RaceFinished(verdict, folder.is_over)
        return verdict
    finally:
        lock.release()


def _expected_steps(race: Race, each: int) -> Generator[RaceEvent, None, tuple[int, ...]]:
    """Return how many outer steps every lane is to take, or may be expected to, which computes with `each` threads."""
    if race.equal == "steps":
        return (int(race.amount),) * len(race.lanes)
    timing = Work(_paces(race, each))
    for text in timing:
        yield RaceAdvanced(text, 0.0)
    return tuple(pace.fitting(race.amount) for pace in timing.result)


def _paces(race: Race, each: int) -> Generator[str, None, list[Pace]]:
    """Return what an outer step of every lane takes; yields what is timed."""
    before, paces = torch.get_num_threads(), list[Pace]()
    torch.set_num_threads(each)
    try:
        for lane in race.lanes:
            yield f"Timing an outer step of {lane.name}"
            paces.append(pace_of(lane.experiment))
    finally:
        torch.set_num_threads(before)
    return paces


class _Lane:
    """What has been seen of a lane, in its run's folder."""

    def __init__(self, folder: RaceFolder, place: int) -> None:
        self.place, self.run, self.steps, self.over = place, folder.runs[place], folder.steps[place], False
        self.budget, self.problem = folder.budget, ""
        self.began = 0.0
        """When the run began that has got its name."""
        self._size, self._sampled = 0, -1
        self._looks: dict[int, Look] = {}

    def looks(self) -> Iterator[tuple[int, Look]]:
        """Yield the looks that have come, each with its number, which counts alike in every lane."""
        with suppress(OSError):
            size = (self.run / FILE).stat().st_size
            if size != self._size:
                self._size = size
                for look in read_looks(self.run):
                    if look.losses and self._looks.get(look.meta_step) != look:
                        self._looks[look.meta_step] = look
                        trained, all_of_it = look.seconds - look.looking, self.budget
                        share = trained / all_of_it if all_of_it else look.meta_step / self.steps
                        yield round(LOOKS * share), look

    def samples(self) -> Iterator[LaneSampled]:
        """Yield the newest samples if they have not been seen."""
        newest = max(kept_steps(self.run), default=-1)
        if newest != self._sampled:
            with suppress(BadInput):
                yield LaneSampled(self.place, read_snapshot(self.run, newest))
            self._sampled = newest


def _run_lanes(folder: RaceFolder, wanted: Wanted, *, finish: bool) -> Generator[RaceEvent, None, None]:
    """See to it that the steps that are left are taken, and tell what comes of it."""
    leading = Leading(folder.race)
    lanes = [_Lane(folder, place) for place in range(len(folder.runs))]
    if silence := leading.silence():
        yield silence
    yield from () if finish else _put(folder, wanted)
    share = 0.0
    while True:
        for text in wanted.look():
            yield RaceNotice(text)
        for lane in lanes:
            record = wanted.records.get(lane.run.name) or read_record(lane.run)
            _note_begun(folder, lane, record)
            for number, look in lane.looks():
                leading.hear(lane.place, number, look)
                yield looked(lane.place, look)
            yield from lane.samples()
            lane.problem = _problem(record)
            if not lane.over and over(record) and lane.run.name not in wanted.going:
                lane.over = True
                yield LaneEnded(lane.place, lane.problem)
        if (led := leading.news([lane.place for lane in lanes if not lane.problem])) is not None:
            yield led
        if not wanted.going:
            return
        share = max(share, sum(1.0 if lane.over else wanted.share(lane.run.name) for lane in lanes) / len(lanes))
        yield RaceAdvanced(" · ".join(wanted.texts()), share)
        wanted.check()
        wanted.wait()


def so_far(folder: RaceFolder) -> Iterator[RaceEvent]:
    """Yield how far the lanes of a race have come that nobody runs: curves, samples, who led, and what is over."""
    leading = Leading(folder.race)
    lanes = [_Lane(folder, place) for place in range(len(folder.runs))]
    for lane in lanes:
        for number, look in lane.looks():
            leading.hear(lane.place, number, look)
            yield looked(lane.place, look)
        yield from lane.samples()
    if (led := leading.silence() or leading.news([lane.place for lane in lanes])) is not None:
        yield led
    yield RaceAdvanced("", sum(_shares(folder)) / max(len(lanes), 1))


def _put(folder: RaceFolder, wanted: Wanted) -> Iterator[RaceNotice]:
    """Put in line what has steps left to take, at its head, in order; yields what a person should know."""
    race = folder.race
    experiments = [folder.experiment(place) for place in range(len(race.lanes))]  # first: none begins if one cannot
    for place, experiment in reversed([*enumerate(experiments)]):
        name, run = race.lanes[place].name, folder.runs[place]
        if folder.begun[place] and folder.gone(place):
            folder.begun[place] = False
            yield RaceNotice(f"{name}: its run is not in the library any more; it is begun anew")
        how = {"first": True, "together": True, "watched": True, "threads": folder.threads, "budget": folder.budget}
        for text in wanted.put(experiment, run, name, _called(folder, place), **how):
            yield RaceNotice(text)


def _note_begun(folder: RaceFolder, lane: _Lane, record: RunRecord | None) -> None:
    """Give a run that has just begun its name, and remember that there is one."""
    if record is None or record.began == lane.began or folder.gone(lane.place):
        return
    lane.began = record.began
    if not read_about(lane.run).name:  # a person may have found a better one
        with suppress(BadInput):
            rename(lane.run, _called(folder, lane.place))
    if not folder.begun[lane.place]:
        folder.begun[lane.place] = True
        folder.note()


def _called(folder: RaceFolder, place: int) -> str:
    return f"{folder.race.lanes[place].name} (race {folder.path.name})"


def _problem(record: RunRecord | None) -> str:
    """Return that a run has diverged, and how, "" if it has not."""
    return f"diverged: {record.problem}" if record is not None and record.diverged else ""


def _shares(folder: RaceFolder) -> list[float]:
    """Return how many of their steps lanes have behind them, 0 to 1."""
    records = [read_record(run) or RunRecord() for run in folder.runs]
    return [one.meta_step / max(one.meta_steps, 1) for one in records]


def _remarks(folder: RaceFolder) -> Iterator[str]:
    """Yield how far the race was run, and what lanes took."""
    race, shares = folder.race, _shares(folder)
    if not folder.is_over:
        yield f"Judged before the end: lanes have {min(shares):.0%} to {max(shares):.0%} of their steps behind them."
    taken = [seconds_of(run) for run in folder.runs]
    trained = [whole - looking for whole, looking in taken]
    took = ", ".join(
        f"{lane.name} {seconds:.3g} and {looking:.3g}"
        for lane, seconds, (_, looking) in zip(race.lanes, trained, taken, strict=True)
    )
    unlike = race.equal == "seconds" and max(trained) > UNEVEN * min(trained)
    yield (
        f"{'Not quite equal: s' if unlike else 'S'}econds of computing in training, and in looking at tasks and "
        f"saving: {took}."
    )


def seconds_of(run: Path) -> tuple[float, float]:
    """Return the seconds of computing that a lane took, and those of them that went into no step."""
    looks: Sequence[Look] = read_looks(run)
    return (looks[-1].seconds, looks[-1].looking) if looks else (0.0, 0.0)
