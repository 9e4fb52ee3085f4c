"""Who wins a race: what `metagen evaluate` scores of the same runs, on the same held-out tasks, and its intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from metagen_gui.engine.held_out.chosen_tasks import HeldOutTasks, Request, choose_tasks
from metagen_gui.engine.held_out.pairs import compare
from metagen_gui.engine.held_out.samples import score_samples
from metagen_gui.engine.held_out.scored_runs import notices_of
from metagen_gui.engine.held_out.scores import RunScores, score_run
from metagen_gui.engine.held_out.summaries import Difference, Summary, difference, summarize
from metagen_gui.engine.held_out.work import at_once
from metagen_gui.engine.statistics import Mask, Values, chosen_of
from metagen_gui.engine.trained.trained_run import open_run

SAMPLES = 20
"""Of every task, where losses do not compare and samples have to decide."""


@dataclass(frozen=True)
class Standing:
    """What a lane scores after its last adaptation step, and how far it is behind the winner, task by task.

    `lost` tasks have diverged, and count in neither. The further behind, the larger the difference.
    """

    lane: int
    summary: Summary
    lost: int = 0
    behind: Difference | None = None


@dataclass(frozen=True)
class Verdict:
    """The lanes that could be scored, the best first, by a measure of this `title` and `unit`."""

    title: str
    unit: str
    standings: tuple[Standing, ...]
    sentence: str
    notices: tuple[str, ...] = ()

    @property
    def winner(self) -> int | None:
        """The lane with the best mean, or None if none has any."""
        return self.standings[0].lane if self.standings else None

    @property
    def is_clear(self) -> bool:
        """Whether the intervals say so: that of the distance to every other lane leaves out 0."""
        return bool(self.standings) and all(is_clear_lead(one.behind) for one in self.standings[1:])


def is_clear_lead(behind: Difference | None) -> bool:
    """Return whether a lane is behind by more than the interval of that."""
    return behind is not None and behind.is_clear and behind.mean > 0


@dataclass(frozen=True)
class _Figures:
    """What lanes are judged by: figures `(tasks,)` of each, which of them count, and which are better: the lower."""

    title: str
    unit: str
    values: Sequence[Values]
    sound: Sequence[Mask]
    shortfall: Callable[[Values], Values] = lambda values: values


def judging(
    names: Sequence[str], folders: Sequence[Path | None], request: Request | None = None
) -> Generator[int, None, Verdict]:
    """Score the runs of lanes called `names`; None stands for one that cannot be scored. Raise `BadInput`.

    Yields, whenever a lane is scored, how many are.
    """
    request = request or Request()
    places = [place for place, folder in enumerate(folders) if folder is not None]
    if not places:
        return Verdict("", "", (), "No lane has learned anything that could be scored.")
    runs = [open_run(folder) for folder in folders if folder is not None]
    tasks, scores = choose_tasks(runs, request), list[RunScores]()
    for run in runs:
        scores.append(score_run(run, tasks, request))
        yield len(scores)
    figures = _of_losses(scores)
    if figures is None:
        figures = _of_samples(scores, tasks, replace(request, samples=request.samples or SAMPLES))
    summaries = [
        summarize(values[sound], chosen_of(tasks.groups, sound))
        for values, sound in zip(figures.values, figures.sound, strict=True)
    ]
    means = [float(figures.shortfall(np.array([one.mean]))[0]) for one in summaries]
    order = sorted(range(len(runs)), key=lambda place: means[place] if math.isfinite(means[place]) else math.inf)
    best = order[0]

    def behind(place: int) -> Difference:
        both = figures.sound[place] & figures.sound[best]
        later, first = (figures.shortfall(figures.values[one][both]) for one in (place, best))
        return difference(later, first, chosen_of(tasks.groups, both))

    standings = tuple(
        Standing(
            places[place],
            summaries[place],
            int((~figures.sound[place]).sum()),
            None if place == best else behind(place),
        )
        for place in order
        if math.isfinite(means[place])
    )
    sentence = told(figures.title, figures.unit, names, standings, tasks.tasks)
    return Verdict(figures.title, figures.unit, standings, sentence, notices_of(runs, tasks))


judge = at_once(judging)


def _of_losses(scores: Sequence[RunScores]) -> _Figures | None:
    """Return the losses at each run's last step, or bounds of −log p where these compare; None where neither does."""
    pairs, kind = [compare(one, scores[0]) for one in scores], scores[0].model.loss_is
    sound = [~one.diverged[-1] for one in scores]
    if not any(pair.objection for pair in pairs):
        values = [next(iter(one.losses.values()))[-1] for one in scores]
        return _Figures(kind.title or "query loss", kind.unit, values, sound)
    if all(pair.bound is not None for pair in pairs):
        bounds = [one.bound[-1] for one in scores if one.bound is not None]
        return _Figures(kind.title or "−log p", kind.unit, bounds, sound)
    return None


def _of_samples(scores: Sequence[RunScores], tasks: HeldOutTasks, request: Request) -> _Figures:
    """Return the first measure of samples that tells how well a model generalises, at each run's last step."""
    samples = score_samples([one.run for one in scores], tasks, request)
    measure = next((one for one in samples.measures if one.claim == "generalises"), samples.measures[0])
    values = [one.values[measure.name][-1] for one in samples.runs]
    return _Figures(measure.title, measure.unit, values, [np.isfinite(one) for one in values], measure.shortfall)


def told(title: str, unit: str, names: Sequence[str], standings: Sequence[Standing], tasks: int) -> str:
    """Return who wins, by how much, and whether the intervals say so, in a sentence or two."""
    if not standings:
        return "No lane has come to finite scores: nobody wins."
    first = names[standings[0].lane]
    measure = title[:1].lower() + title[1:] if title[1:2].islower() else title
    if len(standings) == 1:
        return f"{first} is the only lane with finite scores on {tasks:,} held-out tasks."
    ahead = ", ".join(f"of {names[one.lane]} by {_distance(one.behind, unit)}" for one in standings[1:])
    close = [names[one.lane] for one in standings[1:] if not is_clear_lead(one.behind)]
    if not close:
        return f"{first} wins: in {measure} on {tasks:,} held-out tasks it is ahead {ahead}; no interval reaches 0."
    return (
        f"{first} is ahead on {tasks:,} held-out tasks, in {measure}: {ahead}. That is no clear win: the interval of "
        f"its lead over {' and '.join(close)} reaches 0, so that other tasks may tell otherwise."
    )


def _distance(behind: Difference | None, unit: str) -> str:
    if behind is None:
        return "an unknown amount"
    return f"{behind.mean:.3g} ± {behind.interval:.2g}{f' {unit}' if unit else ''}"
