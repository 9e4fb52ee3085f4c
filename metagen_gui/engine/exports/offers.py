"""Which formats there are for a run, and why one of them cannot be had here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from metagen_gui.engine.exports.base import INITIALIZATION, formats_in_order
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.extras import lacking
from metagen_gui.engine.trained.export import initialization_of

HELPS = re.compile(r"(.*); this \w+ it: (.*)")
"""How a sentence ends that names a command which helps."""


@dataclass(frozen=True)
class Offer:
    """A format as a person is told of it."""

    name: str
    title: str
    summary: str
    takes: frozenset[str]
    takes_steps: bool
    of_run: bool
    ending: str
    why_not: str = ""
    """Why it cannot be written, of this run or on this computer; empty if it can."""
    command: str = ""
    """What has to be run first, where that would help."""


def offers(run: Path | None = None) -> tuple[Offer, ...]:
    """Return all formats in their order; what a model cannot be written as is known only of a `run`."""
    try:
        learned = initialization_of(run) if run else None
    except BadInput:  # it is told when it is to be exported; until then nothing is known of it
        learned = None
    found = []
    for plugin in formats_in_order():
        why = lacking(plugin)
        if not why and learned is not None and INITIALIZATION in plugin.takes:
            why = plugin().objection_to(learned)
        helps = HELPS.fullmatch(why)
        why, command = helps.groups() if helps else (why, "")
        told = plugin.title, plugin.summary, plugin.takes, plugin.takes_steps, plugin.of_run, plugin.ending
        found.append(Offer(plugin.name, *told, why, command))
    return tuple(found)
