"""The command, run in the process of the test."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from metagen_gui.cli import main


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


@pytest.fixture
def metagen(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, reading_here: None) -> Metagen:
    """Run the command on a wide terminal."""
    monkeypatch.setenv("COLUMNS", "300")
    return Metagen(capsys)
