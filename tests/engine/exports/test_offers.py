"""What the dialog is told of formats: all of them, why one cannot be had, and the command that would help."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.exports.base import formats
from metagen_gui.engine.exports.offers import offers
from metagen_gui.engine.run.outer_loop import meta_train


def test_every_format_is_offered_and_says_why_it_cannot_be_had(
    tiny: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    list(meta_train(tiny("sinusoids", "curve", "maml", {"training.meta_steps": 1}), out=run, previews=False))
    found = {offer.name: offer for offer in offers(run)}
    assert sorted(found) == sorted(formats.names())
    assert "has kept no samples" in found["samples"].why_not and not found["samples"].command
    assert not found["initialization"].why_not and not found["python"].why_not and not found["curves"].why_not
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    (poor,) = (offer for offer in offers(tmp_path / "nowhere") if offer.name == "tensorboard")
    assert poor.why_not == "needs tensorboardX" and poor.command.endswith('-m pip install "metagen[publish]"')
