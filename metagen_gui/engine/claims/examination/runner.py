"""Tests the claims of a plan: has trained what is missing, scores what is not scored, and writes the report.

A generator of events, as a run is: closing it saves the runs under way. What has been done is found in the folder and
not done again. Runs are trained in the queue, as many at once as cores and memory allow; what each of them learns is
settled before, by steps that were timed alone. This process scores what is ready while others train.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from metagen_gui.engine.claims.arms import Arm, arms_of
from metagen_gui.engine.claims.examination.events import (
    ClaimsAdvanced,
    ClaimsEvent,
    ClaimsFinished,
    ClaimsNotice,
    ClaimsStarted,
)
from metagen_gui.engine.claims.examination.trainings import Trainings
from metagen_gui.engine.claims.findings import Findings, Scores, find
from metagen_gui.engine.claims.folder import ClaimFolder
from metagen_gui.engine.claims.outcomes import Outcome, look_back
from metagen_gui.engine.claims.outer_rates import RateChoice, chosen, short_trainings, untried, with_rates
from metagen_gui.engine.claims.outlook import elapsing, scoring_seconds
from metagen_gui.engine.claims.plan import ClaimPlan, Footing
from metagen_gui.engine.claims.report.files import write_report
from metagen_gui.engine.claims.scoring import Judge
from metagen_gui.engine.claims.training import (
    Steps,
    Training,
    queue,
    seconds_per_step,
    share_out,
    trainers,
)
from metagen_gui.engine.held_out.work import Work
from metagen_gui.engine.queue.wanted import BETWEEN
from metagen_gui.engine.queue.worker import Start
from metagen_gui.engine.store.library import checkpoints
from metagen_gui.engine.store.names import is_run_folder
from metagen_gui.engine.store.record import read_record

LOOKS_AT_CLOCK = 2
"""Times that every arm is timed, one after the other, then all again."""


class _Clock:
    """Estimates what is left: work is in seconds as estimated, and its pace is what it was so far."""

    def __init__(self, total: float, at_once: int) -> None:
        self.total, self.done, self.began, self._at_once = max(total, 1e-9), 0.0, time.monotonic(), at_once
        self._told = 0.0

    def at(self, texts: Sequence[str], under_way: float = 0.0) -> ClaimsAdvanced:
        done = min(self.done + under_way, self.total)
        spent = time.monotonic() - self.began
        pace = spent / done if done > 0.02 * self.total else 1 / self._at_once
        self._told = max(self._told, done / self.total)  # a run that was killed goes on from a little before
        return ClaimsAdvanced(" · ".join(texts), self._told, (self.total - done) * pace)


@dataclass(frozen=True)
class _Piece:
    """A piece of scoring: what to call it, of which run ("" for none), its seconds as estimated, and what does it."""

    text: str
    run: str
    seconds: float
    work: Callable[[], Generator[float, None, None]]


def examine(plan: ClaimPlan, out: Path, start: Start | None = None) -> Generator[ClaimsEvent, None, Findings]:
    """Test the claims of `plan` in the folder `out`, yielding what happens; return what was found.

    `start` starts the process of a run, where that is not done as usual. Raises `BadInput` at the first `next` if
    something is wrong with plan or folder; later `RunBroken` if a run cannot go on for another reason than having
    diverged, which is a finding, or since a person holds it up in the queue.
    """
    arms = arms_of(plan)
    judge = Judge(plan)
    folder = ClaimFolder(out, plan)
    folder.hold_to(judge.family, plan.experiment.task_family())
    shared = folder.steps()
    trainings = Trainings(folder, start)
    if shared is None:
        timing = Work(trainings.alone(_speeds(plan, arms)))
        for text in timing:
            yield ClaimsAdvanced(text, 0.0, 0.0)
        shared = share_out(plan, arms, timing.result)
        folder.keep_steps(shared)
    runs, wanted, rates = queue(plan, arms, shared), _wanted(plan, arms, shared), folder.rates()
    if rates is None and any(is_run_folder(folder.run(training.folder)) for training in runs):
        rates = untried(arms)  # it was begun before outer rates were tried
    trials = {} if rates else short_trainings(plan, arms, next(iter(shared.values())))
    short = [training for each in trials.values() for training in each.values()]
    for training in (*short, *runs):
        training.experiment().check()
    budget = plan.settings.seconds or 60.0
    training_seconds = (len(runs) + plan.settings.rate_share * len(short)) * budget
    scoring = sum(scoring_seconds(plan, arm) for arm, *_ in wanted)
    clock = _Clock(training_seconds + scoring, trainings.at_once)
    yield ClaimsStarted(out, len(runs), len(wanted), elapsing(training_seconds, scoring), len(short))
    with closing(trainings):
        if rates is None:
            share = plan.settings.rate_share * budget
            rates = yield from _choose_rates(plan, arms, trials, judge, trainings, clock, share)
        folder.keep_rates(rates)
        arms = with_rates(arms, rates)
        runs, wanted = queue(plan, arms, shared), _wanted(plan, arms, shared)
        scores: Scores = {}
        pieces = [*_scoring(plan, judge, wanted, folder, scores)]
        worth = {one.run: max(each.seconds for each in pieces if each.run == one.run) for one in pieces}
        runs.sort(key=lambda training: -worth[training.folder])  # what takes longest afterwards, first
        yield from _work_off(runs, pieces, trainings, clock, budget)
    outcomes = [_outcome(training, folder) for training in queue(plan, arms, shared)]
    for training, outcome in zip(queue(plan, arms, shared), outcomes, strict=True):
        if outcome.problem:
            yield ClaimsNotice(f"{training.title}: {outcome.problem}")
    yield clock.at(["Learning to see: features of the data"])
    for note in judge.notes:
        yield ClaimsNotice(note)
    known = judge.best(folder), [*rates.values()], judge.landmarks(folder)
    findings = find(plan, arms, shared, judge, scores, outcomes, *known)
    report = write_report(findings, folder)
    yield ClaimsFinished(report, findings)
    return findings


def _work_off(
    runs: Sequence[Training], pieces: Sequence[_Piece], trainings: Trainings, clock: _Clock, budget: float
) -> Generator[ClaimsEvent, None, None]:
    """Train `runs`, of `budget` seconds as estimated each, and score what is ready, the longest first."""
    yield from map(ClaimsNotice, trainings.put_all(runs))
    left, told = sorted(pieces, key=lambda piece: -piece.seconds), 0.0

    def now(piece: _Piece | None = None, share: float = 0.0) -> Generator[ClaimsEvent, None, None]:
        nonlocal told
        yield from map(ClaimsNotice, trainings.look())
        clock.done += budget * trainings.ended()
        if time.monotonic() - told > BETWEEN or not share:
            told = time.monotonic()
            under_way = budget * sum(map(trainings.share, trainings.going))
            texts = [*([piece.text] if piece else ()), *trainings.texts()]
            yield clock.at(texts, under_way + (share * piece.seconds if piece else 0.0))

    while left or trainings.going:
        ready = next((piece for piece in left if piece.run not in trainings.going), None)
        trainings.scoring = ready is not None and trainings.has_room
        if ready is None or not trainings.scoring:
            yield from now()
            trainings.check()
            trainings.wait()
            continue
        left.remove(ready)
        yield from now(ready)
        with closing(ready.work()) as shares:
            for share in shares:
                yield from now(ready, share)
        clock.done += ready.seconds
    clock.done += budget * trainings.ended()


def _speeds(plan: ClaimPlan, arms: Sequence[Arm]) -> Generator[str, None, dict[str, tuple[float, float]]]:
    """Return what a step of every arm takes: the least of several looks, so that a busy moment hits none of them."""
    yield "Timing an outer step of every arm"
    speeds: dict[str, tuple[float, float]] = {}
    for _ in range(LOOKS_AT_CLOCK):
        for name, arm in trainers(arms).items():
            warm, after = seconds_per_step(arm, plan.settings.seeds[0])
            before = speeds.get(name, (warm, after))
            speeds[name] = min(before[0], warm), min(before[1], after)
    return speeds


def _choose_rates(
    plan: ClaimPlan,
    arms: Sequence[Arm],
    trials: Mapping[str, Mapping[float, Training]],
    judge: Judge,
    trainings: Trainings,
    clock: _Clock,
    budget: float,
) -> Generator[ClaimsEvent, None, dict[str, RateChoice]]:
    """Return the outer rate of every run, as its short trainings come out on validation tasks."""
    scores: dict[str, float] = {}
    folder, short = trainings.folder, [training for tried in trials.values() for training in tried.values()]

    def judging(training: Training) -> Generator[float, None, None]:
        path = folder.run(training.folder)
        record = read_record(path)
        if record is not None and record.state == "finished":
            work = Work(judge.scoring_trial(training.arm, path, training.seed))
            for _ in work:
                yield 0.5
            scores[training.folder] = work.result

    pieces = [
        _Piece(f"{one.title}: adapting to validation tasks", one.folder, 0.0, partial(judging, one)) for one in short
    ]
    yield from _work_off(short, pieces, trainings, clock, budget)
    rates = untried(arms, plan.settings.outer_rates[0])
    for run, tried in trials.items():
        if tried:
            records = [read_record(folder.run(training.folder)) for training in tried.values()]
            seconds = sum(record.seconds for record in records if record is not None)
            found = {multiple: scores.get(training.folder, math.nan) for multiple, training in tried.items()}
            rates[run] = chosen(trainers(arms)[run], found, next(iter(tried.values())).steps, seconds)
    return rates


def _scoring(
    plan: ClaimPlan, judge: Judge, wanted: Sequence[tuple[Arm, int, int]], folder: ClaimFolder, scores: Scores
) -> Iterator[_Piece]:
    """Yield a piece for every arm, outer steps and seed, which leaves what it finds in `scores`."""

    def scoring(arm: Arm, steps: int, seed: int, run: str) -> Generator[float, None, None]:
        if not run or _may_be_scored(folder.run(run), steps):
            work = Work(judge.scoring(arm, run, seed, folder))
            yield from work
            scores[arm.name, steps, seed] = work.result

    for arm, steps, seed in wanted:
        run = f"{arm.run}-{steps}-steps-seed-{seed}" if arm.run else ""
        text = f"{arm.title}, seed {seed}: adapting to held-out tasks"
        yield _Piece(text, run, scoring_seconds(plan, arm), partial(scoring, arm, steps, seed, run))


def _outcome(training: Training, folder: ClaimFolder) -> Outcome:
    """Return how a run went, from the folder if that is known."""
    found = folder.outcome(training.folder)
    if found is None:
        found = look_back(training, folder.run(training.folder))
        folder.keep_outcome(training.folder, found)
    return found


def _wanted(plan: ClaimPlan, arms: Sequence[Arm], shared: dict[Footing, Steps]) -> list[tuple[Arm, int, int]]:
    """Return what is to be scored: arm, outer steps (0 for untrained arms) and seed, each once."""
    found: dict[tuple[str, int, int], tuple[Arm, int, int]] = {}
    for place, steps in enumerate(shared.values()):
        for arm in arms:
            if not (arm.is_null and place):
                for seed in plan.settings.seeds:
                    taken = steps[arm.run] if arm.run else 0
                    found.setdefault((arm.name, taken, seed), (arm, taken, seed))
    return [*found.values()]


def _may_be_scored(run: Path, steps: int) -> bool:
    """Return whether a run has come to its planned outer `steps`, or to where it diverged, which is told."""
    record, done = read_record(run), checkpoints(run)
    return bool(done) and (done[-1] >= steps or (record is not None and record.diverged))
