"""Packages of others that bring plugins: which are loaded, and which nobody has been told of.

What a package brings is code that runs with a person's rights, so that it is named before it runs, and can be switched
off. The choice lies in `plugins.json` in the folder of settings, `{"version": 1, "packages": {"toys": "off"}}`, where
the window and every command read it. `METAGEN_PLUGINS=toys,kites` says for one process which packages are loaded and
that no others are; `METAGEN_PLUGINS=none` loads none of them.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Literal, get_args

import appdirs

from metagen_gui.engine.files import read_file, write_atomically
from metagen_gui.engine.settings.bad_input import BadInput

GROUP = "metagen."
"""What the groups of our entry points begin with; the kind of plugin follows."""
VARIABLE, NONE = "METAGEN_PLUGINS", "none"
VERSION = 1
MAX_BYTES = 2**20
Choice = Literal["on", "off", "named"]
"""A person switched it on, or off; or a command has named it and nobody has said anything yet."""


@dataclass(frozen=True)
class Foreign:
    """A plugin of another package, and whether its code was let in."""

    kind: str
    name: str
    package: str
    loaded: bool = False


@dataclass(frozen=True)
class Choices:
    """What was chosen of packages, by their names in one spelling."""

    made: Mapping[str, Choice] = field(default_factory=dict)
    only: frozenset[str] | None = None
    """The packages that the variable names, where it is set: then the file is not asked."""
    damage: str = ""
    """Why the file cannot be read. Nothing is loaded then: what it says may be that something is off."""

    def loads(self, package: str) -> bool:
        """Return whether a command or a script loads what a package brings: unless it was switched off."""
        if self.only is not None:
            return spelled(package) in self.only
        return not self.damage and self.made.get(spelled(package)) != "off"

    def agreed(self, package: str) -> bool:
        """Return whether the window loads what a package brings: only what a person agreed to."""
        return spelled(package) in self.only if self.only is not None else self.made.get(spelled(package)) == "on"

    def knows(self, package: str) -> bool:
        """Return whether there is nothing to tell of a package: it was named once, or the variable decides."""
        return self.only is not None or spelled(package) in self.made

    def waits(self, package: str) -> bool:
        """Return whether the window is to ask about a package."""
        return self.only is None and self.made.get(spelled(package)) not in ("on", "off")


def choices_file() -> Path:
    """Return the file of the choices."""
    return Path(appdirs.user_config_dir("metagen", appauthor=False)) / "plugins.json"


def read_choices() -> Choices:
    """Return what was chosen; a file that cannot be read is told of in `damage`."""
    if text := os.environ.get(VARIABLE, "").strip():
        names = {spelled(name.strip()) for name in text.split(",")} - {"", NONE}
        return Choices(only=frozenset(names))
    return _kept()


def choose(packages: Collection[str], choice: Choice) -> None:
    """Keep a choice about packages; `"named"` leaves what a person chose. Raise `BadInput` if it cannot be kept.

    Where the file was damaged, every other package is off from here on.
    """
    if not packages:
        return
    kept = _kept()
    made = dict.fromkeys((spelled(one.package) for one in installed()), "off") if kept.damage else {**kept.made}
    for package in map(spelled, packages):
        if choice != "named" or package not in made:
            made[package] = choice
    document = {"version": VERSION, "packages": dict(sorted(made.items()))}
    file = choices_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file.resolve(), json.dumps(document, indent=1).encode())
    except OSError as error:
        raise BadInput(str(file), f"the choice could not be kept: {error.strerror or error}") from None


def _kept() -> Choices:
    try:
        packages = json.loads(read_file(choices_file(), MAX_BYTES, follow=True))["packages"]
        return Choices({spelled(name): choice for name, choice in packages.items() if choice in get_args(Choice)})
    except FileNotFoundError:
        return Choices()
    except OSError as error:
        return Choices(damage=error.strerror or "cannot be read")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Choices(damage="not a list of packages")


def installed() -> list[Foreign]:
    """Return what all packages declare, without running any of their code."""
    found = entry_points()
    groups = [group for group in sorted(found.groups) if group.startswith(GROUP)]
    points = [point for group in groups for point in found.select(group=group)]
    return [
        Foreign(point.group.removeprefix(GROUP), point.name, point.dist.name if point.dist else "") for point in points
    ]


def spelled(package: str) -> str:
    """Return a package's name as all its spellings agree on: `My_Toys` and `my-toys` are one (PEP 503)."""
    return re.sub(r"[-_.]+", "-", package).lower()


def agreed_alone() -> dict[str, str]:
    """Return the variable by which another process loads only what a person agreed to, as the window does."""
    choices = read_choices()
    agreed = sorted({spelled(plugin.package) for plugin in installed() if choices.agreed(plugin.package)})
    return {VARIABLE: ",".join(agreed) or NONE}


def in_words(plugins: Collection[Foreign]) -> str:
    """Say what packages bring, as `toys (kite, top)`."""
    packages = dict.fromkeys(plugin.package for plugin in plugins)
    brought = {name: ", ".join(one.name for one in plugins if one.package == name) for name in packages}
    return "; ".join(f"{name} ({names})" for name, names in brought.items())
