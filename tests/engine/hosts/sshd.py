"""A real sshd on 127.0.0.1 for one person with one key, who has another data folder there than here."""

from __future__ import annotations

import getpass
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.store.lock import HOLDER

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
ROOT = Path(__file__).parents[3]
COMMAND = shlex.join([sys.executable, "-c", "from metagen_gui.cli import main; main()"])
PATIENCE = 30.0


def why_not() -> str:
    """Return why no sshd can be started here, "" if one can."""
    if os.name != "posix" or not Path(SSHD).exists() or shutil.which("ssh") is None:
        return "there is no sshd or no ssh here"
    separated = Path("/run/sshd")
    if os.getuid() == 0 and not separated.exists():
        try:
            separated.mkdir()
        except OSError:
            return "sshd needs the folder /run/sshd"
    return ""


class Sshd:
    """The other machine: an sshd of its own key, whose sessions have a home and data folder in `folder`.

    Another `user` than one's own has a program of its own there: nothing of this one is on its path.
    """

    def __init__(self, folder: Path, user: str = "", data: Path | None = None) -> None:
        self.folder, self.user = folder, user or getpass.getuser()
        self.data = data or folder / "data"
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("host_key", "key", "wrong_key"):
            words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        environment = {
            "XDG_DATA_HOME": self.data,
            "XDG_STATE_HOME": folder / "state",
            "XDG_CACHE_HOME": folder / "cache",
            "OMP_NUM_THREADS": 1,
            "METAGEN_LANGUAGE": "en",
        }
        if self.user == getpass.getuser():
            environment["PYTHONPATH"] = ROOT
        else:
            for place in (self.data, folder / "state", folder / "cache"):
                place.mkdir(exist_ok=True)
                shutil.chown(place, self.user)
        shutil.copy(folder / "key.pub", folder / "authorized_keys")
        said = " ".join(f'"{name}={value}"' for name, value in environment.items())
        lines = (
            f"Port {self.port}", "ListenAddress 127.0.0.1", f"HostKey {folder / 'host_key'}", "StrictModes no",
            f"AuthorizedKeysFile {folder / 'authorized_keys'}", f"PidFile {folder / 'pid'}", "UsePAM no",
            "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin yes", f"SetEnv {said}",
            "MaxStartups 100", "LogLevel ERROR",
        )  # fmt: skip
        (folder / "sshd_config").write_text("\n".join(lines) + "\n")
        self.process: subprocess.Popen[bytes] | None = None
        self.configure()

    def configure(self, key: str = "key") -> None:
        """Write what the person's ssh reads: the machine is called `there`."""
        port, public = self.port, (self.folder / "host_key.pub").read_text()
        (self.folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {public}")
        lines = (
            "Host there", "HostName 127.0.0.1", f"Port {port}", f"User {self.user}",
            f"IdentityFile {self.folder / key}", "IdentitiesOnly yes", "IdentityAgent none",
            f"UserKnownHostsFile {self.folder / 'known_hosts'}", "GlobalKnownHostsFile none",
        )  # fmt: skip
        (self.folder / "ssh_config").write_text("\n".join(lines) + "\n")

    @property
    def ssh(self) -> str:
        """The words of an ssh that knows the machine, for the variable METAGEN_SSH."""
        return f"ssh -F {shlex.quote(str(self.folder / 'ssh_config'))}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = (self.folder / "log").open("ab")
        words = [SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config")]
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        log.close()
        end = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
                return
            except OSError:
                assert time.monotonic() < end and self.process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.05)

    def sessions(self) -> list[int]:
        """Return the processes of the links that are open."""
        assert self.process is not None
        return children(self.process.pid)

    def cut(self) -> None:
        """Kill every link, and nothing else."""
        for session in self.sessions():
            for process in (*children(session), session):
                kill(process)

    def stop(self) -> None:
        """Kill it, and every link."""
        if self.process is not None:
            self.cut()
            self.process.kill()
            self.process.wait()
            self.process = None

    def end(self) -> None:
        """Kill it, whoever works the line off there, and what runs in it: nothing outlives a test."""
        self.stop()
        line = Line(self.data / "metagen" / "queue")
        with suppress(OSError, ValueError, KeyError):
            kill(int(json.loads((line.folder / HOLDER).read_text())["process"]))
        for entry in line.entries():
            if entry.process:
                kill(entry.process)


def children(process: int) -> list[int]:
    """Return the processes that a process has started."""
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def kill(process: int) -> None:
    """End a process as by kill -9, if it is there."""
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return
