"""A tiny run per kind of data, to be played with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.play.opened import open_to_play
from metagen_gui.engine.play.session import Session
from metagen_gui.engine.run.outer_loop import meta_train

Trained = Callable[..., Path]


@pytest.fixture
def trained(tiny: Callable[..., Experiment], tmp_path: Path) -> Trained:
    """Train a tiny run and return its folder: `trained("strokes", "vae", out="runs/one")`."""

    def make(*plugins: str, out: str = "run", **values: object) -> Path:
        named = {name.replace("__", "."): value for name, value in values.items()}
        list(meta_train(tiny(*plugins, values=named), out=tmp_path / out, previews=False))
        return tmp_path / out

    return make


@pytest.fixture
def played(trained: Trained) -> Callable[..., Session]:
    """Return a session on a tiny run."""

    def make(*plugins: str, **values: object) -> Session:
        opened = open_to_play(trained(*plugins, **values))
        return Session(opened.model, opened.family)

    return make
