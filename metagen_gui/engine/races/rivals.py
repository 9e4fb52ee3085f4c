"""Whom an experiment may race: itself with every other algorithm or model that suits, in its usual settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import torch

from metagen_gui.engine.experiment import REGISTRIES, Experiment, Section
from metagen_gui.engine.settings.bad_input import BadInput


@dataclass(frozen=True)
class Rival:
    """An experiment that differs in its `section`, by what is called so and does so."""

    section: Section
    title: str
    summary: str
    experiment: Experiment


def rivals(experiment: Experiment, section: Section) -> Iterator[Rival]:
    """Yield what an experiment becomes with each other plugin of a `section`; those that do not suit are left out."""
    for name, plugin in REGISTRIES[section].items():
        if name != getattr(experiment, section):
            with suppress(BadInput):
                yield Rival(section, plugin.title, plugin.summary, _with(experiment, section, name))


def _with(experiment: Experiment, section: Section, name: str) -> Experiment:
    for setting in experiment.values.get(section, {}):  # what suits one as a rate does not suit another
        experiment = experiment.without_value(f"{section}.{setting}")
    changed = experiment.with_plugin(section, name)
    changed.check()
    spec = changed.plugin("tasks").spec_of(changed.config("tasks"))
    if spec is not None:
        with torch.device("meta"):  # whether they go together is all that is asked: no numbers are needed
            changed.build_algorithm(changed.plugin("model")(changed.config("model"), spec))
    return changed
