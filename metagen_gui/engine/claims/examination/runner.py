"""Tests the claims of a plan: trains what is missing, scores what is not scored, and writes the report.

A generator of events, as a run is: whoever consumes it decides the pace, and closing it saves the run under way. What
has been done is found in the folder and not done again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from metagen_gui.engine.claims.arms import Arm, arms_of
from metagen_gui.engine.claims.examination.events import (
    ClaimsAdvanced,
    ClaimsEvent,
    ClaimsFinished,
    ClaimsNotice,
    ClaimsStarted,
)
from metagen_gui.engine.claims.findings import Findings, Scores, find
from metagen_gui.engine.claims.folder import ClaimFolder, Scored
from metagen_gui.engine.claims.outcomes import Outcome, look_back
from metagen_gui.engine.claims.outer_rates import RateChoice, chosen, short_trainings, untried, with_rates
from metagen_gui.engine.claims.outlook import scoring_seconds
from metagen_gui.engine.claims.plan import ClaimPlan, Footing
from metagen_gui.engine.claims.report.files import write_report
from metagen_gui.engine.claims.scoring import Judge
from metagen_gui.engine.claims.shuffled import shuffled
from metagen_gui.engine.claims.training import (
    Steps,
    Training,
    queue,
    seconds_per_step,
    share_out,
    trainers,
)
from metagen_gui.engine.events import Event, Notice, StepReport, resumed_at
from metagen_gui.engine.held_out.work import Work
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.run.training_run import Diverged
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.library import checkpoints
from metagen_gui.engine.store.names import is_run_folder
from metagen_gui.engine.store.record import read_record
from metagen_gui.engine.store.trash import throw_away_unbegun

LOOKS_AT_CLOCK = 2
"""Times that every arm is timed, one after the other, then all again."""
BETWEEN = 0.5
"""Seconds between two reports of how far a run is."""


class _Clock:
    """Estimates what is left: work is in seconds as estimated, and its pace is what it was so far."""

    def __init__(self, total: float) -> None:
        self.total, self.done, self.began = max(total, 1e-9), 0.0, time.monotonic()

    def at(self, text: str, under_way: float = 0.0) -> ClaimsAdvanced:
        done = min(self.done + under_way, self.total)
        spent = time.monotonic() - self.began
        pace = spent / done if done > 0.02 * self.total else 1.0
        return ClaimsAdvanced(text, done / self.total, (self.total - done) * pace)


def examine(plan: ClaimPlan, out: Path) -> Generator[ClaimsEvent, None, Findings]:
    """Test the claims of `plan` in the folder `out`, yielding what happens; return what was found.

    Raises `BadInput` at the first `next` if something is wrong with plan or folder; later `RunBroken` if a run cannot
    go on for another reason than having diverged, which is a finding.
    """
    arms = arms_of(plan)
    judge = Judge(plan)
    folder = ClaimFolder(out, plan)
    folder.hold_to(judge.family, plan.experiment.task_family())
    shared = folder.steps()
    if shared is None:
        yield ClaimsAdvanced("Timing an outer step of every arm", 0.0, 0.0)
        speeds = _speeds(plan, arms)
        shared = share_out(plan, arms, speeds)
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
    clock = _Clock(training_seconds + sum(scoring_seconds(plan, arm) for arm, *_ in wanted))
    yield ClaimsStarted(out, len(runs), len(wanted), clock.total, len(short))
    if rates is None:
        rates = yield from _choose_rates(plan, arms, trials, judge, folder, clock, plan.settings.rate_share * budget)
    folder.keep_rates(rates)
    arms = with_rates(arms, rates)
    runs, wanted = queue(plan, arms, shared), _wanted(plan, arms, shared)
    outcomes: list[Outcome] = []
    for training in runs:
        yield from _train(training, folder, clock, budget)
        clock.done += budget
        outcomes.append(_outcome(training, folder))
        if outcomes[-1].problem:
            yield ClaimsNotice(f"{training.title}: {outcomes[-1].problem}")
    yield clock.at("Learning to see: features of the data")
    for note in judge.notes:
        yield ClaimsNotice(note)
    scores: Scores = {}
    for arm, steps, seed in wanted:
        name = f"{arm.run}-{steps}-steps-seed-{seed}" if arm.run else ""
        if not name or _may_be_scored(folder.run(name), steps):
            scores[arm.name, steps, seed] = yield from _score(judge, arm, name, seed, folder, clock)
        clock.done += scoring_seconds(plan, arm)
    known = judge.best(folder), [*rates.values()], judge.landmarks(folder)
    findings = find(plan, arms, shared, judge, scores, outcomes, *known)
    report = write_report(findings, folder)
    yield ClaimsFinished(report, findings)
    return findings


def _speeds(plan: ClaimPlan, arms: Sequence[Arm]) -> dict[str, tuple[float, float]]:
    """Return what a step of every arm takes: the least of several looks, so that a busy moment hits none of them."""
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
    folder: ClaimFolder,
    clock: _Clock,
    budget: float,
) -> Generator[ClaimsEvent, None, dict[str, RateChoice]]:
    """Return the outer rate of every run, as its short trainings come out on validation tasks."""
    rates = untried(arms, plan.settings.outer_rates[0])
    for run, tried in trials.items():
        scores, seconds, steps = dict[float, float](), 0.0, 0
        for multiple, training in tried.items():
            yield from _train(training, folder, clock, budget)
            clock.done += budget
            path = folder.run(training.folder)
            record, steps = read_record(path), training.steps
            seconds += record.seconds if record is not None else 0.0
            scores[multiple] = math.nan
            if record is not None and record.state == "finished":
                yield clock.at(f"{training.title}: adapting to validation tasks")
                work = Work(judge.scoring_trial(training.arm, path, training.seed))
                for _ in work:
                    yield clock.at(f"{training.title}: adapting to validation tasks")
                scores[multiple] = work.result
        if tried:
            rates[run] = chosen(trainers(arms)[run], scores, steps, seconds)
    return rates


def _score(
    judge: Judge, arm: Arm, run: str, seed: int, folder: ClaimFolder, clock: _Clock
) -> Generator[ClaimsEvent, None, Scored]:
    """Score an arm, telling now and then how far that is."""
    text, told = f"{arm.title}, seed {seed}: adapting to held-out tasks", time.monotonic()
    yield clock.at(text)
    work = Work(judge.scoring(arm, run, seed, folder))
    with closing(iter(work)) as shares:
        for share in shares:
            if time.monotonic() - told > BETWEEN:
                told = time.monotonic()
                yield clock.at(text, share * scoring_seconds(judge.plan, arm))
    return work.result


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


def _train(training: Training, folder: ClaimFolder, clock: _Clock, budget: float) -> Generator[ClaimsEvent, None, None]:
    """Train, or go on with, one run; nothing if it has taken its steps or diverged.

    One that failed of anything else, as of a full disk, is gone on with: what it had learned by then says nothing.
    """
    path, title = folder.run(training.folder), training.title
    record = read_record(path)
    if record is not None and (record.state == "finished" or record.diverged):
        return
    folder.forget(training.folder)
    run: Generator[Event, None, None]
    resumed = is_run_folder(path)
    if resumed and throw_away_unbegun(path, title):
        resumed = False
        yield ClaimsNotice(f"{title}: ended before its first checkpoint; it is begun anew, the rest is in the trash")
    if resumed:  # of a null the folder tells the plain experiment
        run = resume_run(path, previews=False, reading=shuffled if training.arm.is_null else lambda plain: plain)
    else:
        run = meta_train(training.experiment(), out=path, previews=False)
    told = 0.0
    try:
        for event in run:
            if isinstance(event, StepReport) and time.monotonic() - told > BETWEEN:
                told = time.monotonic()
                share = event.meta_step / training.steps
                yield clock.at(f"{title}: outer step {event.meta_step:,} of {training.steps:,}", budget * share)
            elif isinstance(event, Notice) and (resumed or event.grave) and event.text != resumed_at(event.meta_step):
                yield ClaimsNotice(f"{title}: {event.text}")  # as that a checkpoint was damaged
    except Diverged:
        pass  # which is noted in the run's folder, and part of what is to be found out
    except BadInput as error:
        raise BadInput(title, error.why) from error
    finally:
        run.close()
