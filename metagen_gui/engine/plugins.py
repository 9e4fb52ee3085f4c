"""All kinds of plugins there are, and those that could not be loaded."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from metagen_gui.engine.experiment import REGISTRIES
from metagen_gui.engine.health.base import detectors
from metagen_gui.engine.metrics.base import metrics
from metagen_gui.engine.settings.registry import Problem, Registry

PLUGINS: Mapping[str, Registry[Any]] = MappingProxyType({**REGISTRIES, "metric": metrics, "health": detectors})
"""The registries by kind: what an experiment chooses from, and what looks at its outcome."""


def load_plugins() -> list[Problem]:
    """Import every plugin, so that no run waits for it, and return those that cannot be."""
    for registry in PLUGINS.values():
        registry.load()
    return [problem for registry in PLUGINS.values() for problem in registry.problems]
