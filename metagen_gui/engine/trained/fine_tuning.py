"""Plain fine-tuning: how weights that were not meta-learned adapt, as people do it by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from metagen_gui.engine.algorithms.base import algorithms
from metagen_gui.engine.experiment import Experiment

Way = Mapping[str, Any]
"""A way to adapt: settings of the algorithm that differ from those the weights were trained with."""

BY_HAND: tuple[tuple[str, float, str], ...] = (
    ("adam", 0.0003, "everything"),
    ("sgd", 0.01, "everything"),
    ("adam", 0.003, "everything"),
    ("sgd", 0.1, "everything"),
    ("adam", 0.001, "everything"),
    ("sgd", 0.003, "everything"),
    ("adam", 0.01, "default"),
    ("adam", 0.01, "everything"),
)
"""Optimizer, rate and what adapts, for weights that were not meta-learned; the most promising first."""


def with_algorithm(experiment: Experiment, name: str) -> Experiment:
    """Return the experiment with an algorithm in its own defaults: what suits one as a rate does not suit another."""
    if experiment.algorithm == name:
        return experiment
    values = {**experiment.values, "algorithm": MappingProxyType({})}
    return replace(experiment.with_plugin("algorithm", name), values=MappingProxyType(values))


def able_to_fine_tune(experiment: Experiment) -> Experiment:
    """Return the experiment with an algorithm whose inner loop can take plain steps."""
    return with_algorithm(experiment, next(name for name, plugin in algorithms.items() if plugin.fine_tuning))


def plain(experiment: Experiment) -> Experiment:
    """Return the experiment, of such an algorithm, with steps on all examples that carry nothing from task to task."""
    return in_way(experiment, experiment.plugin("algorithm").fine_tuning["both"])


def by_hand(experiment: Experiment, optimizer: str, rate: float, adapts: str) -> Way:
    """Return one of the ways of `BY_HAND` as settings of the experiment's algorithm."""
    way: dict[str, Any] = {**experiment.plugin("algorithm").fine_tuning[optimizer], "inner_lr": rate}
    model = experiment.plugin("model")
    if adapts == "everything":  # one rate for all, as is usual
        way |= {"adapts": "+".join(model.groups), "group_rates": dict.fromkeys(model.groups, 1.0)}
    else:
        way |= {"adapts": "default", "group_rates": {}}
    return MappingProxyType(way)


def in_way(experiment: Experiment, way: Way) -> Experiment:
    """Return the experiment with the settings of a way to adapt."""
    values = {**experiment.values.get("algorithm", {}), **way}
    return replace(experiment, values=MappingProxyType({**experiment.values, "algorithm": MappingProxyType(values)}))
