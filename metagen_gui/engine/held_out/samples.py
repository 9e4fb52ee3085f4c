"""What samples of trained runs are worth on the tasks they hold out, and landmarks measured on the same tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from metagen_gui.engine.held_out.adapted import Adapted, HeldOut, scoring_adapted
from metagen_gui.engine.held_out.by_shots import ByShots
from metagen_gui.engine.held_out.chosen_tasks import HeldOutTasks, Request
from metagen_gui.engine.held_out.landmarks import Place, axes, place, score_landmarks
from metagen_gui.engine.held_out.measures import Eyes, Measure
from metagen_gui.engine.held_out.summaries import Summary, summarize
from metagen_gui.engine.held_out.work import Work
from metagen_gui.engine.metrics.encoder import Judged
from metagen_gui.engine.metrics.landmarks import landmark_title
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.statistics import chosen_of
from metagen_gui.engine.trained.trained_run import TrainedRun


@dataclass(frozen=True)
class Further:
    """What is told of runs besides their losses, where that is asked for: of all samples, and by shots, run by run."""

    samples: Samples | None = None
    by_shots: tuple[ByShots, ...] = ()


@dataclass(frozen=True)
class Samples:
    """What `count` samples of every run score at every step of `rows`, by every one of `measures`, and landmarks."""

    count: int
    measures: tuple[Measure, ...]
    runs: tuple[Adapted, ...]
    landmarks: Mapping[str, Adapted]
    groups: tuple[str, ...]
    judge: Judged | None = None
    """How well the judge of images does; None of other data."""
    notes: tuple[str, ...] = ()
    """What a reader has to know of the measures."""

    def summary(self, scored: Adapted, measure: Measure, step: int = 0) -> Summary:
        """Return the figures of `measure` at `step`, over the tasks where it is known."""
        values = scored.values[measure.name][scored.rows.index(step)]
        sound = np.isfinite(values)
        return summarize(values[sound], chosen_of(self.groups, sound))

    def places(self, titles: Sequence[str]) -> list[Place]:
        """Return landmarks and runs, which are called `titles`, after their last step, in the plane; or nothing."""
        along = axes(self.measures)
        if not along:
            return []

        def at(title: str, scored: Adapted, *, is_landmark: bool = False, colour: int = 0) -> Place:
            last = {name: values[-1] for name, values in scored.values.items()}
            return place(title, last, along, self.groups, is_landmark=is_landmark, colour=colour)

        known = [at(landmark_title(name), scored, is_landmark=True) for name, scored in self.landmarks.items()]
        return known + [
            at(title, scored, colour=number)
            for number, (title, scored) in enumerate(zip(titles, self.runs, strict=True))
        ]


def score_samples(
    runs: Sequence[TrainedRun],
    chosen: HeldOutTasks,
    request: Request,
    tell: Callable[[int], object] = lambda count: None,
) -> Samples:
    """Measure samples of all `runs`; `tell` hears how many tasks are done. Raise `BadInput` where that cannot be."""
    if chosen.support_draws > 1:
        raise BadInput("samples, support draws", "samples are measured after one draw of the support")
    tasks = HeldOut(chosen.family, "test", chosen.tasks, chosen.shots, chosen.query_size, request.samples)
    eyes = Eyes(chosen.family, runs[0].model.algorithm.model, "test", chosen.query_size)
    of_samples = tuple(measure for measure in eyes.measures if measure.metric is not None)
    scored = []
    for run in runs:
        algorithm = run.model.algorithm
        steps = tuple(sorted({0, *(request.steps or range(algorithm.steps + 1))}))
        work = Work(scoring_adapted(algorithm, run.model.weights, tasks, eyes, steps, measures=of_samples))
        for done in work:
            tell(done)
        scored.append(work.result)
    landmarks = score_landmarks(tasks, eyes)
    return Samples(tasks.sample_count, of_samples, tuple(scored), landmarks, chosen.groups, eyes.judged, eyes.notes)
