"""What samples of runs are worth and how likelihood grows with the shots, as tables of 80 columns and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table

from metagen_gui.cli.terminal.figures import plain, with_interval
from metagen_gui.cli.terminal.language import marked
from metagen_gui.engine.held_out import ByShots, RunScores, Samples
from metagen_gui.engine.held_out.adapted import Adapted
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.metrics.landmarks import landmark_title

AT_ONCE = 3
"""Measures side by side."""


def sample_tables(samples: Samples, scores: Sequence[RunScores]) -> Iterator[Table]:
    """Yield tables of a few measures each: a row per run and step, then the landmarks."""
    for first in range(0, len(samples.measures), AT_ONCE):
        measures = samples.measures[first : first + AT_ONCE]
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
        table.add_column(translated(f"{samples.count} samples of a task"), min_width=22)
        for measure in measures:
            unit = f", {measure.unit}" if measure.unit else ""
            table.add_column(translated(f"{measure.title}{unit}"), justify="right")
        for title, scored, step in _rows(samples, scores):
            found = [samples.summary(scored, measure, step) for measure in measures]
            table.add_row(marked(title), *(with_interval(one.mean, one.interval) for one in found))
        yield table


def _rows(samples: Samples, scores: Sequence[RunScores]) -> Iterator[tuple[str, Adapted, int]]:
    for place, (one, scored) in enumerate(zip(scores, samples.runs, strict=True)):
        for step in one.steps:
            yield f"{f'run {place + 1}, ' if len(scores) > 1 else ''}step {step}", scored, step
    for name, scored in samples.landmarks.items():
        yield landmark_title(name), scored, 0


def shots_table(found: ByShots) -> Table:
    """Return a table of −log p: a row per number of shots, a column per step that is told."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column(translated(f"{found.likelihood.called}, nats"), min_width=12)
    for row in found.rows:
        table.add_column(translated(f"step {row}"), justify="right")
        table.add_column(translated("median"), justify="right")
    for shots in found.shots:
        cells = []
        for row in found.rows:
            one = found.summary(shots, row)
            cells += [with_interval(one.mean, one.interval), plain(one.median, one.interval)]
        table.add_row(translated(f"{shots} shot{'' if shots == 1 else 's'}"), *cells)
    return table
