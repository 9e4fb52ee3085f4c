"""Plugins that exist only in tests: every kind of setting, and what plugins decide for each other."""

from __future__ import annotations

from typing import Literal

import pytest

from metagen_gui.engine.algorithms.base import AlgorithmSettings, algorithms
from metagen_gui.engine.models.base import models
from metagen_gui.engine.settings.config import Config, setting
from metagen_gui.engine.tasks.base import Stream, Task, TaskFamily, task_families


class FolderSettings(Config):
    path: str = setting("", "Where the images are.", path=True)
    title: str = setting("untitled", "A name of your own.")
    flip: bool = setting(False, "Whether images are mirrored.")
    size: Literal["16", "28"] = setting("28", "Side of an image.", unit="pixels")


class NoTasks(TaskFamily):
    """What an example is, is not known before the data are read."""

    def task(self, stream: Stream, index: int, shots: int, query_size: int) -> Task:
        raise NotImplementedError


class Folder(NoTasks):
    title, summary, reference = "Folder", "Images of your own.", "Lake 2015, arXiv:1502.00001"
    Settings = FolderSettings
    suggests = {"training.shots": 7}


class Plain(NoTasks):
    title, summary, reference = "Plain", "Nothing to set.", ""
    Settings = Config
    suggests: dict[str, object] = {}


class SmoothSettings(Config):
    width: int = setting(400, "Units per layer.", unit="units", low=1, high=4096, log=True)
    loss: Literal["hinge", "r1_penalty"] = setting("hinge", "Which loss.")
    weight: float = setting(
        10.0, "Weight of R1.", low=0.01, high=100, log=True, live=True, only_if={"loss": ["r1_penalty"]}
    )
    slope: float = setting(0.2, "Slope below zero.", low=-1, high=1, expert=True)


class Smooth:
    title, summary, reference = "Smooth", "A smooth model.", ""
    Settings = SmoothSettings
    suggests = {"algorithm.adaptation_steps": 3}
    groups = ("context", "decoder")
    group_rates = {"context": 1.0, "decoder": 0.01}
    adapts = {"context": ("context",), "everything": ("context", "decoder")}


class Rough(Smooth):
    title, summary = "Rough", "A rough model."
    suggests: dict[str, object] = {}
    groups = ("critic",)
    group_rates = {"critic": 0.5}
    adapts = {"critic": ("critic",)}


class DescentSettings(AlgorithmSettings):
    # a default of its own, so that tests do not depend on which one suits real algorithms
    inner_lr: float = setting(0.1, "Step size.", label="Inner learning rate", low=0, high=100, log=True, live=True)


class Descent:
    title, summary, reference = "Descent", "Goes down.", ""
    Settings = DescentSettings
    suggests: dict[str, object] = {}


def use_dummies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the registries hold these plugins and no others."""
    held = (
        (task_families, {"folder": Folder, "plain": Plain}),
        (models, {"smooth": Smooth, "rough": Rough}),
        (algorithms, {"descent": Descent, "ascent": Descent}),
    )
    for registry, plugins in held:
        monkeypatch.setattr(registry, "_plugins", plugins)
        monkeypatch.setattr(registry, "_loaded", True)
