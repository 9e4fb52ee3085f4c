"""Machines and the runs there, listed for people or as JSON.

`metagen hosts --json` is `{"version": 1, "hosts": [{"name", "ssh", "command"}]}`, `metagen hosts runs --json` is
`{"version": 1, "runs": [{"name", "folder", "host", "state", "meta_step", "meta_steps", "problem"}]}`; the state is
empty where the machine could not be asked, and `problem` says why. Keys may be added; none is taken away.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from metagen_gui.cli.language import tell
from metagen_gui.engine.hosts.known import host_called, known_hosts
from metagen_gui.engine.hosts.link import LinkLost
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import printable


def show_hosts(*, as_json: bool) -> None:
    """Print the machines that were added."""
    known = known_hosts()
    if as_json:
        print(json.dumps({"version": 1, "hosts": [asdict(host) for host in known]}, indent=2))
    elif known:
        _print_table(("name", "ssh", "command"), [[host.name, host.ssh, host.command] for host in known])
    else:
        tell("No machine was added. Any that ssh knows can be used; the window offers those of: metagen hosts add NAME")


def show_runs(*, as_json: bool) -> None:
    """Print the runs that go on elsewhere, each as its machine tells of it."""
    from metagen_gui.engine.hosts.runs import runs_elsewhere
    from metagen_gui.engine.store.library import read_entry

    listed, told = [], dict[str, tuple[dict[str, tuple[str, str]], str]]()
    for folder, where in runs_elsewhere():
        if where.host not in told:
            told[where.host] = _states_at(where.host)
        states, why = told[where.host]
        state, problem = states.get(where.ticket, ("", why or "is not in the line there any more"))
        entry = read_entry(folder)
        listed.append(
            {
                "name": folder.name, "folder": str(folder), "host": where.host, "state": state,
                "meta_step": entry.meta_step, "meta_steps": entry.meta_steps, "problem": problem,
            }
        )  # fmt: skip
    if as_json:
        print(json.dumps({"version": 1, "runs": listed}, indent=2))
    elif listed:
        rows = [
            [
                str(run["name"]), str(run["host"]), translated(str(run["state"])),
                translated(f"{run['meta_step']:,} of {run['meta_steps']:,}"), translated(str(run["problem"])),
            ]
            for run in listed
        ]  # fmt: skip
        _print_table(("run", "machine", "state", "step", "note"), rows)
    else:
        tell("No run goes on at another machine. Start one there: metagen train --on HOST")


def _states_at(name: str) -> tuple[dict[str, tuple[str, str]], str]:
    """Return the runs at a machine by their tickets, state and problem of each, and why it cannot be asked."""
    from metagen_gui.engine.hosts.runs import states_at

    try:
        return states_at(host_called(name)), ""
    except LinkLost as error:
        return {}, error.why
    except BadInput as problem:
        return {}, problem.why


def _print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for heading in headings:
        table.add_column(translated(heading), overflow="fold")
    for row in rows:
        table.add_row(*(escape(printable(cell)) for cell in row))
    Console().print(table)
