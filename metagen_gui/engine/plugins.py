"""All kinds of plugins there are, and those that could not be loaded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from metagen_gui.engine.experiment import REGISTRIES
from metagen_gui.engine.health.base import detectors
from metagen_gui.engine.metrics.base import metrics
from metagen_gui.engine.settings.registry import Foreign, Problem, Registry

PLUGINS: Mapping[str, Registry[Any]] = MappingProxyType({**REGISTRIES, "metric": metrics, "health": detectors})
"""The registries by kind: what an experiment chooses from, and what looks at its outcome."""


def load_plugins(without: Collection[str] = ()) -> list[Problem]:
    """Import every plugin but those of some packages, so that no run waits for it; return those that cannot be."""
    for registry in PLUGINS.values():
        registry.load(without=without)
    return [problem for registry in PLUGINS.values() for problem in registry.problems]


def foreign_plugins() -> list[Foreign]:
    """Return what other packages bring, loaded or not."""
    return [plugin for registry in PLUGINS.values() for plugin in registry.foreign]
