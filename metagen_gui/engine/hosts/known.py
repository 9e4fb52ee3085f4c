"""The machines that a person has named: what ssh calls them, and where the `metagen` command is there."""

from __future__ import annotations

import json
import re
import shlex
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from metagen_gui.engine.files import read_file, write_atomically
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import quoted
from metagen_gui.engine.store.names import runs_folder

MAX_BYTES, MOST_LETTERS = 2**20, 255
HERE = "here"
"""What this computer is called where a machine is asked for."""
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]*(@[A-Za-z0-9_][A-Za-z0-9_.:-]*)?")
"""What ssh is given as a machine: nothing that it could take for an option, nor a shell for more than a word."""
PLACES = ("metagen", "~/.local/bin/metagen", "~/.venv/bin/metagen", "~/metagen/.venv/bin/metagen")
"""Where the command is looked for: ssh starts no shell that reads what a person has in their profile."""


@dataclass(frozen=True)
class Host:
    """A machine: its name here, what ssh calls it, and the `metagen` command there; empty where that is looked for."""

    name: str
    ssh: str
    command: str = ""

    @property
    def remote_words(self) -> str:
        """The command line there, for any login shell: `metagen hosts serve`, wherever the command is found."""
        serve = ("hosts", "serve")
        if self.command:
            script = " ".join(("exec", *map(_home_word, shlex.split(self.command)), *serve))
        else:
            tried = " ".join(map(_home_word, PLACES))
            found = " ".join(("exec", '"$each"', *serve))
            look = ("for", "each", "in", tried, ";do", "command", "-v", '"$each"', ">/dev/null", "&&", found)
            script = " ".join((*look, ";done;", "exit 127"))
        return " ".join(("exec", "sh", "-c", shlex.quote(script)))


def checked_host(name: str, ssh: str = "", command: str = "") -> Host:
    """Return a machine; raise `BadInput` for what no machine is called, or for a command that is none."""
    for what in (name, ssh or name):
        if not NAME.fullmatch(what) or len(what) > MOST_LETTERS or what == HERE:
            raise BadInput(quoted(what), "is no name of a machine: letters, digits, . _ - : and one @")
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise BadInput("--command", f"cannot be read as words ({error})") from None
    if any(not word.isprintable() for word in words) or len(command) > 4096:
        raise BadInput("--command", "is one line of printable text")
    return Host(name, ssh or name, command)


def hosts_file() -> Path:
    """Return the file of the machines, beside the runs."""
    return runs_folder().parent / "hosts.json"


def known_hosts() -> list[Host]:
    """Return the machines that were added, in that order; what is damaged is left out."""
    found: list[Host] = []
    with suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
        for one in json.loads(read_file(hosts_file(), MAX_BYTES))["hosts"]:
            with suppress(ValueError, TypeError, KeyError):
                found.append(checked_host(str(one["name"]), str(one["ssh"]), str(one["command"])))
    return found


def host_called(name: str) -> Host:
    """Return the machine of that name, or else what ssh knows by it; raise `BadInput` for what cannot be one."""
    return next((host for host in known_hosts() if host.name == name), None) or checked_host(name)


def add_host(host: Host) -> None:
    """Remember a machine, in the place of one of the same name; raise `BadInput` if the disk does not take it."""
    _keep([*(each for each in known_hosts() if each.name != host.name), host])


def remove_host(name: str) -> None:
    """Forget a machine; raise `BadInput` if none is called so."""
    known = known_hosts()
    if all(host.name != name for host in known):
        raise BadInput(name, "is none of the machines that were added; `metagen hosts` lists them")
    _keep([host for host in known if host.name != name])


def _keep(hosts: list[Host]) -> None:
    path = hosts_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps({"version": 1, "hosts": [asdict(host) for host in hosts]}, indent=1).encode())
    except OSError as error:
        raise BadInput(str(path), error.strerror or str(error)) from None


def _home_word(word: str) -> str:
    """Return a word as the shell there is given it; `~/` at its beginning is the home folder there."""
    return f'"$HOME"/{shlex.quote(word[2:])}' if word.startswith("~/") and len(word) > 2 else shlex.quote(word)
