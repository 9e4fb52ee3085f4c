"""`metagen sweep`: seeks settings in ranges, for people or as JSON.

The JSON is `{"version": 1, "folder", "measure": {"name", "title", "unit", "better"}, "trials": [{"trial", "state",
"values", "figure", "problem", "reached", "runs"}], "importance": {PATH: SHARE}, "best": {"trial", "values",
"validation", "fresh", "experiment"}}`; a figure is `{"mean", "interval", "low", "high", "tasks", "seeds"}`, `interval`
being half of the 95 % interval of these very trainings, `low` and `high` that of trainings with other seeds.
Keys may be added; none is taken away or given another meaning under the same version.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from metagen_gui.cli.failures import RunFailed
from metagen_gui.cli.terminal.language import marked, tell
from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.events import RunBroken
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.settings.plain_text import as_word, printable
from metagen_gui.engine.sweeps.folder import described, fresh_folder
from metagen_gui.engine.sweeps.plan import SweepPlan
from metagen_gui.engine.sweeps.standing import Figure, Measured, Standing
from metagen_gui.engine.sweeps.sweep import sweep

BETWEEN_LINES = 5.0
"""Seconds between two lines in a log."""
BEST_SHOWN = 5


def run_sweep(path: Path, folder: Path | None, at_once: int | None, *, as_json: bool) -> None:
    """Try what a plan asks for, and print what came of it; raise `BadInput`, or `RunFailed` where nothing came."""
    use_threads()
    plan = SweepPlan.load(path)
    folder = folder or (path if path.is_dir() else fresh_folder())
    again = f"metagen sweep {as_word(path)} --to {as_word(folder)}"
    try:
        standing = _follow(plan, folder, at_once)
    except RunBroken as error:
        raise RunFailed(f"{error}; this goes on from here: {again}") from error
    except KeyboardInterrupt:
        tell(f"Stopped; its runs are saved. This goes on from here: {again}", aside=True)
        raise
    if as_json:
        print(json.dumps(described(standing), indent=2, allow_nan=False))
    else:
        _print_for_people(standing)


def _follow(plan: SweepPlan, folder: Path, at_once: int | None) -> Standing:
    """Show on stderr how far a sweep is; return how it stands in the end."""
    console = Console(stderr=True)
    bar = sys.stderr.isatty() and not console.is_dumb_terminal
    columns = TextColumn("{task.description}"), BarColumn(None), TextColumn("{task.completed:.0f}/{task.total:.0f}")
    with (
        Progress(*columns, console=console, transient=True, expand=True, disable=not bar) as progress,
        closing(sweep(plan, folder, at_once=at_once)) as going,
    ):
        task, due, notice, said = progress.add_task(translated("Preparing"), total=plan.settings.trials), 0.0, "", ""
        for standing in going:
            if not notice and not said:
                console.print(marked(f"in {standing.folder}"), soft_wrap=True)
            if standing.notice != notice and (notice := standing.notice):
                console.print(marked(f"Note: {notice}"), soft_wrap=True)
            told = _in_words(standing)
            progress.update(task, description=marked(told), completed=standing.over)
            if not bar and told != said and time.monotonic() >= due:
                due = time.monotonic() + BETWEEN_LINES
                console.print(marked(told), soft_wrap=True)
            said = told
    return standing


def _in_words(standing: Standing) -> str:
    words = f"{standing.over} of {standing.plan.settings.trials} trials"
    if (best := standing.best) is not None and best.figure is not None:
        words += f", best so far {best.number}: {_figure(best.figure, standing.measured)}"
    return words


def _figure(figure: Figure, measured: Measured) -> str:
    return f"{figure.mean:.4g} ± {figure.interval:.2g}{f' {measured.unit}' if measured.unit else ''}"


def _print_for_people(standing: Standing) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for heading in ("trial", "state", standing.measured.title, *(place.path for place in standing.plan.ranges)):
        table.add_column(escape(translated(heading)), overflow="fold")
    for trial in standing.ranked[:BEST_SHOWN]:
        assert trial.figure is not None
        values = (f"{value:.4g}" if isinstance(value, float) else str(value) for value in trial.values.values())
        words = (str(trial.number), translated(trial.state), _figure(trial.figure, standing.measured), *values)
        table.add_row(*(escape(printable(word)) for word in words))
    console = Console(highlight=False)
    console.print(table)
    ended = {state: sum(trial.state == state for trial in standing.trials) for state in ("done", "pruned", "failed")}
    tell(f"{ended['done']} trials done, {ended['pruned']} ended early, {ended['failed']} failed.")
    for trial in standing.trials:
        if trial.state == "failed":
            tell(f"Trial {trial.number} failed: {trial.problem}")
    if standing.importance:
        shares = ", ".join(f"{path} {share:.0%}" for path, share in standing.importance.items())
        tell(f"What matters: {shares}.")
    if standing.result is not None:
        fresh = standing.result.fresh
        figure = _figure(fresh, standing.measured)
        tell(f"Trial {standing.result.number} on {fresh.tasks:,} fresh tasks: {figure} for these trainings.")
        if fresh.seeds > 1:
            tell(f"For trainings with other seeds: between {fresh.low:.4g} and {fresh.high:.4g} (95 %).")
        tell(f"Its experiment: {standing.result.experiment}")
