"""The commands that score and compare: held-out tasks, claims, protocols of published work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from metagen_gui.cli.options import AsJson, Device
from metagen_gui.engine.settings.bad_input import BadInput

judging = typer.Typer()
bench = typer.Typer(help="Score runs by protocols of published work.", no_args_is_help=True)


@judging.command(
    help="Score runs on held-out tasks, at every step of adaptation.\n\n"
    "The tasks come from the stream test, which no run trains on or validates with. Several runs get the same tasks, "
    "examples and noise, by the seed and the query size of the first. Nothing is written into a run.\n\n"
    "A task has diverged at a step where the loss of a player, in any of its draws, is not finite, or above 100 and "
    "above 100 times the median size of that player's losses at step 0. Means with 95 % intervals (Student's t) and "
    "medians are over the other tasks; a task counts with the mean of its draws."
)
def evaluate(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN", help="Run folders; several are compared in pairs with the first.")
    ],
    tasks: Annotated[int, typer.Option(metavar="N", help="How many held-out tasks.")] = 100,
    shots: Annotated[
        int | None, typer.Option(metavar="K", help="Examples to adapt to; without it, as many as in training.")
    ] = None,
    steps: Annotated[
        str | None,
        typer.Option(
            metavar="0,1,5",
            help="Adaptation steps to score, also beyond those of training; without it, from 0 to as many as in "
            "training.",
        ),
    ] = None,
    support_draws: Annotated[
        int, typer.Option(metavar="M", help="Adapt to every task M times, each time to other examples.")
    ] = 1,
    grid: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Points of the even grid that tasks with a true curve (sinusoids) are scored on; 100 without it.",
        ),
    ] = None,
    tasks_from: Annotated[
        Path | None,
        typer.Option(
            metavar="EXPERIMENT.json",
            help="Score on the tasks of this experiment, or of this run's, in place of those that the runs hold out.",
        ),
    ] = None,
    samples: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Measure N samples of every task as well, beside landmarks; of images this trains a judge first, once "
            "per data set, in a few minutes.",
        ),
    ] = 0,
    by_shots: Annotated[
        str | None,
        typer.Option(
            metavar="0,1,5", help="Tell −log p of the query as well, after each of these numbers of examples."
        ),
    ] = None,
    draws: Annotated[
        int | None, typer.Option(metavar="N", help="Draws of a bound of −log p (--by-shots), where it is not exact.")
    ] = None,
    page: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write it all as a page with plots.")] = None,
    as_json: AsJson = False,
) -> None:
    """Score runs on held-out tasks, at every step of adaptation."""
    from metagen_gui.cli.terminal.progress import preparing

    if draws is not None and by_shots is None:
        raise BadInput("--draws", "says how a likelihood is told; give --by-shots as well")
    with preparing():
        from metagen_gui.cli.evaluate import evaluate_runs, parse_steps
        from metagen_gui.engine.held_out import Request

        listed = None if steps is None else parse_steps(steps)
        counts = () if by_shots is None else parse_steps(by_shots, "--by-shots", "numbers of examples")
        request = Request(tasks, shots, listed, support_draws, grid, tasks_from, samples, counts, draws)
    evaluate_runs(runs, request, as_json=as_json, page=page)


@judging.command(
    help="Test what is claimed of meta-learning, on your own data: does it help here?\n\n"
    "Trains the chosen algorithm and what it has to beat (random and joint initializations, joint training with "
    "fine-tuning, and shuffled classes as a null) at equal compute and at equal steps, tunes how each adapts on "
    "validation tasks, and compares them on held-out ones: a verdict per claim, and a report as one HTML file, CSV and "
    "JSON. With the same --out it goes on where it was interrupted."
)
def claims(
    plan: Annotated[
        Path | None,
        typer.Argument(
            metavar="EXPERIMENT_OR_PLAN.json",
            help="A plan; or an experiment (without it, the defaults) or a run folder, tested with 5 seeds and "
            "10 minutes per run.",
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="One seed and 45 seconds per run: a first verdict in about ten minutes.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The test's folder, new or that of the same plan.")
    ] = None,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Test what is claimed of meta-learning."""
    from metagen_gui.cli.terminal.progress import preparing

    with preparing():
        from metagen_gui.cli.claims import examine_claims
    examine_claims(plan, out, quick=quick, device=device, as_json=as_json)


@judging.command(
    help="Seek settings in ranges, trial by trial. Ctrl+C saves; the same command with its folder goes on.\n\n"
    "Every trial is ordinary runs that wait in line. What is hopeless is ended early, and the best setting is "
    "evaluated once more on fresh tasks. Needs the extra `sweep`."
)
def sweep(
    plan: Annotated[
        Path,
        typer.Argument(metavar="PLAN.json", help="An experiment and ranges of its settings; or a sweep that goes on."),
    ],
    to: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="The sweep's folder: new, or one to go on with; without it, a dated one."),
    ] = None,
    at_once: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, max=256, help="Runs side by side; without it, as many as there are cores for."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Seek settings in ranges."""
    from metagen_gui.cli.terminal.progress import preparing

    with preparing():
        from metagen_gui.engine.sweeps.optimizer import require_optuna

        require_optuna()
        from metagen_gui.cli.sweep import run_sweep
    run_sweep(plan, to, at_once, as_json=as_json)


@bench.command(
    help="Table 1 of Generative Matching Networks: −log p of the next drawing of a character after 0, 1, … others.\n\n"
    "Needs the files of binary Omniglot, one array per character; classes of TEST must not be in TRAIN. Runs are "
    "scored as they are, experiments are trained on TRAIN first. Where a model only bounds log p, by 1,000 importance "
    "samples."
)
def gmn(
    train: Annotated[Path, typer.Option(metavar="FILE", help="The drawings to train on: .npz, a folder or a zip.")],
    test: Annotated[Path, typer.Option(metavar="FILE", help="The drawings to test with.")],
    given: Annotated[
        list[Path] | None,
        typer.Argument(metavar="EXPERIMENT.json|RUN", help="Experiments or run folders; without any, the defaults."),
    ] = None,
    draws: Annotated[int, typer.Option(metavar="N", help="Importance samples, where log p is only bounded.")] = 1_000,
    orders: Annotated[int, typer.Option(metavar="N", help="Random orders of every class.")] = 1,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder of a run that is trained here; or a dated one.")
    ] = None,
    page: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write table and plot as a page.")] = None,
    as_json: AsJson = False,
) -> None:
    """Score runs by the protocol of Generative Matching Networks."""
    from metagen_gui.cli.terminal.progress import preparing

    with preparing():
        from metagen_gui.cli.bench import bench_gmn
    bench_gmn(train, test, given or [], draws=draws, orders=orders, out=out, written=page, as_json=as_json)
