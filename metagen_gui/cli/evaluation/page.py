"""What runs score as a page: the plane of recognizability and diversity, likelihood by shots, and the figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from metagen_gui.cli.evaluation.text import name_of, what_was_done
from metagen_gui.cli.terminal.figures import with_interval
from metagen_gui.engine.held_out import ByShots, Further, HeldOutTasks, RunScores, Samples, Summary
from metagen_gui.engine.held_out.landmarks import planes
from metagen_gui.engine.languages.spoken import named
from metagen_gui.engine.metrics.landmarks import ABOUT, landmark_title
from metagen_gui.engine.pages.charts import Curve, chart
from metagen_gui.engine.pages.page import Name, table, text, write_page

TITLE = "Scores on held-out tasks"


def write_scores(path: Path, tasks: HeldOutTasks, scores: Sequence[RunScores], more: Further) -> None:
    """Write the page; raise `BadInput` where it cannot be written."""
    write_page(path, TITLE, _sections(tasks, scores, more))


def _sections(tasks: HeldOutTasks, scores: Sequence[RunScores], more: Further) -> Iterator[str]:
    names = [Name(name_of(one)) for one in scores]
    yield f"<h1>{TITLE}</h1><p>{text(what_was_done(tasks))}</p>"
    keys = "".join(f'<span><span class="key c{place}"></span>{text(name)}</span>' for place, name in enumerate(names))
    yield f'<div class="legend">{keys}</div>'
    if more.samples is not None:
        yield from _of_samples(more.samples, names)
    if more.by_shots:
        yield "<h2>Likelihood by shots</h2>"
        yield from by_shots(more.by_shots, names)
    yield "<h2>Losses</h2>"
    rows = [
        (name, named(player), str(step), _told(found), f"{found.tasks:,}", f"{one.lost(step):,}")
        for name, one in zip(names, scores, strict=True)
        for player, values in one.losses.items()
        for step in one.steps
        for found in (one.summary(values, step),)
    ]
    yield table(("run", "player", "step", "mean ± 95 %", "tasks", "diverged"), rows, numbers=3)


def _of_samples(samples: Samples, names: Sequence[str]) -> Iterator[str]:
    if drawn := planes(samples.places(names), samples.measures):
        yield f'<h2>Recognizability and diversity</h2><p>{text(ABOUT)}</p><div class="charts">{drawn}</div>'
    header = ("samples", *(measure.title for measure in samples.measures))
    sources = [(f"{name}, step {step}", one, step) for name, one in zip(names, samples.runs, strict=True)
               for step in one.rows]  # fmt: skip
    sources += [(landmark_title(name), one, 0) for name, one in samples.landmarks.items()]
    rows = []
    for name, one, step in sources:
        rows.append((name, *(_told(samples.summary(one, measure, step)) for measure in samples.measures)))
    yield table(header, rows, numbers=len(samples.measures))
    yield from (f"<p>{text(note)}</p>" for note in samples.notes)


def by_shots(found: Sequence[ByShots], names: Sequence[str]) -> Iterator[str]:
    """Yield a chart of every way that likelihoods are told in, since others do not compare, and a table of all."""
    for told in dict.fromkeys(one.likelihood.called for one in found):
        curves = [
            _curve(f"{name}, step {row}", place, one, row)
            for place, (name, one) in enumerate(zip(names, found, strict=True))
            if one.likelihood.called == told
            for row in one.rows[-1:]
        ]
        drawn = chart(curves, f"{told}, nats", "shots")
        yield f"<figure>{drawn}<figcaption>{text(told)}, nats: lower is better</figcaption></figure>"
    rows = [
        (name, one.likelihood.called, str(row), *(with_interval(mean, half) for mean, half, _ in _points(one, row)))
        for name, one in zip(names, found, strict=True)
        for row in one.rows
    ]
    shots = [str(count) for count in found[0].shots]
    yield table(("run", "told by", "step", *(f"{count} shots" for count in shots)), rows, numbers=len(shots))


def _told(found: Summary) -> str:
    return with_interval(found.mean, found.interval)


def _curve(name: str, colour: int, found: ByShots, row: int) -> Curve:
    means, halves, tasks = zip(*_points(found, row), strict=True)
    return Curve(name, colour, found.shots, means, halves, tasks)


def _points(found: ByShots, row: int) -> list[tuple[float, float, int]]:
    summaries = [found.summary(shots, row) for shots in found.shots]
    return [(one.mean, one.interval, one.tasks) for one in summaries]
