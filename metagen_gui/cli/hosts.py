"""The commands of other machines and their options; whatever needs time is imported inside."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from metagen_gui.cli.options import AsJson, Assignments, Device, ExperimentFile, MetaSteps, list_by_default

HostName = Annotated[str, typer.Argument(metavar="HOST", help="A name that was added, or one that ssh knows.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run as `metagen hosts runs` calls it, or its folder.")]

hosts = typer.Typer(
    help="Other machines, by ssh: runs go on there, and are seen, steered and kept here.\n\n"
    "`metagen train --on HOST` starts one. Keys and settings are those of your ssh; MetaGen has to be installed there."
)


@hosts.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the machines that were added."""
    from metagen_gui.cli.distant import show_hosts

    show_hosts(as_json=as_json)


list_by_default(hosts, list_all)


@hosts.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What you call it.")],
    ssh: Annotated[str, typer.Option(metavar="DESTINATION", help="What ssh calls it; without it, NAME.")] = "",
    command: Annotated[
        str, typer.Option(metavar="WORDS", help="The metagen command there; without it, it is looked for.")
    ] = "",
) -> None:
    """Name a machine, so that the window offers it; one of this name is replaced."""
    from metagen_gui.engine.hosts.known import add_host, checked_host

    add_host(checked_host(name, ssh, command))


@hosts.command()
def remove(name: HostName) -> None:
    """Forget a machine; runs that go on there are not touched."""
    from metagen_gui.engine.hosts.known import remove_host

    remove_host(name)


@hosts.command()
def check(
    name: HostName,
    experiment: ExperimentFile = None,
    assignments: Assignments = None,
    device: Device = None,
    meta_steps: MetaSteps = None,
) -> int:
    """Look at what is there and, with an experiment, whether it would fit."""
    from metagen_gui.cli.terminal.progress import preparing

    with preparing():
        from metagen_gui.cli.distant import check_host
        from metagen_gui.cli.train import describe_experiment

        asked = experiment or assignments or device or meta_steps
        chosen = describe_experiment(experiment, assignments or [], device=device, meta_steps=meta_steps)
    return check_host(name, chosen if asked else None)


@hosts.command()
def runs(as_json: AsJson = False) -> None:
    """List the runs that go on at other machines, and ask these how they stand."""
    from metagen_gui.cli.distant import show_runs

    show_runs(as_json=as_json)


@hosts.command()
def attach(run: Run) -> int:
    """Follow a run, as where it was started. Ctrl+C ends only this; the run goes on there."""
    from metagen_gui.cli.terminal.progress import preparing

    with preparing():
        from metagen_gui.cli.distant import follow_run
        from metagen_gui.engine.hosts.runs import run_called

        folder = run_called(run)
    return follow_run(folder)


@hosts.command()
def pause(run: Run) -> None:
    """Have a run save and end there, to go on when it is told to."""
    _ask(run, "pause")


@hosts.command()
def go(run: Run) -> None:
    """Let a run go on that was paused, or has failed."""
    _ask(run, "go")


@hosts.command()
def change(
    run: Run,
    assignment: Annotated[str, typer.Argument(metavar="PATH=VALUE", help="As in training.outer_lr=0.0003.")],
) -> None:
    """Change a setting of a run while it goes on."""
    from metagen_gui.cli.distant import change_setting

    change_setting(run, assignment)


@hosts.command()
def finish(run: Run) -> None:
    """End a run early and fetch all that it has learned: from then on it is a run of this computer."""
    from metagen_gui.engine.hosts.runs import finish, run_called

    _linked(lambda: finish(run_called(run)))


@hosts.command()
def discard(run: Run) -> None:
    """End a run and move it to the trash, there and here."""
    from metagen_gui.engine.hosts.runs import discard, run_called

    _linked(lambda: discard(run_called(run)))


@hosts.command()
def move(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run here or at another machine.")],
    to: Annotated[str, typer.Argument(metavar="HOST", help="Where it is to go on, or `here`.")],
) -> None:
    """Have a run go on at another machine, from its newest checkpoint; `here` fetches it, for train --resume."""
    from metagen_gui.cli.distant import move_run

    _linked(lambda: move_run(run, to))


@hosts.command()
def leave(run: Run) -> None:
    """Give up a machine that is gone: what has come from there is this computer's, and can be gone on with."""
    from metagen_gui.cli.terminal.language import tell
    from metagen_gui.engine.hosts.runs import leave, run_called
    from metagen_gui.engine.settings.plain_text import as_word

    folder = run_called(run)
    leave(folder)
    tell(f"Go on with it: metagen train --resume {as_word(folder)}")


@hosts.command(hidden=True)
def serve() -> None:
    """Be the other side: how ssh starts it. Everything that is printed meanwhile goes to stderr."""
    from metagen_gui.engine.hosts.served import serve

    outgoing = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, outgoing)


def _ask(run: str, what: str) -> None:
    from metagen_gui.engine.hosts.runs import ask, run_called

    _linked(lambda: ask(run_called(run), what))


def _linked(do: Callable[[], None]) -> None:
    from metagen_gui.cli.distant import linked

    linked(do)
