"""A run that somebody sent: whatever stands where its files should, nothing elsewhere changes and nothing hangs."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from metagen_gui.cli.failures import keep_traceback
from metagen_gui.engine.events import RunBroken, StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.library import duplicate, list_runs, read_curves, rename, set_note
from metagen_gui.engine.trained.export import export_initialization

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")
PATIENCE = 60
"""Seconds, many times what it takes: what waits for a pipe waits for ever."""
ENDS = "json", "safetensors", "optimizer.safetensors"
FILES = (
    "experiment.json", "metrics.csv", "events.jsonl", "state.json", "about.json", "error.log", "run.lock", "run.holder",
    "samples", "samples/step-00000000.npz", "samples/step-00000002.npz", "samples/step-00000003.npz",
    "checkpoints", *(f"checkpoints/step-{step:08d}.{end}" for step in (2, 3) for end in ENDS),
)  # fmt: skip
"""Those of a run of three steps that was stopped after two, and those that going on will write."""


@pytest.fixture
def sent(tiny: Callable[..., Experiment], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two of its three steps, made once."""
    folder = tmp_path_factory.getbasetemp() / "sent" / "run"
    if not folder.exists():
        experiment = tiny(values={"training.replay": False})
        with closing(meta_train(experiment, out=folder)) as run:
            next(event for event in run if isinstance(event, StepReport) and event.meta_step == 2)
        set_note(folder, "before")
        (folder / "error.log").write_text("before\n")
    return folder


@contextmanager
def in_time() -> Iterator[None]:
    """Fail where something waits for ever."""

    def over(*_: object) -> None:
        raise AssertionError("still waiting")

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def as_link(path: Path, precious: Path) -> None:
    path.symlink_to(precious / ("folder" if path.name in ("samples", "checkpoints") else "file"))


def as_device(path: Path, precious: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))  # /dev/zero itself
    except OSError:  # which only root can make
        path.symlink_to("/dev/zero")


KINDS: dict[str, Callable[[Path, Path], None]] = {
    "a link": as_link,
    "a pipe": lambda path, precious: os.mkfifo(path),
    "a folder": lambda path, precious: path.mkdir(),
    "a device": as_device,
}


def everything_is_tried(folder: Path) -> list[str]:
    """Do with a run what the command and the window do; return what was refused."""
    refused = []
    export = folder.parent / "export"
    for attempt in (
        lambda: list_runs(folder.parent),
        lambda: read_curves(folder),
        lambda: rename(folder, "another"),
        lambda: duplicate(folder),
        lambda: export_initialization(folder, export),
        lambda: list(resume_run(folder)),
        lambda: keep_traceback(ValueError("of a run"), folder / "error.log"),
        lambda: export_initialization(folder, export, replace=True),
        lambda: list_runs(folder.parent),
    ):
        try:
            attempt()
        except (BadInput, RunBroken) as problem:
            assert "\n" not in str(problem)
            refused.append(str(problem))
    return refused


def seen(place: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in (place, *place.rglob("*"))}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", KINDS)
def test_each_file_of_a_run_may_be_something_else(sent: Path, tmp_path: Path, name: str, kind: str) -> None:
    folder, precious = tmp_path / "runs" / "run", tmp_path / "precious"
    shutil.copytree(sent, folder)
    (precious / "folder").mkdir(parents=True)
    (precious / "file").write_text("without a line end")
    for other in ("step-00000001.safetensors", "half.tmp-1", "step-00000000.npz"):
        (precious / "folder" / other).write_text("of somebody else")
    place = folder / name
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    KINDS[kind](place, precious)
    before = seen(precious)
    with in_time():
        everything_is_tried(folder)
    assert seen(precious) == before


def test_a_run_as_it_is_goes_on_and_is_exported(sent: Path, tmp_path: Path) -> None:
    """Or the test above would try nothing."""
    folder = tmp_path / "runs" / "run"
    shutil.copytree(sent, folder)
    assert everything_is_tried(folder) == []
    found = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    assert found | {"run.lock", "run.holder"} == set(FILES)
