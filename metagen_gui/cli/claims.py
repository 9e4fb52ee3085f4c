"""`metagen claims`: tests claims about meta-learning, for people or as JSON.

The JSON is that of the report (`report.json` beside `report.html`): `{"version": 1, "folder", "report", "plan",
"steps", "verdicts": [{"claim", "arm", "footing", "world", "status", "sentence", "is_null"}], "comparisons": […],
"best_possible": [SENTENCE, …], "distance_from_best": […], "landmarks": […], "curves": […], "runs": […],
"outer_rates": […], "adaptation": […], "notes": […], "versions": {…}}`. `status` is confirmed, refuted or not shown; the
null, `is_null`, must not come out as confirmed.
Keys may be added; none is taken away or given another meaning under the same version.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from metagen_gui.cli.failures import RunFailed
from metagen_gui.cli.terminal.figures import duration
from metagen_gui.cli.terminal.language import marked, tell
from metagen_gui.engine.claims.best_possible import sentences
from metagen_gui.engine.claims.examination.events import (
    ClaimsAdvanced,
    ClaimsEvent,
    ClaimsFinished,
    ClaimsNotice,
    ClaimsStarted,
)
from metagen_gui.engine.claims.examination.kept_tests import examine_alone, fresh_folder
from metagen_gui.engine.claims.findings import Findings
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.claims.report.files import document
from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.events import RunBroken
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.store.names import runs_folder

COLOURS = {"confirmed": "green", "refuted": "red", "not shown": "yellow"}
BETWEEN_LINES = 5.0
"""Seconds between two lines in a log."""


def examine_claims(path: Path | None, out: Path | None, *, quick: bool, device: str | None, as_json: bool) -> None:
    """Test the claims of a plan, or of the default plan of an experiment, and print the verdicts; raise `BadInput`."""
    use_threads()
    plan = ClaimPlan.load(path, quick=quick)
    if device is not None:
        plan = replace(plan, experiment=plan.experiment.with_value("training.device", device))
    folder = out or fresh_folder(runs_folder().parent / "claims")
    try:
        with closing(examine_alone(plan, folder)) as test:
            finished = _follow(test)
    except RunBroken as error:
        raise RunFailed(f"{error}; go on with the same command and --out {folder}") from error
    except KeyboardInterrupt:
        tell(f"Stopped; the same command with --out {folder} goes on from here.", aside=True)
        raise
    if as_json:
        shown = {"folder": str(folder), "report": str(finished.report), **document(finished.findings)}
        print(json.dumps(shown, indent=2, allow_nan=False))
    else:
        _print_for_people(finished.findings)
        tell(f"Report: {finished.report}")


def _follow(test: Generator[ClaimsEvent, None, object]) -> ClaimsFinished:
    """Show on stderr how far a test is; return its end."""
    console = Console(stderr=True)
    bar = sys.stderr.isatty() and not console.is_dumb_terminal
    columns = TextColumn("{task.description}"), BarColumn(None), TextColumn("{task.fields[left]}")
    with Progress(*columns, console=console, transient=True, expand=True, disable=not bar) as progress:
        task, due = progress.add_task(translated("Preparing"), total=1.0, left=""), 0.0
        for event in test:
            match event:
                case ClaimsStarted():
                    short = f", {event.trials} short ones to choose outer rates" if event.trials else ""
                    work = f"{event.runs} runs to train{short}, {event.scores} arms to score"
                    console.print(marked(f"in {event.folder}: {work}, about {duration(event.seconds)}"), soft_wrap=True)
                case ClaimsAdvanced():
                    left = f"{duration(event.seconds_left)} left" if event.seconds_left else ""
                    progress.update(task, description=marked(event.text), completed=event.share, left=translated(left))
                    if not bar and time.monotonic() >= due:
                        due = time.monotonic() + BETWEEN_LINES
                        console.print(
                            marked(f"{event.share:4.0%} · {event.text}{f' · {left}' if left else ''}"), soft_wrap=True
                        )
                case ClaimsNotice():
                    console.print(marked(f"Note: {event.text}"), soft_wrap=True)
                case ClaimsFinished():
                    return event
    raise AssertionError("a test ends with its report")


def _print_for_people(findings: Findings) -> None:
    console = Console(highlight=False)
    for verdict in findings.verdicts:
        console.print(f"[{'dim' if verdict.is_null else COLOURS[verdict.status]}]•[/] {marked(verdict.sentence)}\n")
    for sentence, alarm in sentences(findings.gaps):
        console.print(f"[{'red' if alarm else 'blue'}]•[/] {marked(sentence)}\n")
