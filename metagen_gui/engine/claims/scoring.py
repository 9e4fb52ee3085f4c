"""From trained runs to scores: tunes how an arm adapts on validation tasks, then scores it on the test tasks."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import torch

from metagen_gui.engine.algorithms.base import Algorithm, MetaParams
from metagen_gui.engine.claims.arms import Arm
from metagen_gui.engine.claims.best_possible import score_best
from metagen_gui.engine.claims.folder import ClaimFolder, Scored
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.claims.shuffled import ShuffledClasses
from metagen_gui.engine.claims.tuning import Choice, build, means, of_samples, tuning
from metagen_gui.engine.held_out.adapted import PICTURED, Adapted, HeldOut, scoring_adapted
from metagen_gui.engine.held_out.landmarks import score_landmarks
from metagen_gui.engine.held_out.measures import Eyes, Measure
from metagen_gui.engine.held_out.work import Work
from metagen_gui.engine.metrics.landmarks import LANDMARKS, REAL
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import parse_settings
from metagen_gui.engine.tasks.base import Stream, TaskBatch, TaskFamily, task_families
from metagen_gui.engine.trained.trained_run import open_run

BEST, LANDMARK = "best-possible", "landmark"
"""What the scores of the best possible generator, and those of landmarks, are kept under."""


class Judge:
    """Scores arms of one plan, all on the same tasks: those that the first seed deals."""

    def __init__(self, plan: ClaimPlan) -> None:
        """Raise `BadInput` where the plan's tasks cannot be had."""
        self.plan = plan
        training = plan.experiment.config("training")
        self.shots = plan.settings.shots or int(training.shots)
        self.query_size = plan.settings.query_size or int(training.query_size)
        first = plan.experiment.with_value("training.seed", plan.settings.seeds[0])
        self.family = first.build_tasks()
        self.model = first.build_model(self.family)
        try:
            self.family.check(self.shots, self.query_size)
            self.model.check(self.shots, self.query_size)
        except BadInput as error:
            raise BadInput("plan.shots", error.why) from None
        self._tasks: dict[tuple[bool, Stream], tuple[HeldOut, Eyes]] = {}
        self.shift = self._shifted()
        for stream in ("validation", "test"):  # too many tasks are refused before training, not after
            self._of(False, stream)

    @cached_property
    def eyes(self) -> Eyes:
        """What the test tasks are looked at with."""
        return self._of(False, "test")[1]

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What is measured."""
        return self.eyes.measures

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what a reader has to know of the measures."""
        caveat = self.model.caveat(torch.from_numpy(self.test.batch.query).flatten(0, 1))
        return (*self.eyes.notes, caveat) if caveat else self.eyes.notes

    @property
    def test(self) -> HeldOut:
        """The test tasks."""
        return self._of(False, "test")[0]

    @property
    def first_tasks(self) -> TaskBatch:
        """The test tasks whose samples are kept."""
        batch = self.test.batch
        return TaskBatch(batch.names[:PICTURED], batch.support[:PICTURED], batch.query[:PICTURED])

    def _shifted(self) -> tuple[HeldOut, Eyes] | None:
        """Tasks of another kind to adapt to, if the plan names any; their test stream."""
        given = self.plan.settings.shift
        if given is None:
            return None
        plugin = task_families.get(str(given.get("name")))
        family = plugin(parse_settings(plugin.Settings, given.get("settings", {}), "plan.shift"), self.family.seed)
        if family.spec != self.family.spec:
            why = f"its examples are {family.spec}, those of the experiment {self.family.spec}"
            raise BadInput("plan.shift", why)
        family.check(self.shots, self.query_size)
        return self._held_out(family, "test")

    def weights(self, arm: Arm, run: Path | None, seed: int) -> tuple[Algorithm, MetaParams]:
        """Return an arm's weights as its run left them, or fresh ones, and the algorithm they belong to."""
        if run is not None:
            trained = open_run(run).model
            return trained.algorithm, trained.weights
        algorithm = arm.experiment.build_algorithm(self.model)
        return algorithm, algorithm.initialize(generator_for(seed, "initialization"))

    def scoring(self, arm: Arm, run: str, seed: int, folder: ClaimFolder) -> Generator[float, None, Scored]:
        """Return the scores of an arm whose weights are those of `run` ("": fresh ones), from the folder if kept.

        Yields which share of the work is done.
        """
        name = f"{arm.name.replace(' ', '-')}-{run or f'seed-{seed}'}"
        found = folder.scored(name)
        if found is None:
            tasks, done = self.tasks_to_score(arm), 0
            work = Work(self._score(arm, *self.weights(arm, folder.run(run) if run else None, seed)))
            for count in work:
                done += count
                yield done / tasks
            found = work.result
            folder.keep_scores(name, found)
        return found

    def scoring_trial(self, arm: Arm, run: Path, seed: int) -> Generator[int, None, float]:
        """Return how far from good the weights of a short training are on the validation tasks, used as they will be.

        That is before adapting for joint training, and after the steps they were trained for otherwise. Yields,
        whenever some tasks are done, how many.
        """
        tasks, eyes = self._of(arm.is_null, "validation")
        algorithm, weights = self.weights(arm, run, seed)
        rows = (0,) if arm.run == "joint" else (0, algorithm.steps)
        measure = eyes.measures[0]
        found = yield from scoring_adapted(algorithm, weights, tasks, eyes, rows, measures=(measure,))
        return float(means(measure.shortfall(found.values[measure.name]))[-1])

    def best(self, folder: ClaimFolder) -> Scored | None:
        """Return the scores of the best possible generator, from the folder if kept; None where it is not known."""
        best = self.family.best_generator()
        if best is None:
            return None
        found = folder.scored(BEST)
        if found is None:
            found = unchosen(score_best(best, self.test, self.eyes))
            folder.keep_scores(BEST, found)
        return found

    def landmarks(self, folder: ClaimFolder) -> dict[str, Scored]:
        """Return by name what landmarks of images score on the test tasks, from the folder if kept."""
        names = [REAL, *LANDMARKS] if self.family.spec.has_pixels else []
        kept = {name: folder.scored(f"{LANDMARK}-{name}") for name in names}
        found = {name: scored for name, scored in kept.items() if scored is not None}
        if len(found) < len(names):
            found = {name: unchosen(scored) for name, scored in score_landmarks(self.test, self.eyes).items()}
            for name, scored in found.items():
                folder.keep_scores(f"{LANDMARK}-{name}", scored)
        return found

    def tasks_to_score(self, arm: Arm) -> int:
        """Return how many tasks are adapted to, one way or another, before an arm is scored."""
        given, learned = self.plan.settings, arm.is_meta or arm.is_null
        passes = 1 + learned + (self.shift is not None and not arm.is_null)
        passes *= 2 if arm.ways and of_samples(self.measures) else 1
        return len(arm.ways) * given.validation_tasks + passes * given.tasks

    def _score(self, arm: Arm, trained: Algorithm, weights: MetaParams) -> Generator[int, None, Scored]:
        rows = self.plan.rows
        tasks, eyes = self._of(arm.is_null, "validation")
        choice, for_samples = yield from tuning(arm, trained, weights, tasks, eyes, rows)
        found = yield from self._at(arm, choice, trained, weights, self.measures)
        if for_samples is None:
            return found
        if dict(for_samples.way) == dict(choice.way):  # every step of it has been scored
            return replace(found, by_samples=replace(found, choice=for_samples))
        of_these = tuple(measure for measure in self.measures if measure.metric is not None)
        return replace(found, by_samples=(yield from self._at(arm, for_samples, trained, weights, of_these)))

    def _at(
        self, arm: Arm, choice: Choice, trained: Algorithm, weights: MetaParams, wanted: tuple[Measure, ...]
    ) -> Generator[int, None, Scored]:
        """Return the scores on the test tasks of an arm that adapts in the chosen way, by the `wanted` measures."""
        algorithm = build(arm, choice.way, trained)
        steps = self.plan.rows if arm.ways else (0,)
        tasks, eyes = self._of(arm.is_null, "test")
        known = _known(wanted, eyes)
        own = yield from scoring_adapted(algorithm, weights, tasks, eyes, steps, measures=known)
        foreign = shifted = None
        if (arm.is_meta or arm.is_null) and len({*tasks.batch.names}) > 1:  # else there is no other class
            needed = tuple(measure for measure in known if measure.claim == "generalises")
            foreign = yield from scoring_adapted(algorithm, weights, tasks, eyes, steps, measures=needed, foreign=True)
        if self.shift is not None and not arm.is_null:
            known = _known(wanted, self.shift[1])
            shifted = yield from scoring_adapted(algorithm, weights, *self.shift, steps, measures=known)
        return Scored(choice, own, foreign, shifted)

    def _of(self, shuffled: bool, stream: Stream) -> tuple[HeldOut, Eyes]:
        if (shuffled, stream) not in self._tasks:
            family: TaskFamily = ShuffledClasses(self.family) if shuffled else self.family
            self._tasks[shuffled, stream] = self._held_out(family, stream)
        return self._tasks[shuffled, stream]

    def _held_out(self, family: TaskFamily, stream: Stream) -> tuple[HeldOut, Eyes]:
        settings = self.plan.settings
        count = settings.tasks if stream == "test" else settings.validation_tasks
        tasks = HeldOut(family, stream, count, self.shots, self.query_size, settings.samples)
        if isinstance(family, ShuffledClasses):
            return tasks, Eyes(family.family, self.model, stream, self.query_size, shuffled=True)
        return tasks, Eyes(family, self.model, stream, self.query_size)


def unchosen(found: Adapted) -> Scored:
    """Return the scores of what does not adapt step by step, and so is not tuned."""
    return Scored(Choice({}, 0, float("nan"), ()), found)


def _known(wanted: Sequence[Measure], eyes: Eyes) -> tuple[Measure, ...]:
    """Return those measures that can be had of the tasks of `eyes`: of shuffled classes, or others, it may be fewer."""
    names = {measure.name for measure in wanted}
    return tuple(measure for measure in eyes.measures if measure.name in names)
