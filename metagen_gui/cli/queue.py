"""The commands of the line and their options; whatever needs time is imported inside."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from metagen_gui.cli.options import AsJson, Assignments, Device, ExperimentFile, MetaSteps, list_by_default

BEHIND = 5
"""By how much more nice the process of a run in the line is than what a person does meanwhile."""
Names = Annotated[list[str], typer.Argument(metavar="ID…", help="What `metagen queue` calls them.")]
SomeNames = Annotated[
    list[str] | None, typer.Argument(metavar="[ID…]", help="What `metagen queue` calls them; without any, all.")
]

queue = typer.Typer(
    help="Runs that wait in line: they survive restarts and kills, and the window sees the same line.\n\n"
    "Somebody has to be there to start them: the window while it is open, or `metagen queue work`. Each runs as a "
    "process of its own, which goes on when that is closed."
)


@queue.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List what waits, goes on, pauses and is over."""
    from metagen_gui.cli.line import show_line

    show_line(as_json=as_json)


list_by_default(queue, list_all)


@queue.command()
def add(
    experiment: ExperimentFile = None,
    assignments: Assignments = None,
    device: Device = None,
    meta_steps: MetaSteps = None,
    times: Annotated[
        int, typer.Option(metavar="N", min=1, max=1000, help="Put it in N times; each has the next training.seed.")
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Put a run at the end of the line."""
    from metagen_gui.cli.terminal.progress import preparing

    with preparing():
        from metagen_gui.cli.line import add_runs
        from metagen_gui.cli.train import describe_experiment

        chosen = describe_experiment(experiment, assignments or [], device=device, meta_steps=meta_steps)
    add_runs(chosen, experiment.stem if experiment else "", times, as_json=as_json)


@queue.command()
def move(
    name: Annotated[str, typer.Argument(metavar="ID")],
    place: Annotated[int, typer.Argument(metavar="PLACE", min=1, help="Counted from 1, as the list shows them.")],
) -> None:
    """Put one at another place in the line."""
    from metagen_gui.engine.queue.line import Line

    Line().move(name, place)


@queue.command()
def pause(names: SomeNames = None) -> None:
    """Hold back what waits; what runs saves and ends, and goes on from there when it is told to."""
    from metagen_gui.cli.line import for_each

    for_each("pause", names, ("waiting", "running"))


@queue.command()
def go(names: SomeNames = None) -> None:
    """Let what is paused go on when its turn comes."""
    from metagen_gui.cli.line import for_each

    for_each("go", names, ("paused",))


@queue.command()
def retry(names: SomeNames = None) -> None:
    """Put back what has failed; it goes on from its newest checkpoint, or begins anew where there is none."""
    from metagen_gui.cli.line import for_each

    for_each("retry", names, ("failed",))


@queue.command()
def remove(names: Names) -> None:
    """Move some to the trash, from where the window brings them back; what was learned stays with the runs."""
    from metagen_gui.cli.line import for_each

    for_each("remove", names, ())


@queue.command()
def work(
    at_once: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, max=256, help="Runs side by side; without it, as many as there are cores for."
        ),
    ] = None,
    stay: Annotated[bool, typer.Option("--stay", help="Wait for more when nothing is left to be done.")] = False,
    alone: Annotated[bool, typer.Option("--alone", help="Be the only one, or end at once.", hidden=True)] = False,
) -> None:
    """Start what waits, until nothing is left. Ctrl+C ends only this; `metagen queue pause` ends what runs."""
    from metagen_gui.cli.work import work_alone, work_off

    work_alone() if alone else work_off(at_once, stay=stay)


@queue.command(hidden=True)
def run(
    name: Annotated[str, typer.Argument(metavar="ID")],
    claim: Annotated[str, typer.Option(metavar="WORD")],
    line: Annotated[Path, typer.Option(metavar="FOLDER")],
) -> int:
    """Be the process of one run: how a worker starts it."""
    from metagen_gui.engine.queue.line import Line
    from metagen_gui.engine.queue.turn import taken

    with suppress(OSError, AttributeError):  # there is no such thing on Windows
        os.nice(BEHIND)
    with taken(Line(line), name, claim) as turn:  # before what takes seconds: the worker waits to hear of it
        from metagen_gui.cli.turn import run_one

        return run_one(turn)
