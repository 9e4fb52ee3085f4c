"""`metagen train --processes`: what becomes of it when a process is killed, stopped, refused or does not come."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from metagen_gui.engine.program import program
from metagen_gui.engine.ranks import started
from metagen_gui.engine.ranks.leader import Leader
from metagen_gui.engine.ranks.meeting import own_store
from metagen_gui.engine.ranks.place import LEFT
from metagen_gui.engine.store.checkpoint import load_checkpoint
from tests.cli.conftest import Metagen

pytestmark = pytest.mark.usefixtures("time_limit")
TINY = [
    f"--set={value}"
    for value in ("tasks.name=sinusoids", "model.width=6", "training.meta_batch_size=4", "training.validation_tasks=2")
] + ["--no-previews", "--device=cpu"]


def at_step(monkeypatch: pytest.MonkeyPatch, wanted: int, do: object) -> None:
    """Do something as the first process begins an outer step."""
    before = Leader.step

    def step(self: Leader) -> object:
        if self.meta_step == wanted:
            do(self)  # type: ignore[operator]
        return before(self)

    monkeypatch.setattr(Leader, "step", step)


def test_the_run_of_a_killed_process_ends_with_what_was_learned_and_can_be_resumed(
    metagen: Metagen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children = []

    def kill(leader: Leader) -> None:
        assert leader._started is not None
        children.extend(leader._started._running)
        children[-1].kill()

    at_step(monkeypatch, 7, kill)
    run = tmp_path / "run"
    done = metagen("train", *TINY, "--processes", 3, "--meta-steps", 10, "--out", run)
    assert done.status == 1
    assert done.out == ""
    line = (
        f"process 3 of 3 was killed by SIGKILL; without it the run cannot go on; the details are in {run / 'error.log'}"
    )
    assert [text for text in done.err.splitlines() if text.startswith("metagen:")] == [f"metagen: {line}"]
    assert load_checkpoint(run / "checkpoints").meta_step == 7
    assert all(child.poll() is not None for child in children)
    monkeypatch.undo()
    assert metagen("train", "--resume", run, "--processes", 1).status == 0
    assert load_checkpoint(run / "checkpoints").meta_step == 10


def test_one_that_fails_while_it_starts_is_told_of_and_leaves_no_run(
    metagen: Metagen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [sys.executable, "-c", "import sys; print('some warning'); sys.exit('metagen: a library is missing')"]
    monkeypatch.setattr(started, "program", lambda: broken)
    done = metagen("train", *TINY, "--processes", 2, "--out", tmp_path / "run")
    assert done.status == 1
    (line,) = done.err.splitlines()
    assert line.startswith("metagen: process 2 of 2 ended (a library is missing); without it the run cannot go on")
    assert not (tmp_path / "run").exists()


def test_as_torchrun_starts_them_they_share_a_run_and_one_interruption_ends_it_in_good_order(
    metagen: Metagen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = own_store()  # torchrun keeps one, too
    for name, value in environment(0, store.port).items():
        monkeypatch.setenv(name, value)
    run = tmp_path / "run"
    words = [sys.executable, "-m", "metagen_gui.cli", "train", *TINY, "--out", str(run)]
    other = subprocess.Popen(
        words, env={**os.environ, **environment(1, store.port)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )

    def interrupt(leader: Leader) -> None:
        other.send_signal(signal.SIGINT)  # a terminal tells all of them
        os.kill(os.getpid(), signal.SIGINT)

    at_step(monkeypatch, 5, interrupt)
    try:
        done = metagen("train", *TINY, "--out", run)
        assert other.communicate(timeout=120)[0] == b""
    finally:
        other.kill()
        other.wait()
    assert (done.status, other.returncode) == (130, 0)
    assert done.out.startswith("Stopped after step 6 of")
    assert load_checkpoint(run / "checkpoints").meta_step == 6
    assert load_checkpoint(run / "checkpoints").progress.processes == 2


def environment(rank: int, port: int) -> dict[str, str]:
    told = {"RANK": rank, "WORLD_SIZE": 2, "LOCAL_RANK": rank, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    return {**{name: str(value) for name, value in told.items()}, "TORCHELASTIC_USE_AGENT_STORE": "True"}


def test_a_port_that_is_taken(metagen: Metagen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for name, value in environment(0, port).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("TORCHELASTIC_USE_AGENT_STORE")
        done = metagen("train", *TINY, "--out", tmp_path / "run")
    assert (done.status, done.err) == (2, f"metagen: MASTER_PORT: port {port} of 127.0.0.1 is in use\n")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "told", "line"),
    [
        (["--processes=5"], {}, "training.processes: 5 processes cannot share the 4 tasks of a step; take 4 or fewer"),
        (["--processes=3"], {"WORLD_SIZE": "2"}, "--processes: is 3, and the launcher has started 2"),
        ([], {"RANK": "first"}, "RANK: is 'first', not a number"),
        ([], {"RANK": "2"}, "RANK: is 2; of 2 processes the last is 1"),
        ([], {"MASTER_PORT": "99999"}, "MASTER_PORT: is not the number of a port"),
    ],
)
def test_what_cannot_be_is_one_line(
    metagen: Metagen,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    told: dict[str, str],
    line: str,
) -> None:
    for name, value in {**environment(0, 1), **told}.items() if told else ():
        monkeypatch.setenv(name, value)
    done = metagen("train", *TINY, *words, "--out", tmp_path / "run")
    assert (done.status, done.err) == (2, f"metagen: {line}\n")


def test_one_that_was_started_ends_as_soon_as_the_first_one_is_gone() -> None:
    words = [*program(), "follow", "--rank", "1", "--of", "2", "--at", "127.0.0.1:1"]
    assert subprocess.run(words, stdin=subprocess.DEVNULL, check=False, timeout=200).returncode == LEFT
