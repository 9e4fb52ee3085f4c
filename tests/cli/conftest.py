"""The command, run in the process of the test."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from metagen_gui.cli import main

TINY = [
    "tasks.name=densities",
    "model.width=8",
    "algorithm.adaptation_steps=1",
    "training.meta_batch_size=2",
    "training.validation_tasks=2",
    "training.preview_tasks=1",
    "training.meta_steps=3",
    "training.device=cpu",
]


@dataclass
class Done:
    """How a command has ended, and what it has printed."""

    status: int
    out: str
    err: str


class Metagen:
    """Runs the command in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *arguments: object) -> Done:
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        return Done(int(end.value.code or 0), *self.capsys.readouterr())

    def train(self, *arguments: object) -> Done:
        """Take a tiny training."""
        return self("train", *(word for one in TINY for word in ("--set", one)), *arguments)


@pytest.fixture
def metagen(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, reading_here: None) -> Metagen:
    """Run the command on a wide terminal."""
    monkeypatch.setenv("COLUMNS", "300")
    return Metagen(capsys)
