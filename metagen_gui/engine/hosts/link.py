"""A link to another machine: the system's own ssh, with keys and configuration as a person has them.

No password is asked for. Nothing that the other side sends is more than data here: it is read with limits, and text of
it is told only when it is printable.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from metagen_gui.engine.hosts.known import Host
from metagen_gui.engine.hosts.wire import Torn, await_greeting, receive, send
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import printable, shortened
from metagen_gui.engine.versions import version_of

SSH = "METAGEN_SSH"
"""The variable that names another ssh, with options: as `ssh -F FILE`."""
CONNECT, ANSWER = 60.0, 60.0
"""Seconds that a machine may take to start MetaGen, and to answer; that it is there at all, ssh finds out sooner."""
PARTING = 1.0
"""Seconds for ssh to end by itself once a link is torn: how it ends says what was amiss there."""
OPTIONS = {
    "BatchMode": "yes",  # nothing is asked
    "ConnectTimeout": "10",
    "ServerAliveInterval": "5",  # a link that is down is noticed
    "ServerAliveCountMax": "3",
    "ForwardAgent": "no",  # the other side needs nothing of this one
    "ForwardX11": "no",
    "ClearAllForwardings": "yes",
    "PermitLocalCommand": "no",
    "RequestTTY": "no",
    "RemoteCommand": "none",
}
MOST_LINES, LETTERS = 20, 300
SAID = {
    "Permission denied": "does not accept your key",
    "Too many authentication failures": "does not accept your key",
    "Host key verification failed": "is not known to ssh, or is not the machine that was known by this name",
    "Could not resolve hostname": "cannot be found: there is no machine of this name",
    "Connection refused": "refuses connections: nothing answers to ssh there",
    "timed out": "does not answer",
    "No route to host": "cannot be reached",
    "Network is unreachable": "cannot be reached: this computer has no network",
    "No such command 'hosts'": "has a MetaGen that is too old to be reached; install the version there that is here",
}
"""What ssh says, and how a person is told."""


class LinkLost(Exception):
    """The link to a machine is down, or did not come about; as text one sentence, `why` without the machine's name."""

    def __init__(self, host: str, why: str) -> None:
        super().__init__(f"{host} {why}")
        self.host, self.why = host, why


class Link:
    """An open link. Requests are answered one after the other; whatever goes wrong with it is `LinkLost`."""

    def __init__(self, host: Host, connect: float = CONNECT) -> None:
        """Open it within `connect` seconds; raise `LinkLost`, or `BadInput` where ssh cannot be started here."""
        self.host = host
        self._complaints: deque[str] = deque(maxlen=MOST_LINES)
        self._late = False
        try:
            self._process = subprocess.Popen(
                _words(host),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # Ctrl+C is for this program to answer
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise BadInput("ssh", f"cannot be started here: {error.strerror or error}") from None
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._to, self._from = cast(BinaryIO, self._process.stdin), cast(BinaryIO, self._process.stdout)
        self._errors = self._process.stderr
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()
        with self._answered(connect):
            await_greeting(self._from)
            self.hello = receive(self._from)[0]

    def ask(self, what: str, data: bytes = b"", within: float = ANSWER, **said: Any) -> tuple[dict[str, Any], bytes]:
        """Ask for something; return the answer. Raise `LinkLost`, or `BadInput` that the other side has said."""
        with self._answered(within):
            send(self._to, {"do": what, **said}, data)
            answer, more = receive(self._from)
        refused = answer.get("refused")
        if refused is not None:
            where, why = (printed(part) for part in (*_as_list(refused), "", "")[:2])
            raise BadInput(f"{self.host.name}: {where}", why)
        return answer, more

    def close(self) -> None:
        """End the link; may be called twice. What was started there goes on."""
        for pipe in (self._to, self._from):
            with contextlib.suppress(OSError):
                pipe.close()
        self._kill()
        self._process.wait()
        self._listening.join(1.0)
        with contextlib.suppress(OSError):
            self._errors.close()

    def _kill(self) -> None:
        """End ssh and what it has started, such as a ProxyCommand, which would keep the pipes open."""
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)  # it leads a session of its own
            else:
                self._process.kill()

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def version(self) -> str:
        """The version of MetaGen there."""
        return printed(self.hello.get("metagen", ""))

    def refuse_other_version(self) -> None:
        """Raise `BadInput` if MetaGen there is another version: it might take settings for something else."""
        if self.version != version_of("metagen"):
            here = version_of("metagen") or "one without a number"
            why = f"has MetaGen {self.version or 'without a number'}, this computer {here}: install the same on both"
            raise BadInput(self.host.name, why)

    @contextlib.contextmanager
    def _answered(self, within: float) -> Iterator[None]:
        """Cut the link if an answer does not come, or is none; raise `LinkLost`."""

        def cut() -> None:
            self._late = True
            self._kill()

        watch = threading.Timer(within, cut)
        watch.daemon = True
        watch.start()
        try:
            yield
        except (Torn, OSError, ValueError) as error:  # ValueError: of a pipe that was closed
            watch.cancel()  # what is torn is not late
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(PARTING)
            self.close()
            raise LinkLost(self.host.name, self._why(within, str(error))) from None
        finally:
            watch.cancel()

    def _why(self, within: float, torn: str) -> str:
        text = "\n".join(self._complaints)
        for said, told in SAID.items():
            if said in text:
                return f"{told}; try: ssh {self.host.ssh}"
        if self._late:
            return f"has not answered for {within:.0f} s"
        if self._process.returncode == 127:
            looked = "where it was said to be" if self.host.command else "where it was looked for"
            add = f"metagen hosts add {self.host.name} --command PATH"
            return f"has no metagen command {looked}; tell where it is: {add}"
        last = next((line for line in reversed(self._complaints) if line.strip()), "")
        return f"has ended the link ({printed(last or torn)})" if last or torn else "has ended the link"

    def _listen(self) -> None:
        """Keep the last lines that ssh says."""
        with contextlib.suppress(OSError, ValueError):
            while line := self._errors.readline(4096):
                self._complaints.append(line.decode("utf-8", "replace").strip())


def _words(host: Host) -> list[str]:
    ssh = shlex.split(os.environ.get(SSH, "")) or ["ssh"]
    options = [word for name, value in OPTIONS.items() for word in ("-o", f"{name}={value}")]
    return [*ssh, "-T", "-x", "-a", *options, "--", host.ssh, host.remote_words]


def printed(said: object) -> str:
    """Return what the other side says as text that a person can be shown: one line, printable, not long."""
    return shortened(printable(" ".join(str(said).split())), LETTERS)


def _as_list(said: object) -> list[object]:
    return list(said) if isinstance(said, list) else [said]
