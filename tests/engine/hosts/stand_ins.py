"""The other machine without a process: requests are answered in the test, until the link is to be cut."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from metagen_gui.engine.adaptation.meta_params import MetaParams
from metagen_gui.engine.hosts.known import Host
from metagen_gui.engine.hosts.link import LinkLost
from metagen_gui.engine.hosts.run_files import files_in
from metagen_gui.engine.hosts.served import Served
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import Checkpoint, save_checkpoint

DOCUMENT: dict[str, Any] = {
    "tasks": {"name": "densities", "settings": {}},
    "model": {"name": "vae"},
    "algorithm": {"name": "maml"},
    "training": {"meta_steps": 3},
}
TICKET = "ab12"


class _Served(Served):
    def wake(self) -> None:
        """Start nobody."""


class DirectLink:
    """Answers as a link to a machine with its data in `home`; cut at request number `cut_at`, counted from 1."""

    def __init__(self, home: Path, cut_at: int | None = None) -> None:
        self.home, self.host = home, Host("there", "there")
        self.cut_at, self.asked = cut_at, 0
        self.served = self._at_home(_Served)

    def ask(self, what: str, data: bytes = b"", within: float = 1.0, **said: Any) -> tuple[dict[str, Any], bytes]:
        self.asked += 1
        if self.asked == self.cut_at:
            raise LinkLost("there", "has been cut")
        said = json.loads(json.dumps({"do": what, **said}))
        answer, more = self._at_home(lambda: self.served.answer(said, data))
        if (refused := answer.get("refused")) is not None:
            raise BadInput(*refused)
        return answer, more

    def _at_home(self, do: Callable[[], Any]) -> Any:
        before = os.environ["XDG_DATA_HOME"]
        os.environ["XDG_DATA_HOME"] = str(self.home)
        try:
            return do()
        finally:
            os.environ["XDG_DATA_HOME"] = before


class Liar:
    """Answers whatever it is told to, by the name of the request."""

    def __init__(self, **answers: Any) -> None:
        self.host, self.answers = Host("liar", "liar"), answers

    def ask(self, what: str, data: bytes = b"", within: float = 1.0, **said: Any) -> tuple[dict[str, Any], bytes]:
        answer = self.answers[what]
        found = answer(said) if callable(answer) else answer
        return found if isinstance(found, tuple) else ({}, json.dumps(found).encode())


def write_run(folder: Path, steps: int, *, every: int = 1) -> None:
    """Write the files of a run as far as it has come, checkpoints as runs keep them."""
    for name in ("checkpoints", "samples"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "experiment.json").write_text(json.dumps(DOCUMENT))
    rows = "".join(f"{step},{step / 7:.3f},0,{step}.5\n" for step in range(1, steps + 1))
    (folder / "metrics.csv").write_text("meta_step,seconds,train/diverged,train/query_loss/vae\n" + rows)
    (folder / "events.jsonl").write_text('{"meta_step": 0, "event": "notice", "text": "begun"}\n')
    (folder / "state.json").write_text(json.dumps({"state": "stopped", "meta_step": steps}))
    for step in range(every, steps + 1, every):
        save(folder, step)
        np.savez(folder / "samples" / f"step-{step:08d}.npz", values=np.full(300, step))


def save(folder: Path, step: int, value: float | None = None) -> None:
    """Keep a checkpoint of a step."""
    weights = MetaParams.of({"vae": {"w": torch.full((4000,), float(step if value is None else value))}})
    moments = {"vae": {"w/m": torch.full((10,), float(step))}}
    save_checkpoint(folder / "checkpoints", Checkpoint(step, weights, moments))


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of a run that are sent, by their names."""
    return {name: (folder / name).read_bytes() for name in files_in(folder)}


def rows(folder: Path, upto: int) -> list[list[str]]:
    """Return what was reported of training before step `upto`, and of validation where all runs look."""
    with (folder / "metrics.csv").open(newline="", encoding="utf-8") as file:
        found = [row[:1] + row[2:] for row in csv.reader(file)]
    return [row for row in found[1:] if int(row[0]) < upto and (row[1] or int(row[0]) % 50 == 0)]
