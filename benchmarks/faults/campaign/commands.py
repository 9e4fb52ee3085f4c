"""The `metagen` command as a child: its words, what it says, its status; and what is on disk before and after it."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import typer

from metagen_gui.cli import main
from metagen_gui.engine.claims.examination import runner
from metagen_gui.engine.events import Saved
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.outer_loop import meta_train

from .calls import watched
from .children import Child, Tell
from .small_runs import small

TERMINATED = 143
PLAN: dict[str, Any] = {
    "steps": 3,
    "compare_at": ["equal steps"],
    "arms": ["joint", "maml"],
    "seeds": [0],
    "tasks": 4,
    "validation_tasks": 2,
    "candidates": 1,
    "adaptation_steps": [1],
}


class Command(Child):
    """`metagen WORDS` in a process of its own; what it prints goes to a file. It may be killed at the k-th call."""

    def __init__(self, said: Path, *words: object, at: int = 0) -> None:
        def work(tell: Tell) -> None:
            handle = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            for stream in (1, 2):
                os.dup2(handle, stream)
            sys.stdout = sys.stderr = os.fdopen(handle, "w", buffering=1, encoding="utf-8")
            own = typer.Typer.__call__

            def listening(*given: Any, **more: Any) -> Any:
                tell("begun")
                return own(*given, **more)

            typer.Typer.__call__ = listening  # type: ignore[method-assign]
            left = at

            def seen(name: str, file: Path | None) -> None:
                nonlocal left
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)

            try:
                with watched(seen) if at else nullcontext():
                    main([str(word) for word in words])
            except SystemExit as end:
                sys.stdout.flush()
                os._exit(int(end.code or 0))

        self.said = said
        super().__init__(work)

    def problem(self, *right: int) -> str | None:
        """Return what is wrong with how it ended, if anything: another status, or a traceback."""
        text = self.said.read_text() if self.said.exists() else ""
        if self.end() not in right or "Traceback" in text:
            return f"status {self.status}: {text.strip().splitlines()[-1:]}"
        return None


def begun(experiment: Experiment, folder: Path, step: int) -> None:
    """Train up to a checkpoint and close, as if stopped there."""
    run = meta_train(experiment, out=folder, previews=False)
    for event in run:
        if isinstance(event, Saved) and event.meta_step == step:
            break
    run.close()


def write_experiment(file: Path, **training: Any) -> Experiment:
    """Write a small experiment to a file, and return it."""
    experiment = small(**training)
    file.write_text(experiment.to_json())
    return experiment


def write_plan(file: Path) -> None:
    """Write a small plan of claims, on equal steps: its figures are the same each time."""
    file.write_text(json.dumps({"experiment": small().document(), **PLAN}))


@contextmanager
def known_speeds() -> Iterator[None]:
    """Let claims know at once what a step takes: to time it takes longer than all else of a small test."""
    own: Callable[..., tuple[float, float]] = runner.seconds_per_step
    runner.seconds_per_step = lambda arm, seed: (1.0, 1.0)  # type: ignore[assignment]
    try:
        yield
    finally:
        runner.seconds_per_step = own


def contents(folder: Path) -> dict[str, str]:
    """Return digests of all files in a folder, but of those that say who holds it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("run.lock", "run.holder")
    }


def leftovers(folder: Path) -> list[str]:
    """Return the files of writing that was broken off."""
    return [path.name for path in folder.rglob("*") if ".tmp-" in path.name or path.name.startswith(".metagen-export")]
