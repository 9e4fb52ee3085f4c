"""What the commands of other machines do and print.

`metagen hosts --json` is `{"version": 1, "hosts": [{"name", "ssh", "command"}]}`, `metagen hosts runs --json` is
`{"version": 1, "runs": [{"name", "folder", "host", "state", "meta_step", "meta_steps", "problem"}]}`; the state is
empty where the machine could not be asked, and `problem` says why. Keys may be added; none is taken away.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from metagen_gui.cli.failures import RunFailed, say
from metagen_gui.cli.terminal.figures import Figures
from metagen_gui.cli.terminal.language import tell
from metagen_gui.cli.terminal.progress import open_display, sending
from metagen_gui.engine.events import Afar, RunBroken, RunFinished
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.hosts.known import HERE, host_called, known_hosts
from metagen_gui.engine.hosts.link import Link, LinkLost
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import as_word, printable


def linked(do: Callable[[], Any]) -> Any:
    """Do something over a link; one that does not come about is one line, as of a wrong name."""
    try:
        return do()
    except LinkLost as error:
        raise BadInput(error.host, error.why) from None


def train_there(experiment: Experiment, name: str, out: Path | None, called: str) -> int:
    """Start a run at another machine and follow it; return the exit status as `metagen train` does."""
    from metagen_gui.engine.hosts.runs import start

    host = host_called(name)
    with Link(host) as link:
        link.refuse_other_version()
        _send_data(link, experiment)
        _look_at(link, experiment)
    folder = start(experiment, host, out, called)
    tell(f"Started at {host.name}; kept here in {folder}")
    return follow_run(folder)


def follow_run(folder: Path) -> int:
    """Show a run that goes on at another machine as one that goes on here; return its exit status."""
    from metagen_gui.engine.hosts.following import Wishes, follow

    figures, stands = Figures(), ""
    experiment = Experiment.load(folder)
    try:
        with closing(follow(folder, Wishes())) as events, open_display(experiment, figures) as display:
            for event in events:
                if isinstance(event, Afar):
                    if event.state != stands:
                        stands = event.state
                        display.say(_standing(event, folder))
                    if stands == "paused":
                        return 0
                else:
                    display.show(event)
                if isinstance(event, RunFinished):
                    figures.meta_step = event.meta_step
    except RunBroken as error:
        raise RunFailed(str(error)) from error
    except KeyboardInterrupt:
        say(f"the run goes on without this; follow it again: metagen hosts attach {as_word(short(folder))}")
        raise
    tell(f"Finished {figures.meta_step:,} steps: {folder}")
    return 0


def _standing(event: Afar, folder: Path) -> str:
    if event.state == "paused":
        return f"Paused at {event.host}; go on: metagen hosts go {as_word(short(folder))}"
    ahead = f", {event.ahead} before it" if event.ahead else ""
    return f"At {event.host}: {event.state}{ahead}"


def short(folder: Path) -> Path | str:
    """Return what `run_called` finds a run by: its name where runs are."""
    from metagen_gui.engine.store.names import runs_folder

    return folder.name if folder.absolute().parent == runs_folder() else folder


def check_host(name: str, experiment: Experiment | None) -> int:
    """Print what is there; return the exit status, 1 where something does not work."""

    def look() -> int:
        with Link(host_called(name)) as link:
            tell(f"MetaGen {link.version} answers at {link.host.name}.")
            if experiment is not None:
                link.refuse_other_version()
                _send_data(link, experiment)
            return 0 if _look_at(link, experiment, thorough=True) else 1

    return int(linked(look))


def _look_at(link: Link, experiment: Experiment | None, *, thorough: bool = False) -> bool:
    """Print what a machine has and, of an experiment, what it takes there."""
    from metagen_gui.engine.hosts.preflight import look_at

    found = look_at(link, experiment.to_json(complete=True) if experiment else "")
    for level, said, advice in found.lines:
        if thorough or level == "problem":
            print(
                f"  {translated(level):<10}{translated(said)}"
                + (f"\n            → {translated(advice)}" if advice else "")
            )
    for note in found.notes:
        tell(f"Note: {note}")
    if found.device:
        tell(f"It would compute on {found.device} of {link.host.name}.")
    if found.memory:
        tell(f"Memory for a step: {found.memory}.")
    return found.passed


def _send_data(link: Link, experiment: Experiment) -> None:
    """Send what an experiment reads its data from, with a bar on a terminal."""
    from metagen_gui.engine.hosts.sending import data_of, send_data

    path = data_of(experiment.document(complete=True))
    if path:
        with sending(f"Sending data to {link.host.name}") as progress:
            send_data(link, path, progress)


def change_setting(run: str, assignment: str) -> None:
    """Change a setting of a run there; raise `BadInput` for one that it cannot take."""
    from metagen_gui.engine.hosts.runs import ask, run_called

    folder, path = run_called(run), assignment.partition("=")[0]
    changed = Experiment.load(folder).with_text(assignment)
    section, _, name = path.partition(".")
    linked(lambda: ask(folder, "change", path, getattr(changed.config(section), name)))  # type: ignore[arg-type]


def move_run(run: str, to: str) -> None:
    """Move a run, and say how it is gone on with."""
    from metagen_gui.engine.hosts.runs import move
    from metagen_gui.engine.store.names import runs_folder

    folder = next((each for each in (Path(run), runs_folder() / run) if each.is_dir()), Path(run))
    with sending("Sending the run") as progress:
        move(folder, to, progress)
    if to == HERE:
        tell(f"Go on with it: metagen train --resume {as_word(folder)}")
    else:
        tell(f"It goes on at {to}; follow it: metagen hosts attach {as_word(short(folder))}")


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
