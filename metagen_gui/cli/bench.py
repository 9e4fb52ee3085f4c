"""`metagen bench gmn`: runs on the protocol of Generative Matching Networks, beside what was published.

The JSON is `{"version": 1, "protocol": {"train", "test", "classes", "groups", "orders", "shots"}, "runs": [{"run",
"algorithm", "model", "meta_step", "title", "exact", "draws", "nats": {STEP: {SHOTS: {"mean", "interval", "median",
"tasks", "groups"}}}}], "pairs": [{"run", "against", "nats": {SHOTS: {"mean", "interval", "lower", "tasks",
"groups"}}}], "published": [{"title", "reference", "nats": {SHOTS: NATS}}]}`: −log p of the next drawing in nats after
so many drawings of its class, before adapting (STEP 0) and after as many steps as in training; `interval` is half a
95 % interval over classes. A pair is a later run less the first, adapted, class by class, with intervals over what
classes lie in, such as alphabets. Keys may be added; none is taken away or given another meaning under the same
version.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from metagen_gui.cli.terminal.figures import with_interval
from metagen_gui.cli.terminal.language import marked, tell
from metagen_gui.cli.terminal.progress import counting, preparing
from metagen_gui.cli.train import train_quietly
from metagen_gui.engine.bench import gmn
from metagen_gui.engine.bench.drawings import Drawings, read_drawings
from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.held_out import ByShots
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.pages.charts import Curve, chart
from metagen_gui.engine.pages.page import table, text, write_page
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.statistics import finite
from metagen_gui.engine.store.names import is_run_folder
from metagen_gui.engine.trained.trained_run import TrainedRun, open_run

VERSION = 1
TITLE = "Conditional likelihood, by the protocol of Generative Matching Networks"
READS_IMAGES = "images"
"""The task family that the training file goes to where an experiment is trained on the spot."""


def bench_gmn(
    train: Path,
    test: Path,
    given: Sequence[Path],
    *,
    draws: int,
    orders: int,
    out: Path | None,
    written: Path | None,
    as_json: bool,
) -> None:
    """Score the runs among `given`, and experiments once they are trained on `train`, on the classes of `test`."""
    for name, value, most in (("--draws", draws, 100_000), ("--orders", orders, gmn.MOST_ORDERS)):
        if not 1 <= value <= most:
            raise BadInput(name, f"{value} is not possible; 1 to {most} are")
    use_threads()
    with preparing():
        prepared = [_prepared(one, train) for one in given] or [_on(Experiment(), train)]
    runs = [one if isinstance(one, TrainedRun) else open_run(train_quietly(one, out)) for one in prepared]
    known: dict[tuple[int, ...], gmn.Sets] = {}
    for run in runs:
        shape = run.model.spec.shape
        gmn.check(run, test)
        if shape not in known:
            known[shape] = gmn.sets_of(_read(test, shape, "--test"), _read(train, shape, "--train"), orders, seed=0)
    sets = next(iter(known.values()))
    shots = gmn.possible_shots(sets)
    with counting("Telling likelihoods", len(sets.names) * len(runs)) as tell:
        found = [gmn.score(run, known[run.model.spec.shape], shots, draws, 0, tell) for run in runs]
    if written is not None:
        _write_page(written, train, test, sets, runs, found)
    if as_json:
        print(json.dumps(document(train, test, orders, sets, runs, found), indent=2, allow_nan=False))
    else:
        _print_for_people(sets, runs, found)


def _prepared(path: Path, train: Path) -> TrainedRun | Experiment:
    if not is_run_folder(path):
        return _on(Experiment.load(path), train)
    run = open_run(path)
    trained_on = getattr(run.experiment.config("tasks"), "path", "")
    if not trained_on or Path(trained_on).resolve() != train.resolve():
        what = f"trained on {trained_on or type(run.family).title}, not on {train}"
        tell(f"Note: {path}: {what}", aside=True)
    return run


def _on(experiment: Experiment, train: Path) -> Experiment:
    """Return the experiment on the binary drawings of the training file."""
    if experiment.tasks != READS_IMAGES:
        experiment = experiment.with_plugin("tasks", READS_IMAGES)
    experiment = experiment.with_value("tasks.path", str(train.absolute())).with_value("tasks.pixels", "binary")
    experiment.check()
    return experiment


def _read(path: Path, shape: tuple[int, ...], where: str) -> Drawings:
    channels, height, width = shape
    return read_drawings(path, (channels, height, width), where)


def document(
    train: Path, test: Path, orders: int, sets: gmn.Sets, runs: Sequence[TrainedRun], found: Sequence[ByShots]
) -> dict[str, Any]:
    """Return everything as JSON data; the module's docstring describes it."""
    told: dict[str, Any] = finite(
        {
            "version": VERSION,
            "protocol": {
                "train": str(train),
                "test": str(test),
                "classes": len({*sets.names}),
                "groups": len({*sets.groups}),
                "orders": orders,
                "shots": list(found[0].shots),
            },
            "runs": [
                {
                    "run": str(run.folder),
                    "algorithm": run.experiment.algorithm,
                    "model": run.experiment.model,
                    "meta_step": run.meta_step,
                    "title": one.likelihood.called,
                    "exact": one.likelihood.exact,
                    "draws": None if one.likelihood.exact else one.likelihood.draws,
                    "nats": {
                        str(row): {str(shots): asdict(one.summary(shots, row)) for shots in one.shots}
                        for row in one.rows
                    },
                }
                for run, one in zip(runs, found, strict=True)
            ],
            "pairs": [
                {
                    "run": str(run.folder),
                    "against": str(runs[0].folder),
                    "nats": {str(shots): asdict(each) for shots, each in gmn.apart(one, found[0], sets).items()},
                }
                for run, one in zip(runs[1:], found[1:], strict=True)
                if comparable(one, found[0])
            ],
            "published": [
                {"title": title, "reference": gmn.REFERENCE, "nats": {str(shots): nats for shots, nats in row.items()}}
                for title, row in gmn.PUBLISHED.items()
            ],
        }
    )
    return told


def comparable(one: ByShots, other: ByShots) -> bool:
    """Return whether two runs tell a likelihood in one way, of the same sets."""
    return one.likelihood.called == other.likelihood.called and one.values.shape[1:] == other.values.shape[1:]


def _rows(runs: Sequence[TrainedRun], found: Sequence[ByShots]) -> list[tuple[str, ...]]:
    """Return a row per run and step, and the published ones: what it is, how it is told, and a cell per shots."""
    rows = [
        (
            _name(run, row),
            one.likelihood.called,
            *(with_interval(each.mean, each.interval) for each in (one.summary(shots, row) for shots in one.shots)),
        )
        for run, one in zip(runs, found, strict=True)
        for row in one.rows
    ]
    for title, figures in gmn.PUBLISHED.items():
        cells = (f"{figures[shots]:.1f}" if shots in figures else "–" for shots in found[0].shots)
        rows.append((f"{title} (published)", f"{gmn.DRAWS:,} samples", *cells))
    return rows


def _name(run: TrainedRun, step: int) -> str:
    titles = " · ".join(run.experiment.plugin(section).title for section in ("algorithm", "model"))
    return f"{run.folder.name}: {titles}, step {step}"


def _said(sets: gmn.Sets, runs: Sequence[TrainedRun]) -> str:
    classes, groups = len({*sets.names}), len({*sets.groups})
    of = f" of {groups} alphabets" if groups < classes else ""
    orders = len(sets.names) // classes
    return (
        f"−log p of the next drawing in nats, after so many of its class: the mean over {classes} held-out "
        f"classes{of}, with 95 % intervals over classes, {orders} random order{'' if orders == 1 else 's'} of each. "
        f"Published: {gmn.REFERENCE}; there on the 20 alphabets of Omniglot's evaluation half."
    )


def _print_for_people(sets: gmn.Sets, runs: Sequence[TrainedRun], found: Sequence[ByShots]) -> None:
    console = Console(highlight=False)
    console.print(marked(_said(sets, runs)))
    for name, told, *cells in _rows(runs, found):
        console.print(f"\n[bold]{marked(name)}[/] ({marked(told)})")
        shown = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
        shown.add_column(translated("shots"), justify="right")
        shown.add_column(translated("nats"), justify="right")
        for shots, cell in zip(found[0].shots, cells, strict=True):
            if cell != "–":
                shown.add_row(str(shots), cell)
        console.print(shown)
    for sentence in _pairs(sets, runs, found):
        console.print(marked(sentence))


def _pairs(sets: gmn.Sets, runs: Sequence[TrainedRun], found: Sequence[ByShots]) -> Iterator[str]:
    """Yield how later runs differ from the first, with intervals over groups of classes."""
    for run, one in zip(runs[1:], found[1:], strict=True):
        if comparable(one, found[0]):
            told = (
                f"{with_interval(each.mean, each.interval)} after {shots}{'' if each.is_clear else ' (not clear)'}"
                for shots, each in gmn.apart(one, found[0], sets).items()
            )
            yield f"{run.folder.name} less {runs[0].folder.name}, adapted, class by class, in nats: {', '.join(told)}."


def _write_page(
    path: Path, train: Path, test: Path, sets: gmn.Sets, runs: Sequence[TrainedRun], found: Sequence[ByShots]
) -> None:
    curves: list[Curve] = []
    for run, one in zip(runs, found, strict=True):
        for row in one.rows:
            figures = [one.summary(shots, row) for shots in one.shots]
            means, halves, counts = zip(*((each.mean, each.interval, each.tasks) for each in figures), strict=True)
            curves.append(Curve(_name(run, row), len(curves), one.shots, means, halves, counts))
    for title, published in gmn.PUBLISHED.items():
        nothing = (float("nan"),) * len(published)
        curves.append(Curve(title, len(curves), (*published,), (*published.values(),), nothing, (0,) * len(published)))
    names = [f'<span><span class="key c{one.colour}"></span>{text(one.name)}</span>' for one in curves]
    shots = [f"{count} shots" for count in found[0].shots]
    body = [
        f"<h1>{TITLE}</h1><p>{text(_said(sets, runs))}</p>",
        f"<p>Trained on {text(train.name)}, tested with {text(test.name)}.</p>",
        f'<div class="legend">{"".join(names)}</div>',
        f"<figure>{chart(curves, TITLE, 'shots')}<figcaption>−log p in nats: lower is better</figcaption></figure>",
        table(("run", "told by", *shots), _rows(runs, found), numbers=len(shots)),
        *(f"<p>{text(sentence)}</p>" for sentence in _pairs(sets, runs, found)),
    ]
    write_page(path, TITLE, body)
