"""The commands and their options.

torch takes seconds to import, so whatever needs it is imported inside the commands.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from metagen_gui.__main__ import program_version
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import printable

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Meta-learned generative models: train, look at what there is to train, score and export what was learned.",
)


@app.callback(invoke_without_command=True)
def about(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    """Print the version, or the help where no command is given."""
    if version:
        print(f"MetaGen {program_version()}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
    elif context.invoked_subcommand != "plugins":
        from metagen_gui.cli.packages import name_new_packages

        name_new_packages()


@app.command()
def train(
    experiment: Annotated[
        Path | None,
        typer.Argument(metavar="EXPERIMENT.json", help="An experiment file or a run folder; without it, the defaults."),
    ] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="A setting, as in algorithm.inner_lr=0.01; may be repeated."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The run's folder, new or empty; without it, a dated one.")
    ] = None,
    device: Annotated[str | None, typer.Option(metavar="NAME", help="auto, cpu, cuda, cuda:1 or mps.")] = None,
    meta_steps: Annotated[int | None, typer.Option(metavar="N", help="Outer steps of the run.")] = None,
    no_previews: Annotated[
        bool, typer.Option("--no-previews", help="Keep no samples; the numbers are the same.")
    ] = False,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Go on with a run that was stopped or interrupted.")
    ] = None,
    branch: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Begin a new run with what RUN had learned; its settings hold but for --set."),
    ] = None,
    at: Annotated[
        int | None, typer.Option(metavar="STEP", help="The checkpoint to branch from; without it, the newest.")
    ] = None,
) -> int:
    """Meta-train a model. Ctrl+C finishes early and keeps what was learned."""
    from metagen_gui.cli.progress import preparing

    if at is not None and branch is None:
        raise BadInput("--at", "says where to branch from; give --branch as well")
    if resume is not None and (experiment or assignments or out or meta_steps is not None or branch):
        raise BadInput(
            "--resume", "goes on with the settings of the run, but for --device; to change others, use --branch"
        )
    with preparing():
        from metagen_gui.cli.train import describe_experiment, resume_training, run_training
        from metagen_gui.engine.run.outer_loop import Origin

        if resume is not None:
            return resume_training(resume, previews=not no_previews, device=device)
        parent = None if branch is None else Origin(branch, at)
        chosen = describe_experiment(experiment or parent, assignments or [], device=device, meta_steps=meta_steps)
    return run_training(chosen, out, previews=not no_previews, parent=parent)


@app.command()
def runs(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="Where the runs are; without it, MetaGen's own folder."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one stable JSON object.")] = False,
) -> None:
    """List the runs there are and how each stands."""
    from metagen_gui.cli.runs import show_runs

    show_runs(folder, as_json=as_json)


@app.command()
def plugins(
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one stable JSON object.")] = False,
    on: Annotated[
        list[str] | None, typer.Option(metavar="PACKAGE", help="Load what an installed package brings; list nothing.")
    ] = None,
    off: Annotated[
        list[str] | None, typer.Option(metavar="PACKAGE", help="Load nothing that a package brings; list nothing.")
    ] = None,
) -> None:
    """List every task family, model and algorithm with its settings, or switch packages that bring some on or off."""
    from metagen_gui.cli.packages import name_new_packages, switch_packages

    if on or off:
        switch_packages(on or (), off or ())
        return
    name_new_packages()
    from metagen_gui.cli.plugins import list_plugins

    list_plugins(as_json=as_json)


@app.command()
def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    to: Annotated[Path, typer.Option(metavar="PATH", help="The folder or the file to write.")],
    format: Annotated[str, typer.Option(metavar="NAME", help="In which format; without it, safetensors.")] = "",
    task: Annotated[
        int | None,
        typer.Option(metavar="N", help="Adapt to held-out task N first, counted from 0 (the window counts from 1)."),
    ] = None,
    images: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Adapt to your own images first: a folder, a zip or a file.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(metavar="K", help="Adaptation steps; without it, as many as in training.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export in that place.")] = False,
) -> None:
    """Write the meta-learned initialization, or a model adapted from it, in one of several formats."""
    from metagen_gui.engine.exports.base import Order

    if task is not None and images is not None:
        raise BadInput("--task, --images", "give one of them, not both")
    from metagen_gui.engine.exports.writing import export

    exported = export(Order(run, to, format, task, images, steps, force))
    print(f"{printable(exported.summary)}\n\n{exported.code}", end="")


@app.command(
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
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one stable JSON object.")] = False,
) -> None:
    """Score runs on held-out tasks, at every step of adaptation."""
    from metagen_gui.cli.progress import preparing

    if draws is not None and by_shots is None:
        raise BadInput("--draws", "says how a likelihood is told; give --by-shots as well")
    with preparing():
        from metagen_gui.cli.evaluate import evaluate_runs, parse_steps
        from metagen_gui.engine.held_out import Request

        listed = None if steps is None else parse_steps(steps)
        counts = () if by_shots is None else parse_steps(by_shots, "--by-shots", "numbers of examples")
        request = Request(tasks, shots, listed, support_draws, grid, tasks_from, samples, counts, draws)
    evaluate_runs(runs, request, as_json=as_json, page=page)


@app.command(
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
    device: Annotated[str | None, typer.Option(metavar="NAME", help="auto, cpu, cuda, cuda:1 or mps.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one stable JSON object.")] = False,
) -> None:
    """Test what is claimed of meta-learning."""
    from metagen_gui.cli.progress import preparing

    with preparing():
        from metagen_gui.cli.claims import examine_claims
    examine_claims(plan, out, quick=quick, device=device, as_json=as_json)


bench = typer.Typer(help="Score runs by protocols of published work.", no_args_is_help=True)
app.add_typer(bench, name="bench")


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
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one stable JSON object.")] = False,
) -> None:
    """Score runs by the protocol of Generative Matching Networks."""
    from metagen_gui.cli.progress import preparing

    with preparing():
        from metagen_gui.cli.bench import bench_gmn
    bench_gmn(train, test, given or [], draws=draws, orders=orders, out=out, written=page, as_json=as_json)
