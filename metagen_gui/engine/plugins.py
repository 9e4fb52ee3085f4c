"""All kinds of plugins there are, and those that could not be loaded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from metagen_gui.engine.experiment import REGISTRIES
from metagen_gui.engine.health.base import detectors
from metagen_gui.engine.metrics.base import metrics
from metagen_gui.engine.settings.packages import Foreign, choose, installed, read_choices
from metagen_gui.engine.settings.registry import Problem, Registry

PLUGINS: Mapping[str, Registry[Any]] = MappingProxyType({**REGISTRIES, "metric": metrics, "health": detectors})
"""The registries by kind: what an experiment chooses from, and what looks at its outcome."""


def load_plugins(without: Collection[str] = (), *, again: bool = False) -> list[Problem]:
    """Import every plugin but those of some packages, so that no run waits for it; return those that cannot be."""
    for registry in PLUGINS.values():
        registry.load(without=without, again=again)
    return [problem for registry in PLUGINS.values() for problem in registry.problems]


def load_agreed(*, again: bool = False) -> list[Problem]:
    """Import our plugins and those of packages that a person agreed to, as the window does."""
    choices = read_choices()
    return load_plugins({one.package for one in installed() if not choices.agreed(one.package)}, again=again)


def load_packages(packages: Collection[str]) -> list[Problem]:
    """Keep that a person agreed to packages, and import what they bring; return what cannot be.

    Raises `BadInput` if that cannot be kept, and then imports nothing.
    """
    choose(packages, "on")
    return load_agreed(again=True)


def foreign_plugins() -> list[Foreign]:
    """Return what other packages bring, loaded or not."""
    return [plugin for registry in PLUGINS.values() for plugin in registry.foreign]
