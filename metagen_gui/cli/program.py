"""The commands and their options.

torch takes seconds to import, so whatever needs it is imported inside the commands.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from metagen_gui.__main__ import program_version
from metagen_gui.cli.cluster import cluster
from metagen_gui.cli.hosts import hosts
from metagen_gui.cli.judging import bench, judging
from metagen_gui.cli.options import AsJson, Assignments, Device, ExperimentFile, MetaSteps, Processes
from metagen_gui.cli.queue import queue
from metagen_gui.cli.terminal.language import tell
from metagen_gui.engine.settings.bad_input import BadInput

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
    experiment: ExperimentFile = None,
    assignments: Assignments = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The run's folder, new or empty; without it, a dated one.")
    ] = None,
    device: Device = None,
    processes: Processes = None,
    meta_steps: MetaSteps = None,
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
    on: Annotated[
        str | None,
        typer.Option(metavar="HOST", help="Train at another machine, by ssh; there Ctrl+C only ends the looking on."),
    ] = None,
    at_cluster: Annotated[
        bool, typer.Option("--cluster", help="Hand the run over to SLURM, as a job that is requeued and goes on.")
    ] = False,
    partition: Annotated[str, typer.Option(metavar="NAME", help="The cluster's partition.")] = "",
    minutes: Annotated[
        int | None, typer.Option("--time", metavar="MIN", min=1, help="Minutes of a job at the cluster; 60 without it.")
    ] = None,
    gpus: Annotated[int | None, typer.Option(metavar="N", min=0, max=16, help="GPUs of a job at the cluster.")] = None,
) -> int:
    """Meta-train a model. Ctrl+C finishes early and keeps what was learned."""
    from metagen_gui.cli.terminal.progress import preparing
    from metagen_gui.engine.ranks.place import told_place

    if at is not None and branch is None:
        raise BadInput("--at", "says where to branch from; give --branch as well")
    if resume is not None and (experiment or assignments or out or meta_steps is not None or branch):
        raise BadInput(
            "--resume",
            "goes on with the settings of the run, but for --device and --processes; to change others, use --branch",
        )
    if on is not None and (resume is not None or branch is not None or no_previews):
        raise BadInput("--on", "begins a run anew; a run that is here goes on there by: metagen hosts move RUN HOST")
    if at_cluster and (resume is not None or branch is not None or no_previews or on is not None):
        raise BadInput("--cluster", "begins a run anew, as a job of the cluster here")
    if not at_cluster and (partition or minutes is not None or gpus is not None):
        raise BadInput("--partition, --time, --gpus", "say what a job of a cluster is given; give --cluster as well")
    if (place := told_place()) is not None:  # as torchrun says
        if processes not in (None, place.ranks):
            raise BadInput("--processes", f"is {processes}, and the launcher has started {place.ranks}")
        processes = place.ranks
        if place.rank > 0:
            from metagen_gui.engine.ranks.following import follow_launched

            return follow_launched(place)
    with preparing():
        from metagen_gui.cli.train import describe_experiment, resume_training, run_training
        from metagen_gui.engine.run.outer_loop import Origin

        if resume is not None:
            return resume_training(resume, previews=not no_previews, device=device, processes=processes)
        parent = None if branch is None else Origin(branch, at)
        where = {"device": device, "processes": processes}
        chosen = describe_experiment(experiment or parent, assignments or [], meta_steps=meta_steps, **where)
    if at_cluster:
        from metagen_gui.engine.cluster.jobs import MINUTES, submit

        job = submit(chosen, out, partition=partition, minutes=minutes or MINUTES, gpus=gpus or 0)
        print(job.run)
        tell(f"Job {job.id} of the cluster; `metagen cluster` tells how far it is.", aside=True)
        return 0
    if on is not None:
        from metagen_gui.cli.distant import linked, train_there

        called = experiment.stem if experiment else ""
        return int(linked(lambda: train_there(chosen, on, out, called)))
    return run_training(chosen, out, previews=not no_previews, parent=parent)


@app.command(hidden=True)
def follow(
    rank: Annotated[int, typer.Option("--rank", metavar="R", min=1)],
    ranks: Annotated[int, typer.Option("--of", metavar="N", min=2)],
    address: Annotated[str, typer.Option("--at", metavar="HOST:PORT")],
) -> int:
    """Share the steps of the run of another process, which has started this one."""
    from metagen_gui.engine.ranks.place import Place, end_with_the_first

    end_with_the_first()  # before torch is imported, which takes long on a busy machine
    from metagen_gui.engine.ranks.following import follow_started

    return follow_started(Place(rank, ranks, rank, ranks), address)


@app.command()
def runs(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="Where the runs are; without it, MetaGen's own folder."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the runs there are and how each stands."""
    from metagen_gui.cli.runs import show_runs

    show_runs(folder, as_json=as_json)


@app.command()
def plugins(
    as_json: AsJson = False,
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
    language: Annotated[
        str, typer.Option(metavar="NAME", help="Of model card and pictures: en, zh_CN; without it, this command's.")
    ] = "",
) -> None:
    """Write the meta-learned initialization, or a model adapted from it, in one of several formats."""
    from metagen_gui.cli.terminal.progress import working
    from metagen_gui.engine.exports.base import Order

    if task is not None and images is not None:
        raise BadInput("--task, --images", "give one of them, not both")
    from metagen_gui.engine.exports.writing import export

    with working() as hears:
        exported = export(Order(run, to, format, task, images, steps, force, language), hears)
    tell(exported.summary)
    print(f"\n{exported.code}", end="")


@app.command()
def publish(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder; nothing is written there.")],
    to: Annotated[str, typer.Option(metavar="NAME", help="tensorboard, mlflow or wandb.")],
    at: Annotated[
        str, typer.Option(metavar="PLACE", help="A new folder, a tracking URI or a project; without it, the usual one.")
    ] = "",
) -> None:
    """Show a run in a program for that: its curves, samples and settings."""
    from metagen_gui.cli.terminal.progress import preparing

    with preparing():
        from metagen_gui.engine.exports.published.base import publish as published

        said = published(run, to, at)
    tell(said)


@app.command()
def doctor(
    thorough: Annotated[bool, typer.Option("--thorough", help="Try every format of exports, too.")] = False,
    as_json: AsJson = False,
) -> int:
    """Look at this computer: versions, devices, disk, window, ten steps, an export. Nothing in it is personal."""
    from metagen_gui.cli.doctor import examine_computer

    return examine_computer(thorough=thorough, as_json=as_json)


app.registered_commands += judging.registered_commands
app.add_typer(bench, name="bench")
app.add_typer(queue, name="queue")
app.add_typer(hosts, name="hosts")
app.add_typer(cluster, name="cluster")
