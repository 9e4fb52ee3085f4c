"""`metagen evaluate`: scores runs on held-out tasks, for people or as JSON.

The JSON is `{"version": 1, "tasks": {"family", "stream", "seed", "count", "shots", "support_draws", "query", "grid",
"doubts", "from", "remarks"}, "runs": […], "pairs": […]}`; `from` names the experiment whose tasks they are, if that is
not the runs' own, and `doubts` says why a run may have seen some of them. A run is `{"run", "algorithm", "model",
"meta_step", "shots", "players": {PLAYER: {STEP: {"mean", "interval", "median", "diverged", "tasks", "groups"}}},
"details": likewise by name, "negative_elbo": {STEP: …} or null, "adaptation": {PLAYER: {"from", "to", "difference",
"interval", "lower", "tasks", "groups"}}}`: the loss at the last step less that at step 0, task by task. The loss of a
VAE weighs its KL by β, as in training; `negative_elbo` counts the KL once whatever β is, null where no loss bounds −log
p. A pair is a later run less the first, each at its last step: `{"run", "against", "step", "against_step", "players":
{PLAYER: {"difference", "interval", "lower", "tasks", "groups"}}, "details": likewise, "negative_elbo": likewise of one
figure, or null, "objection"}`; the objection says why losses are left out. With `--samples` a run has `"samples":
{STEP: {MEASURE: {"mean", "interval", "median", "tasks", "groups"}}}`, else null, and the whole `"samples": {"count",
"measures": {MEASURE: {"title", "unit", "better", "axis"}}, "landmarks": {NAME: {"title", MEASURE: …}}, "judge":
{"accuracy", "error", "ways", "examples"} or null}`: `axis` is recognizability, diversity, originality or null. With
`--by-shots` a run has `"by_shots": {"title", "exact", "draws", "shots": {SHOTS: {STEP: …}}}`, −log p in nats, else
null. `interval` is half the width of a 95 % interval over what was held out, `groups` how many of these there are:
alphabets or classes, or tasks that stand alone. `tasks` is how many tasks were counted, `lower` in how many of them the
difference is below 0. What is not a finite number is null. Keys may be added; none is taken away or given another
meaning under the same version.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from metagen_gui.cli.evaluation.page import write_scores
from metagen_gui.cli.evaluation.text import print_for_people
from metagen_gui.cli.terminal.language import tell as say_aside
from metagen_gui.cli.terminal.progress import counting, preparing
from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.held_out import (
    Difference,
    Further,
    HeldOutTasks,
    Pair,
    Request,
    RunScores,
    Samples,
    choose_tasks,
    compare,
    score_by_shots,
    score_run,
    score_samples,
)
from metagen_gui.engine.held_out.adapted import Adapted
from metagen_gui.engine.held_out.scored_runs import notices_of
from metagen_gui.engine.metrics.landmarks import landmark_title
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import printable, quoted
from metagen_gui.engine.statistics import Values, finite
from metagen_gui.engine.trained.trained_run import open_run

VERSION = 1
NOTHING = Further()


def parse_steps(text: str, option: str = "--steps", what: str = "steps") -> tuple[int, ...]:
    """Return the steps (or `what` is counted) that `text` lists, as in `0,1,5`; raise `BadInput` for anything else."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and part.isascii() and len(part) < 10 for part in parts):
        raise BadInput(option, f"{quoted(text)} is not a list of {what}, as in 0,1,5")
    return tuple(int(part) for part in parts)


def evaluate_runs(folders: Sequence[Path], request: Request, *, as_json: bool, page: Path | None = None) -> None:
    """Score the runs in `folders` on the same tasks, print what they score, and write a page; raise `BadInput`."""
    use_threads()
    with preparing():
        runs = [open_run(folder) for folder in folders]
        tasks = choose_tasks(runs, request)
    for notice in notices_of(runs, tasks):
        say_aside(f"Note: {notice}", aside=True)
    with counting("Scoring", len(tasks) * len(runs)) as tell:
        scores = [score_run(run, tasks, request, tell) for run in runs]
    more = Further()
    if request.by_shots:
        with counting("Telling likelihoods", tasks.tasks * len(runs)) as tell:
            more = Further(None, tuple(score_by_shots(run, tasks, request, tell) for run in runs))
    if request.samples:
        with counting("Measuring samples", tasks.tasks * len(runs)) as tell:
            more = Further(score_samples(runs, tasks, request, tell), more.by_shots)
    pairs = [compare(later, scores[0]) for later in scores[1:]]
    if page is not None:
        write_scores(page, tasks, scores, more)
    if as_json:
        # ASCII: any stdout can hold it
        print(json.dumps(document(tasks, scores, pairs, more), indent=2, allow_nan=False))
    else:
        print_for_people(tasks, scores, pairs, more)


def document(
    tasks: HeldOutTasks, scores: Sequence[RunScores], pairs: Sequence[Pair], more: Further = NOTHING
) -> dict[str, Any]:
    """Return everything as JSON data; the module's docstring describes it."""
    described = {
        "family": tasks.called,
        "stream": "test",
        "seed": tasks.family.seed,
        "count": tasks.tasks,
        "shots": tasks.shots,
        "support_draws": tasks.support_draws,
        "query": tasks.examples,
        "grid": tasks.grid is not None,
        "doubts": [printable(doubt) for doubt in tasks.doubts],
        "from": printable(tasks.source) if tasks.source else None,
        "remarks": [printable(remark) for remark in tasks.remarks],
    }
    found = {
        "version": VERSION,
        "tasks": described,
        "runs": [{**_run(one, tasks), **_further(more, place)} for place, one in enumerate(scores)],
        "samples": None if more.samples is None else _samples(more.samples),
        "pairs": [_pair(pair) for pair in pairs],
    }
    told: dict[str, Any] = finite(found)
    return told


def _run(scores: RunScores, tasks: HeldOutTasks) -> dict[str, Any]:
    def by_step(values: Values) -> dict[str, Any]:
        return {
            str(step): {**asdict(scores.summary(values, step)), "diverged": scores.lost(step)} for step in scores.steps
        }

    return {
        "run": str(scores.run.folder),
        "algorithm": scores.run.experiment.algorithm,
        "model": scores.run.experiment.model,
        "meta_step": scores.run.meta_step,
        "shots": tasks.shots,
        "players": {player: by_step(values) for player, values in scores.losses.items()},
        "details": {name: by_step(values) for name, values in scores.details.items()},
        "negative_elbo": None if scores.bound is None else by_step(scores.bound),
        "adaptation": {
            player: {"from": 0, "to": scores.last, **_difference(scores.gain(player))} for player in scores.losses
        },
    }


def _further(more: Further, place: int) -> dict[str, Any]:
    """Return what is told of one run's samples, and of its likelihood by shots."""
    measured: dict[str, Any] = {"samples": None, "by_shots": None}
    if (samples := more.samples) is not None:
        scored = samples.runs[place]
        measured["samples"] = {str(step): _figures(samples, scored, step) for step in scored.rows}
    if more.by_shots:
        found = more.by_shots[place]
        measured["by_shots"] = {
            "title": found.likelihood.called,
            "exact": found.likelihood.exact,
            "draws": None if found.likelihood.exact else found.likelihood.draws,
            "shots": {
                str(shots): {str(row): asdict(found.summary(shots, row)) for row in found.rows} for shots in found.shots
            },
        }
    return measured


def _figures(samples: Samples, scored: Adapted, step: int = 0) -> dict[str, Any]:
    return {measure.name: asdict(samples.summary(scored, measure, step)) for measure in samples.measures}


def _samples(samples: Samples) -> dict[str, Any]:
    described = {
        one.name: {
            "title": one.title, "unit": one.unit, "better": one.better, "axis": one.metric.axis if one.metric else None
        }
        for one in samples.measures
    }  # fmt: skip
    landmarks = {
        name: {"title": landmark_title(name), **_figures(samples, scored)} for name, scored in samples.landmarks.items()
    }
    judge = None if samples.judge is None else asdict(samples.judge)
    return {"count": samples.count, "measures": described, "landmarks": landmarks, "judge": judge}


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "run": str(pair.later.run.folder),
        "against": str(pair.first.run.folder),
        "step": pair.later.last,
        "against_step": pair.first.last,
        "players": {player: _difference(found) for player, found in pair.players.items()},
        "details": {name: _difference(found) for name, found in pair.details.items()},
        "negative_elbo": None if pair.bound is None else _difference(pair.bound),
        "objection": pair.objection or None,
    }


def _difference(found: Difference) -> dict[str, Any]:
    return {"difference": found.mean, **{name: value for name, value in asdict(found).items() if name != "mean"}}
