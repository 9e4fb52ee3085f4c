"""What landmarks score on held-out tasks, as samples of a model do: the same tasks, query, judge and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from metagen_gui.engine.held_out.adapted import PICTURED, Adapted, HeldOut
from metagen_gui.engine.held_out.measures import Eyes, Measure
from metagen_gui.engine.held_out.summaries import Summary, summarize
from metagen_gui.engine.metrics.base import AXES, Axis
from metagen_gui.engine.metrics.landmarks import LANDMARKS, REAL
from metagen_gui.engine.pages.plane import Spot, plane
from metagen_gui.engine.statistics import Values, chosen_of


def score_landmarks(tasks: HeldOut, eyes: Eyes) -> dict[str, Adapted]:
    """Return by name what every landmark scores, in one row, real examples first; nothing of what is no image."""
    measures, batch = [measure for measure in eyes.measures if measure.metric is not None], tasks.batch
    if not tasks.family.spec.has_pixels or not measures:
        return {}
    values = {name: {one.name: np.full((1, tasks.count), np.nan) for one in measures} for name in (REAL, *LANDMARKS)}
    pictures = {REAL: [query[None, : tasks.sample_count] for query in batch.query[:PICTURED]]}
    for index, task in enumerate(zip(batch.names, batch.support, batch.query, strict=True)):
        told = eyes.scores_of_real(index, task, tasks.sample_count, measures)
        for measure in measures:
            values[REAL][measure.name][0, index] = told[measure.name]
        generator = tasks.generator(index, 0)
        drawn = [landmark(batch.support[index], tasks.sample_count, generator) for landmark in LANDMARKS.values()]
        found = eyes.scores(index, task, np.stack(drawn), measures)
        for row, name in enumerate(LANDMARKS):
            for measure in measures:
                values[name][measure.name][0, index] = found[measure.name][row]
            if index < PICTURED:
                pictures.setdefault(name, []).append(drawn[row][None])
    return {name: Adapted((0,), values[name], np.stack(pictures[name])) for name in values}


@dataclass(frozen=True)
class Place:
    """Where samples lie in the plane of recognizability and diversity: figures over tasks, by axis."""

    title: str
    figures: Mapping[Axis, Summary]
    is_landmark: bool = False
    colour: int = 0
    """Of an arm, its place among the others."""


def axes(measures: Sequence[Measure]) -> dict[Axis, Measure]:
    """Return the measures that are axes of the plane, recognizability first; nothing unless there is another one."""
    found: dict[Axis, Measure] = {
        measure.metric.axis: measure for measure in measures if measure.metric is not None and measure.metric.axis
    }
    order = sorted(found, key=AXES.index)
    return {axis: found[axis] for axis in order} if "recognizability" in found and len(found) > 1 else {}


def planes(places: Sequence[Place], measures: Sequence[Measure]) -> str:
    """Return the plane as SVG figures, recognizability over each of the other axes; empty where there is no plane."""
    drawn = []
    for axis, measure in list(axes(measures).items())[1:] if places else ():
        spots = [
            Spot(one.title, of.mean, of.interval, up.mean, up.interval, None if one.is_landmark else one.colour)
            for one in places
            for of, up in ((one.figures[axis], one.figures["recognizability"]),)
        ]
        across = f"{axis}: {measure.title}{f', {measure.unit}' if measure.unit else ''}"
        up = f"recognizability: {axes(measures)['recognizability'].title}"
        drawn.append(f"<figure>{plane(spots, f'Recognizability and {axis}', across, up)}</figure>")
    return "".join(drawn)


def place(
    title: str,
    values: Mapping[str, Values],
    along: Mapping[Axis, Measure],
    groups: Sequence[str] = (),
    *,
    is_landmark: bool = False,
    colour: int = 0,
) -> Place:
    """Return the place of samples that score `values` by measure, `(tasks,)` each; NaN where a task has diverged."""
    figures = {}
    for axis, measure in along.items():
        sound = np.isfinite(values[measure.name])
        figures[axis] = summarize(values[measure.name][sound], chosen_of(groups, sound))
    return Place(title, figures, is_landmark, colour)
