"""The language of the commands: that of the environment. What is for programs (`--json`, tables) stays English."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

import typer
from rich.markup import escape

from metagen_gui.engine.languages.spoken import asked_language, language_now, speak, translated
from metagen_gui.engine.settings.plain_text import printable

TITLES = ("ARGUMENTS_PANEL_TITLE", "OPTIONS_PANEL_TITLE", "COMMANDS_PANEL_TITLE")
"""What typer heads the parts of a help text with."""


def speaking(app: typer.Typer) -> Any:
    """Return the command of `app`, its help in the language that the environment asks for."""
    foreign = speak(asked_language()) is not None
    if foreign:
        from typer import rich_utils

        for title in TITLES:
            setattr(rich_utils, title, translated(getattr(rich_utils, title)))
    return _built(app, language_now() if foreign else "")


@cache
def _built(app: typer.Typer, language: str) -> Any:
    """Return the command of `app`; a process builds it once, its help in the `language` spoken now, English if ""."""
    command = typer.main.get_command(app)
    if language:
        _translate_help(command)
    return command


def _translate_help(command: Any) -> None:
    command.help = translated(command.help or "")
    for parameter in command.get_params(typer.Context(command)):
        parameter.help = translated(parameter.help or "")
    for inner in getattr(command, "commands", {}).values():
        _translate_help(inner)


def tell(text: str, *, aside: bool = False) -> None:
    """Print a sentence for a person on stdout, `aside` on stderr; names of files in it cannot steer the terminal."""
    print(printable(translated(text)), file=sys.stderr if aside else sys.stdout)


def marked(text: str) -> str:
    """Return a text for a person as rich prints it to the letter."""
    return escape(printable(translated(text)))
