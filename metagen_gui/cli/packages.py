"""Packages that bring plugins, at the command line: named before their code first runs, switched on and off."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from metagen_gui.cli.failures import say
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.packages import choices_file, choose, in_words, installed, read_choices, spelled
from metagen_gui.engine.settings.plain_text import quoted


def name_new_packages() -> None:
    """Say once, in a line on stderr, which packages bring plugins: before any of their code runs."""
    choices, found = read_choices(), installed()
    if choices.damage and found:
        why = f"{choices.damage}; no plugins of other packages are loaded until it is mended or deleted"
        say(f"{choices_file()}: {why}")
        return
    new = [plugin for plugin in found if not choices.knows(plugin.package)]
    if new:
        first = spelled(new[0].package)
        off = f"`metagen plugins --off {first}` switches {first} off"
        say(f"plugins of other packages are loaded from now on: {in_words(new)}; {off}")
        with suppress(BadInput):  # then it is said again next time
            choose({plugin.package for plugin in new}, "named")


def switch_packages(on: Sequence[str], off: Sequence[str]) -> None:
    """Switch packages on and off, for the window and for every command; raise `BadInput` for one that brings none."""
    names = {spelled(plugin.package): plugin.package for plugin in installed()}
    for option, packages in (("--on", on), ("--off", off)):
        for package in packages:
            if spelled(package) not in names:
                known = f"; there are {', '.join(sorted(names.values()))}" if names else ""
                raise BadInput(option, f"no package {quoted(package)} brings plugins{known}")
    choose(on, "on")
    choose(off, "off")
