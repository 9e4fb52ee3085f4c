"""A kill at every call of one save: before it, after it, with half of a file written; by wrapping, and by strace."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from metagen_gui.engine.events import Event, RunStarted, Saved
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.store.run_folder import RunFolder

from .calls import watched
from .children import Child, Tell, go_on, training
from .outcome import Laboratory, Outcome, fault
from .small_runs import difference, outcome, small

BEFORE = 4
"""Outer steps, each saved, before the save that is hit: old checkpoints are deleted by it."""
SYSTEM_CALLS = ("openat", "write", "fsync", "rename", "unlink", "ftruncate")
Around = Callable[[Tell, ExitStack], None]
"""Done just before the save that is to be hit."""


@fault("kill_at_call")
def kill_at_call(laboratory: Laboratory) -> Iterator[Outcome]:
    """Kill at the k-th call that changes a file in one save, for every k."""
    told = Outcome("kill at every k-th call of one save (wrapped)")
    bench, names = _Bench(laboratory.folder), list[str]()
    k = 0
    while True:
        k += 1

        def around(tell: Tell, stack: ExitStack, k: int = k) -> None:
            left = k

            def seen(name: str, file: Path | None) -> None:
                nonlocal left
                left -= 1
                if not left:
                    tell(f"at {name}")
                    os.kill(os.getpid(), signal.SIGKILL)

            stack.enter_context(watched(seen))

        child, problem = bench.hit(around)
        if "through" in child.lines():
            break
        told.count(problem and f"{k}: {child.lines()[-1]}: {problem}")
        names += [line[3:] for line in child.lines() if line.startswith("at ")]
    counts = {name: names.count(name) for name in dict.fromkeys(names)}
    told.details = ", ".join(f"{count} × {name}" for name, count in counts.items())
    yield told


@fault("kill_at_system_call")
def kill_at_system_call(laboratory: Laboratory) -> Iterator[Outcome]:
    """Kill beneath Python too, where strace may be used: at the k-th fsync, rename, write, unlink."""
    told = Outcome("kill at every k-th system call of one save (strace)")
    if shutil.which("strace") is None:
        told.details = "no strace here"
        yield told
        return
    bench, counts = _Bench(laboratory.folder), dict.fromkeys(SYSTEM_CALLS, 0)
    for name in SYSTEM_CALLS:
        while True:
            child, problem = bench.hit_from_outside(f"{name}:signal=KILL:when={counts[name] + 1}", name)
            if child.status == 0:
                break
            counts[name] += 1
            told.count(problem and f"{name} {counts[name]}: {problem}")
    told.details = ", ".join(f"{count} × {name}" for name, count in counts.items())
    yield told


class _Bench:
    """Repeats one save of a run that stands at step 4, hits it, and looks what came of it."""

    def __init__(self, folder: Path) -> None:
        self.experiment: Experiment = small("vae", "maml", meta_steps=BEFORE + 3, validate_every=3)
        self.whole, self.begun, self.tried = folder / "whole", folder / "begun", folder / "tried"
        assert training(self.experiment, self.whole).end() == 0
        assert Child(lambda tell: _begin(self.experiment, self.begun)).end() == 0
        self.expected = outcome(self.whole)

    def hit(self, around: Around) -> tuple[Child, str | None]:
        """Do the save in a child with `around` in place."""
        shutil.copytree(self.begun, self.tried)
        child = Child(lambda tell: _save_once(self.experiment, self.tried, tell, around))
        child.end()
        return child, self._judged(child)

    def hit_from_outside(self, injection: str, name: str) -> tuple[Child, str | None]:
        """Do the save in a child to which strace is attached just before."""
        shutil.copytree(self.begun, self.tried)
        waiting, go = os.pipe()

        def around(tell: Tell, stack: ExitStack) -> None:
            tell("ready")
            os.read(waiting, 1)

        child = Child(lambda tell: _save_once(self.experiment, self.tried, tell, around))
        child.says("ready")
        command = ["strace", "-f", "-p", str(child.pid), "-e", f"trace={name}", "-e", f"inject={injection}"]
        tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert tracer.stderr is not None
        while "attached" not in tracer.stderr.readline():
            assert tracer.poll() is None, "strace may not attach here"
        os.write(go, b"x")
        child.end()
        tracer.communicate()
        for end in (waiting, go):
            os.close(end)
        return child, self._judged(child)

    def _judged(self, child: Child) -> str | None:
        """Return what was lost, if anything; the folder is removed."""
        again = training(self.experiment, self.tried)
        problem = None if again.end() == 0 else f"resuming ended with status {again.status}"
        acknowledged = max([BEFORE, *child.numbers("saved")])
        if (begun := again.numbers("from")) and begun[0] < acknowledged:
            problem = f"step {acknowledged} was acknowledged, resumed at {begun[0]}"
        problem = problem or difference(self.tried, self.expected)
        if any(self.tried.rglob("*.tmp-*")):
            problem = problem or "a temporary file is left"
        shutil.rmtree(self.tried)
        return problem


def _begin(experiment: Experiment, folder: Path) -> None:
    """Train up to step 4 and close."""
    run = meta_train(experiment, out=folder)
    for event in run:
        if isinstance(event, Saved) and event.meta_step == BEFORE:
            break
    run.close()


def _save_once(experiment: Experiment, folder: Path, tell: Tell, around: Around) -> None:
    """Go on with a run, do its next save with `around` in place, and end at once if that was survived."""
    save, stack = RunFolder.save, ExitStack()

    def heed(event: Event) -> None:
        if isinstance(event, RunStarted):
            tell(f"from {event.resumed_from}")
        if isinstance(event, Saved):
            tell(f"saved {event.meta_step}")
            tell("through")
            os._exit(0)

    def first(self: RunFolder, *given: object, **more: object) -> Path:
        RunFolder.save = save  # type: ignore[method-assign]
        around(tell, stack)
        return save(self, *given, **more)  # type: ignore[arg-type]

    RunFolder.save = first  # type: ignore[method-assign]
    go_on(experiment, folder, heed)
