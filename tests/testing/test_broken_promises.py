"""Every check of `metagen_gui.testing` goes red on a plugin that breaks just that promise."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from metagen_gui.engine.algorithms.maml import Maml
from metagen_gui.engine.data.spec import PointSpec
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.health.divergence import Divergence
from metagen_gui.engine.metrics.mmd import SquaredMmd
from metagen_gui.engine.models.vae import Vae
from metagen_gui.engine.settings.config import setting
from metagen_gui.engine.tasks.gaussians import Gaussians
from metagen_gui.testing import (
    check_algorithm,
    check_detector,
    check_metric,
    check_model,
    check_run,
    check_task_family,
    check_words,
)
from tests.engine.health.reports import SETTINGS, falling, step

SMALL = {"width": 4, "latent_size": 2, "context_size": 2}
SHORT = {
    "training.meta_steps": 4,
    "training.checkpoint_steps": 2,
    "training.replay": False,
    "training.meta_batch_size": 2,
    "training.shots": 3,
    "training.query_size": 4,
    "training.validation_tasks": 2,
}


def with_method(plugin: type, name: str, change: Callable[..., Any]) -> type:
    """Return a plugin whose method has its result changed by `change(self, result, *arguments)`."""
    own = getattr(plugin, name)
    return type(
        plugin.__name__, (plugin,), {name: lambda self, *given, **named: change(self, own(self, *given), *given)}
    )


def buffered(model: Any, *_: Any) -> None:
    model.extra = nn.BatchNorm1d(2)


def scaled(found: Any, factor: Any) -> Any:
    """Return a meta-gradient with every gradient times `factor()`."""
    return replace(found, gradients={"vae": {name: factor() * g for name, g in found.gradients["vae"].items()}})


MODELS = {
    "every group has some": type("Vae", (Vae,), {"groups": (*Vae.groups, "tail")}),
    "parameters follow the device": with_method(
        Vae,
        "initialize",
        lambda self, found, *_: {"vae": {n: torch.zeros(v.shape, device="cpu") for n, v in found["vae"].items()}},
    ),
    "no statistics": with_method(Vae, "__init__", buffered),
    "is a finite scalar": with_method(Vae, "loss", lambda self, found, *_: found[None]),
    "is a mean over examples": with_method(
        Vae, "loss", lambda self, found, player, params, batch, *_: found * len(batch)
    ),
    "begins with the axes asked for": with_method(
        Vae, "noise", lambda self, found, *_: {name: value.flatten(0, -2) for name, value in found.items()}
    ),
    "of the data's shape": with_method(Vae, "generate", lambda self, found, *_: found[1:]),
    "a path ends in the samples": with_method(
        Vae, "path", lambda self, found, params, latents: self.generate(params, latents)[None] + 1
    ),
    "does not depend on others": with_method(Vae, "log_likelihood", lambda self, found, *_: found - found.mean()),
    "the same generator": with_method(Vae, "latents", lambda self, found, *_: torch.randn(found.shape)),
    "are those that are named": with_method(Vae, "details", lambda self, found, *_: {**found, "more": found["kl"]}),
    "by the gradient": with_method(
        Vae,
        "query_loss",
        lambda self, found, player, params, *_: found + (params["vae"]["context"] ** 2).sum().detach(),
    ),
}


@pytest.mark.parametrize("promise", MODELS)
def test_a_model_that_breaks_a_promise_is_told_which(promise: str) -> None:
    plugin = MODELS[promise]
    with pytest.raises(AssertionError, match=promise):
        check_model(plugin(plugin.Settings(**SMALL), PointSpec()))


ALGORITHMS = {
    "has one loss per task": with_method(
        Maml, "meta_gradient", lambda self, found, *_: replace(found, query_loss={"vae": found.query_loss["vae"][0]})
    ),
    "is finite": with_method(Maml, "meta_gradient", lambda self, found, *_: scaled(found, lambda: math.nan)),
    "a function of what it is handed": with_method(
        Maml, "meta_gradient", lambda self, found, *_: scaled(found, lambda: torch.rand(()))
    ),
    "where the phase is equal, as at shares 0 and 0.5": with_method(
        Maml, "meta_gradient", lambda self, found, *given: scaled(found, lambda: 1 + (given[-1].share >= 0.5))
    ),
    "a place per step": with_method(Maml, "trajectory", lambda self, found, *_: [*found, found[-1]]),
    "by the gradient": with_method(Maml, "meta_gradient", lambda self, found, *_: scaled(found, lambda: 2)),
}


@pytest.mark.parametrize("promise", ALGORITHMS)
def test_an_algorithm_that_breaks_a_promise_is_told_which(promise: str) -> None:
    plugin = ALGORITHMS[promise]
    model = Vae(Vae.Settings(**SMALL), PointSpec())
    with pytest.raises(AssertionError, match=promise):
        check_algorithm(plugin(plugin.Settings(adaptation_steps=2, inner_lr=0.05), model), exact=True)


FAMILIES = {
    "as many examples as asked for": with_method(Gaussians, "task", lambda self, t, *_: replace(t, query=t.query[1:])),
    "finite float32": with_method(Gaussians, "task", lambda self, t, *_: replace(t, query=t.query.astype(np.float64))),
    "is the same however often": with_method(
        Gaussians, "task", lambda self, t, *_: replace(t, support=np.random.rand(*t.support.shape).astype(np.float32))
    ),
    "other tasks have other examples": with_method(
        Gaussians, "task", lambda self, t, *_: replace(t, support=np.zeros_like(t.support))
    ),
    "is in train task 0 twice": with_method(
        Gaussians, "task", lambda self, t, *_: replace(t, query=np.concatenate([t.query[:2], t.support[:1]]))
    ),
    "what a run keeps of its data is JSON": with_method(Gaussians, "kept", lambda self, kept: {"held out": (1, 2)}),
    "leaves no doubt": with_method(Gaussians, "doubts", lambda self, doubts: ("who knows",)),
    "was not trained on": with_method(Gaussians, "seen_by", lambda self, seen, *_: ("this one",)),
    "one number per point": with_method(Gaussians, "density", lambda self, found, *_: -found),
}


@pytest.mark.parametrize("promise", FAMILIES)
def test_a_family_that_breaks_a_promise_is_told_which(promise: str) -> None:
    plugin = FAMILIES[promise]
    with pytest.raises(AssertionError, match=promise):
        check_task_family(plugin(plugin.Settings(), 0))


def test_metrics_and_detectors_that_break_a_promise_are_told() -> None:
    with pytest.raises(AssertionError, match="samples of the true law are better"):
        check_metric(type("Turned", (SquaredMmd,), {"better": "higher"})())
    sick = [*falling(200), *(step(201 + place, 400.0) for place in range(60))]
    check_detector(Divergence, sick, SETTINGS)
    with pytest.raises(AssertionError, match="raises an alarm"):
        check_detector(Divergence, sick[:200], SETTINGS)
    forgetful = type("Forgetful", (Divergence,), {"restore": lambda self, state: None})
    with pytest.raises(AssertionError, match="goes on alike"):
        check_detector(forgetful, sick, SETTINGS)


def test_words_and_settings_that_cannot_be_shown_are_told() -> None:
    class Settings(Gaussians.Settings):
        extra: float = setting(2.0, "No stop", low=0, high=1)

    with pytest.raises(AssertionError, match=r"every default is within its range: defaults\.extra"):
        check_words(type("Wordy", (Gaussians,), {"Settings": Settings}))
    with pytest.raises(AssertionError, match=r"algorithm\.nothing is a setting that some plugin has"):
        check_words(type("Hopeful", (Gaussians,), {"suggests": {"algorithm.nothing": 1}}))
    with pytest.raises(AssertionError, match="a summary is one line"):
        check_words(type("Silent", (Gaussians,), {"summary": "No stop"}))


def test_a_run_that_cannot_be_resumed_exactly_is_told(tmp_path: Path) -> None:
    experiment = Experiment("densities", "vae", "maml")
    for path, value in {**{f"model.{name}": value for name, value in SMALL.items()}, **SHORT}.items():
        experiment = experiment.with_value(path, value)
    check_run(experiment, tmp_path / "right")
    drawn, own = torch.Generator().manual_seed(0), Vae.noise

    def forgetful(self: Vae, *given: Any) -> Any:
        return {name: value + torch.rand((), generator=drawn) for name, value in own(self, *given).items()}

    with pytest.MonkeyPatch.context() as patch, pytest.raises(AssertionError, match="bit for bit"):
        patch.setattr(Vae, "noise", forgetful)
        check_run(experiment, tmp_path / "wrong")


def test_it_needs_no_test_framework() -> None:
    """It is imported by plugins' tests of any kind, and by nobody else."""
    script = "import sys, metagen_gui.testing; assert not {'pytest', '_pytest', 'hypothesis'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)
