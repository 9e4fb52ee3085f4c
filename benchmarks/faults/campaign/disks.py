"""Disks that are full or read-only, folders that go away: said once, nothing torn, and on when they return."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from metagen_gui.engine.events import Event, Notice, RunBroken, Saved, StepReport
from metagen_gui.engine.run import keeper as run_keeper
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.store.checkpoint import manifests, read_checkpoint

from .outcome import Laboratory, Outcome, fault
from .small_runs import difference, metrics, outcome, small

MEGABYTES = 4
Trouble = Callable[[Path], Callable[[], None]]
"""Brings trouble about in a place; returns what ends it."""


@contextmanager
def disk(folder: Path, size: str = f"{MEGABYTES}m") -> Iterator[Path]:
    """A small disk of its own at `folder`. Needs root; raises `CalledProcessError` without."""
    folder.mkdir(parents=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)
    try:
        yield folder
    finally:
        _run("umount", "-l", folder)


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)


@fault("full_disk", tries=10)
def full_disk(laboratory: Laboratory) -> Iterator[Outcome]:
    """Fill a disk of 4 MB during a run at a random step, and make room again later."""

    def fill(place: Path) -> Callable[[], None]:
        ballast = place / "ballast"
        with ballast.open("wb", buffering=0) as file:
            size = 65536
            while size:
                try:
                    file.write(bytes(size))
                except OSError:
                    size //= 2
        return ballast.unlink

    yield from _troubled(laboratory, f"a disk of {MEGABYTES} MB is full, then not", "No space left on device", fill)


@fault("read_only", tries=10)
def read_only(laboratory: Laboratory) -> Iterator[Outcome]:
    """Make the run's folder read-only for new files, as by a remount, and writable again."""

    def forbid(place: Path) -> Callable[[], None]:
        run = place / "run"
        _run("mount", "--bind", run, run)
        _run("mount", "-o", "remount,bind,ro", run)
        return lambda: _run("umount", "-l", run)

    yield from _troubled(laboratory, "the folder is read-only, then not", "Read-only file system", forbid)


@fault("renamed", tries=10)
def renamed(laboratory: Laboratory) -> Iterator[Outcome]:
    """Rename the run's folder while it is written, and back."""

    def away(place: Path) -> Callable[[], None]:
        (place / "run").rename(place / "elsewhere")

        def back() -> None:
            (place / "elsewhere").rename(place / "run")

        return back

    yield from _troubled(laboratory, "the folder is renamed, then back", "No such file or directory", away)


def _troubled(laboratory: Laboratory, what: str, words: str, trouble: Trouble) -> Iterator[Outcome]:
    """Try a trouble that passes, and one that stays."""
    passing, staying = Outcome(what), Outcome(f"{what.partition(',')[0]}, and stays so")
    run_keeper.AGAIN = 0.05
    for number in range(laboratory.tries):
        experiment = small(seed=number, meta_steps=40)
        experiment = experiment.with_value("model.width", 96).with_value("model.depth", 2)
        whole, place = laboratory.folder / f"whole {number}", laboratory.folder / f"disk {number}"
        list(meta_train(experiment, out=whole, previews=False))
        first = laboratory.chance.randint(3, 15)
        try:
            with disk(place):
                run = _Watched(place, first, first + laboratory.chance.randint(4, 20), words, trouble)
                run.go(meta_train(experiment, out=place / "run", previews=False))
                passing.count(run.problem or difference(place / "run", outcome(whole)))
            with disk(laboratory.folder / f"again {number}") as place:
                run = _Watched(place, first, None, words, trouble)
                run.go(meta_train(experiment, out=place / "run", previews=False))
                staying.count(run.problem or _torn(place) or _rescued(run.broken, outcome(whole)))
        except subprocess.CalledProcessError as error:
            passing.details = staying.details = f"not tried: {error.cmd[0]} needs root"
            break
    else:
        passing.details = "one grave notice, training goes on, `Saved again`, the outcome bit for bit the same"
        staying.details = "what was learned is put elsewhere, where it is told; the run ends as failed"
    yield passing
    yield staying


class _Watched:
    """Takes a run's events, brings trouble about at an outer step and ends it at another, and checks what is said."""

    def __init__(self, place: Path, first: int, last: int | None, words: str, trouble: Trouble) -> None:
        self.place, self.first, self.last, self.words, self.trouble = place, first, last, words, trouble
        self.problem: str | None = None
        self.broken = ""
        self._end: Callable[[], None] | None = None
        self._notices: list[str] = []

    def go(self, run: Iterator[Event]) -> None:
        """Take all events; afterwards `problem` says what was wrong, and `broken` how the run ended if it broke."""
        try:
            for event in run:
                self._heed(event)
        except RunBroken as error:
            self.broken = str(error)
        if self._end is not None:
            self._end()
        grave = [text for text in self._notices if text.startswith("Not saved at step")]
        again = [text for text in self._notices if text.startswith("Saved again")]
        if len(grave) != 1 or self.words not in grave[0] or len(again) != (self.last is not None):
            self.problem = self.problem or f"said: {self._notices}"
        if bool(self.broken) != (self.last is None):
            self.problem = self.problem or f"ended with {self.broken or 'nothing said'}"

    def _heed(self, event: Event) -> None:
        match event:
            case Notice():
                self._notices.append(event.text)
            case Saved() if read_checkpoint(event.path, whole=True) is None:
                self.problem = f"step {event.meta_step} was told as saved and is not"
            case StepReport(meta_step=step):
                if step == self.first:
                    self._end = self.trouble(self.place)
                elif step == self.last and self._end is not None:
                    self._end()
                    self._end = None


def _torn(place: Path) -> str | None:
    """Return what is torn in the run's own folder, wherever that is now, if anything."""
    (folder,) = (path for path in (place / "run", place / "elsewhere") if path.exists())
    newest = manifests(folder / "checkpoints")[-1]
    if read_checkpoint(newest, whole=True) is None:
        return f"{newest.name}, the last that was acknowledged, is not whole"
    torn = [
        name
        for name in ("metrics.csv", "events.jsonl")
        if (data := (folder / name).read_bytes()) and data[-1:] != b"\n"
    ]
    return f"torn: {torn}" if torn else None


def _rescued(said: str, expected: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the place that a broken run told of, if anything."""
    _, found, where = said.partition(" is in ")
    if not found:
        return f"nothing was put elsewhere: {said}"
    place = Path(where)
    newest = manifests(place / "checkpoints")[-1]
    if read_checkpoint(newest, whole=True) is None or newest.name != expected["newest checkpoint"]:
        return f"{newest} is not the whole last step"
    if newest.with_suffix(".safetensors").read_bytes() != expected["weights"]:
        return f"what was put into {where} is not what was learned"
    if metrics(place)[0] != expected["metrics"][0]:
        return f"the metrics in {where} have other columns"
    shutil.rmtree(place)
    return None
