"""A sweep as a generator: it asks for trials, puts their runs into the line, ends what is hopeless, tells what comes.

All that it must not forget is in the journal and in the line: however it is killed, it goes on from there. A run has
its place in the line by its folder, a trial its state in the journal, and each is written in one piece.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from metagen_gui.engine.events import RunBroken
from metagen_gui.engine.queue.entry import Entry
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.queue.worker import Worker, most_at_once
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.lock import is_held
from metagen_gui.engine.store.metrics_file import read_curves
from metagen_gui.engine.store.names import METRICS
from metagen_gui.engine.store.record import read_record
from metagen_gui.engine.sweeps.folder import BEST, RESULT, RUNS, SweepFolder, described, with_runs
from metagen_gui.engine.sweeps.objective import Lost, Objective
from metagen_gui.engine.sweeps.optimizer import Optimizer, require_optuna
from metagen_gui.engine.sweeps.plan import SweepPlan
from metagen_gui.engine.sweeps.standing import Result, Standing, Trial

INTERVAL = 0.5
"""Seconds between looks at the line."""
MOST_BROKEN = 5
"""Trials in a row whose runs may fail: then it is not their settings, but a disk that is full, or data that is gone."""
SWAYED = (
    "A range is on what the model's loss weighs: trials are not pruned, since losses on the way do not compare. Where "
    "figures of other likelihoods would not either, take a metric of samples as the objective."
)
PAUSED = "All that is left is paused in the line; `metagen queue go` lets it go on."
PROXY = "Trials are pruned by the figure that validation writes down on the way, which is not the objective."


def sweep(
    plan: SweepPlan,
    folder: Path,
    *,
    line: Line | None = None,
    look: Callable[[], Sequence[Entry]] | None = None,
    at_once: int | None = None,
    interval: float = INTERVAL,
) -> Generator[Standing, None, Standing]:
    """Try what a plan asks for, in a new folder or going on in that of the same plan; yield how it stands.

    `look` sees to it that what waits in the line is started, and returns it; without it, a worker of its own does.
    Closed early, it has its runs saved, and they go on with the sweep. Raises `BadInput` at the first `next` for what
    cannot begin, and `RunBroken` where no trial comes to its end.
    """
    require_optuna()
    line = line or Line()
    objective = Objective(plan)
    opened = SweepFolder(folder, plan)
    try:
        owner = Owner(opened, plan, objective, line, look or Worker(line, at_once).look, at_once or most_at_once())
        yield owner.standing()
        over = False
        try:
            yield from owner.until_over(interval)
            over = True
            yield (standing := owner.concluded())
            return standing
        finally:
            if not over:
                owner.save()
    except OSError as error:
        raise RunBroken(f"{error.filename or folder}: {error.strerror or error}") from None
    finally:
        opened.release()


class Owner:
    """Whoever is at a sweep: the one writer of its journal."""

    def __init__(
        self,
        folder: SweepFolder,
        plan: SweepPlan,
        objective: Objective,
        line: Line,
        look: Callable[[], Sequence[Entry]],
        at_once: int,
    ) -> None:
        self.folder, self.plan, self.objective = folder, plan, objective
        self.line, self._look, self._at_once = line, look, at_once
        self.optimizer = Optimizer(folder.path, plan, writes=True)
        self.optimizer.complete()
        asked = plan.settings.pruning != "none"
        self._prunes = asked and objective.weighs_alike
        self._notice = PROXY if self._prunes and objective.measure.metric is not None else ""
        if asked and not self._prunes:
            self._notice = SWAYED
        self._put: set[Path] = set()
        """Runs that this owner has seen in the line: one that is missing there was taken out by a person."""
        self._seen: dict[Path, tuple[int, dict[int, float]]] = {}
        self._broken = 0
        """Trials in a row whose runs have failed."""
        self._importance: tuple[int, dict[str, float]] = (-1, {})

    def until_over(self, interval: float) -> Generator[Standing, None, None]:
        """Yield how the sweep stands, again and again, until all trials are told and their runs have ended."""
        self._let_go_on()
        while True:
            entries = self._entries()
            for trial in self._running():
                self._advance(trial, entries)
            self._ask()
            self._end_others(entries)
            going = [entry for entry in entries.values() if not entry.over]
            paused = bool(going) and all(entry.state == "paused" for entry in going)
            standing = self.standing()
            yield replace(standing, notice=PAUSED) if paused else standing
            if standing.over == len(standing.trials) == self.plan.settings.trials and not going:
                return
            time.sleep(interval)

    def standing(self) -> Standing:
        """Return how the sweep stands."""
        trials = with_runs(self.folder.path, self.plan, self.optimizer.trials())
        over = sum(trial.state != "running" for trial in trials)
        if self._importance[0] != over:
            self._importance = over, self.optimizer.importance()
        measured, shares = self.objective.measured, self._importance[1]
        return Standing(self.folder.path, self.plan, trials, measured, shares, self._notice)

    def concluded(self) -> Standing:
        """Measure the best setting on fresh tasks, write its experiment, and return all there is to say."""
        standing = self.standing()
        if (best := standing.best) is None:
            first = next((trial.problem for trial in standing.trials if trial.problem), "")
            raise RunBroken(f"no trial of this sweep has come to its end{f'; of the first: {first}' if first else ''}")
        chosen = self.plan.trained(best.values, self.plan.settings.seeds[0])
        self.folder.write(BEST, chosen.document(complete=True))
        result = Result(best.number, self.objective.fresh(best.runs), self.folder.path / BEST)
        standing = replace(standing, result=result)
        self.folder.write(RESULT, described(standing))
        for entry in self._entries(start=False).values():
            with suppress(BadInput):  # a person was quicker
                self.line.take_out(entry.id)
        return standing

    def save(self) -> None:
        """Have the runs that go on saved, and those that wait held back."""
        with suppress(BadInput):
            for entry in self._entries(start=False).values():
                with suppress(BadInput):  # it has just come to its end
                    self.line.pause(entry.id)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _entries(self, *, start: bool = True) -> dict[Path, Entry]:
        """Return what this sweep has in the line, by the folders of the runs."""
        found = {Path(entry.run): entry for entry in (self._look() if start else self.line.entries()) if entry.run}
        mine = {run: entry for run, entry in found.items() if run.parent == self.folder.path / RUNS}
        self._put |= mine.keys()
        return mine

    def _running(self) -> list[Trial]:
        return [trial for trial in self.optimizer.trials() if trial.state == "running"]

    def _let_go_on(self) -> None:
        """What was held back with the sweep goes on with it."""
        for entry in self._entries(start=False).values():
            if entry.state == "paused" or (entry.pausing and not entry.enough):
                with suppress(BadInput):
                    self.line.go(entry.id)

    def _ask(self) -> None:
        """Begin trials until there is something to do for every core."""
        trials = self.optimizer.trials()
        scored = {trial.number: len(self.optimizer.scores(trial.number)) for trial in self._running()}
        left = sum(len(self.plan.settings.seeds) - done for done in scored.values())
        asked = len(trials)
        while left < self._at_once and asked < self.plan.settings.trials:
            trial = self.optimizer.ask()
            asked += 1
            if self._put_in_line(trial):
                left += len(self.plan.settings.seeds)

    def _put_in_line(self, trial: Trial) -> bool:
        """Put those runs of a trial into the line that are not there; a setting that is refused fails, by itself."""
        try:
            wanted = {seed: self.plan.trained(trial.values, seed) for seed in self.plan.settings.seeds}
        except BadInput as problem:
            self.optimizer.tell_over(trial.number, str(problem), failed=True)
            return False
        there = self._entries(start=False)
        for seed, experiment in wanted.items():
            run, name = self.folder.run(trial, seed), f"{self.folder.path.name} · trial {trial.number} · seed {seed}"
            if run not in there and not self._is_done(run):
                document, text = experiment.document(complete=True), experiment.to_json(complete=True)
                self.line.add(document, text, name, run, owner=str(self.folder.path))
                self._put.add(run)
        return True

    def _advance(self, trial: Trial, entries: dict[Path, Entry]) -> None:
        """See how far a trial has come, and tell what comes of it."""
        scores, seeds = self.optimizer.scores(trial.number), self.plan.settings.seeds
        for seed in (seed for seed in seeds if seed not in scores):
            run = self.folder.run(trial, seed)
            entry = entries.get(run)
            if self._is_done(run):
                try:
                    scores[seed] = self.objective.scores(run)
                except BadInput as problem:
                    self.optimizer.tell_over(trial.number, str(problem), failed=True)
                    return
                self.optimizer.note_scores(trial.number, seed, scores[seed])
            elif entry is not None and entry.over:
                self._tell_ended(trial, run, entry)
                return
            elif entry is None and run in self._put:
                self.optimizer.tell_over(trial.number, f"seed {seed} was taken out of the line", failed=True)
                return
            elif entry is None:
                self._put_in_line(trial)
                return
        if len(scores) == len(seeds):
            self._tell_scores(trial, [scores[seed] for seed in seeds])
        elif self._prunes:
            self._prune(trial)

    def _tell_ended(self, trial: Trial, run: Path, entry: Entry) -> None:
        """Tell of a run that ended without all its steps: what diverges is as bad as can be, all else says nothing."""
        record = read_record(run)
        diverged = record is not None and record.diverged
        problem = entry.problem or (record.problem if record else "") or f"{entry.name} was ended early"
        self.optimizer.tell_over(trial.number, problem, failed=not diverged)
        self._broken = 0 if diverged else self._broken + 1
        if self._broken == MOST_BROKEN:
            raise RunBroken(f"the runs of {MOST_BROKEN} trials in a row have failed, at last: {problem}")

    def _tell_scores(self, trial: Trial, scores: Sequence[Sequence[float]]) -> None:
        try:
            self._broken = 0
            shortfall, figure = self.objective.figure(scores)
        except Lost as why:
            self.optimizer.tell_over(trial.number, str(why), failed=False)
        else:
            self.optimizer.tell_done(trial.number, shortfall, figure)

    def _prune(self, trial: Trial) -> None:
        """End a trial that is hopeless at the outer steps that all its runs have come to which have begun."""
        begun = [found for seed in self.plan.settings.seeds if (found := self._rows(self.folder.run(trial, seed)))]
        if not begun:
            return
        steps = set.intersection(*(set(rows) for rows in begun))
        means = {step: sum(rows[step] for rows in begun) / len(begun) for step in steps}
        if self.optimizer.is_hopeless(trial.number, means):
            reached = self.optimizer.trials()[trial.number].reached
            self.optimizer.tell_over(trial.number, f"pruned at outer step {reached:,}", failed=False)

    def _rows(self, run: Path) -> dict[int, float]:
        """Return the validation figures of a run by outer step, read again where there is more."""
        try:
            size = (run / METRICS).stat().st_size
            if self._seen.get(run, (0, {}))[0] != size:
                self._seen[run] = size, self.objective.on_the_way(read_curves(run))
            return self._seen[run][1]
        except (OSError, BadInput):
            return {}

    def _is_done(self, run: Path) -> bool:
        record = read_record(run)
        return record is not None and record.state == "finished" and not is_held(run)

    def _end_others(self, entries: dict[Path, Entry]) -> None:
        """Finish what goes on in the line for trials that are over, or for none."""
        wanted = {self.folder.run(trial, seed) for trial in self._running() for seed in self.plan.settings.seeds}
        for run, entry in entries.items():
            if run not in wanted and not entry.over and not entry.enough:
                with suppress(BadInput):  # it has just come to its end, or was removed
                    self.line.finish(entry.id)
