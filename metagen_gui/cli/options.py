"""Arguments and options that several commands take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

ExperimentFile = Annotated[
    Path | None,
    typer.Argument(metavar="EXPERIMENT.json", help="An experiment file or a run folder; without it, the defaults."),
]
Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="A setting, as in algorithm.inner_lr=0.01; may be repeated."),
]
Device = Annotated[str | None, typer.Option(metavar="NAME", help="auto, cpu, cuda, cuda:1 or mps.")]
Processes = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Processes that share the tasks of every step."),
]
MetaSteps = Annotated[int | None, typer.Option(metavar="N", help="Outer steps of the run.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: one stable JSON object.")]


def list_by_default(group: typer.Typer, show: Callable[..., None]) -> None:
    """Let a group of commands `show` its list where none of them is given."""

    @group.callback(invoke_without_command=True)
    def about(context: typer.Context, as_json: AsJson = False) -> None:
        if context.invoked_subcommand is None:
            show(as_json=as_json)
