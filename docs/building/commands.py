"""The page of the commands and their options, of what the commands themselves declare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from building.markdown import plain
from metagen_gui.cli.program import app


def command_pages() -> Iterator[tuple[str, str]]:
    """Yield the page of all commands."""
    yield "commands.md", "\n".join(_page(typer.main.get_command(app)))


def _page(program: Any) -> Iterator[str]:
    yield "# Commands\n"
    yield f"{plain(program.help)}\n"
    yield (
        "`metagen COMMAND --help` says the same. Wrong input gives one line that names it, and exit status 2; a "
        "failure in a run, 1; a signal, which saves first, 128 and its number.\n"
    )
    yield from _commands(program, "metagen")


def _commands(group: Any, called: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{called} {name}")
            continue
        arguments = [one for one in command.params if one.param_type_name == "argument"]
        usage = " ".join([called, name, *(_argument(one) for one in arguments)])
        yield f"## {called} {name}\n"
        yield f"`{usage}`\n"
        for paragraph in (command.help or "").split("\n\n"):
            yield f"{plain(paragraph)}\n"
        yield "| | |\n|---|---|"
        for one in command.params:
            shown = _argument(one) if one in arguments else " ".join(filter(None, (*one.opts, _value(one))))
            yield f"| `{shown}` | {plain(one.help or '')}{_default(one)} |".replace("\\|", "|")
        yield ""


def _argument(one: Any) -> str:
    shown = (one.metavar or one.name).replace("|", " or ")
    return f"{shown if one.required else f'[{shown}]'}{' …' if one.nargs == -1 else ''}"


def _value(one: Any) -> str:
    return "" if one.is_flag else one.metavar or one.type.name


def _default(one: Any) -> str:
    return (
        f" Default: `{one.default}`." if one.default not in (None, False, (), []) and not callable(one.default) else ""
    )
