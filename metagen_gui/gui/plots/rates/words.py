"""Learned inner rates in words: how many, how large on average, and how many of them go uphill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QCoreApplication

from metagen_gui.engine.events import LayerRates, RatesReport
from metagen_gui.gui.plots.scale import format_number


@dataclass(frozen=True)
class RatesOfLayer:
    """The learned rates of one adapted parameter at every adaptation step, in their order."""

    player: str
    name: str
    steps: tuple[LayerRates, ...]

    @property
    def single(self) -> bool:
        """Whether all numbers of the parameter share one rate."""
        return all(step.count == 1 for step in self.steps)


def by_layer(report: RatesReport) -> list[RatesOfLayer]:
    """Return the report's layers in its order, each with all of its steps."""
    found: dict[tuple[str, str], list[LayerRates]] = {}
    for layer in report.layers:
        found.setdefault((layer.player, layer.name), []).append(layer)
    return [RatesOfLayer(player, name, tuple(steps)) for (player, name), steps in found.items()]


def headline(report: RatesReport) -> str:
    """Return the report in a sentence: `Learned rates of 12 layers after 400 steps: 3 % negative`."""
    layers = len(by_layer(report))
    of = _tr("1 layer") if layers == 1 else _tr("{0} layers").format(layers)
    return _tr("Learned rates of {0} after {1} steps: {2}").format(
        of, f"{report.meta_step:,}", share_text(negative_share(report.layers), _tr("negative"))
    )


def negative_share(rates: Sequence[LayerRates]) -> float:
    """Return which share of all these rates is below 0."""
    counts = [layer.count for layer in rates]
    return float(np.average([layer.negative for layer in rates], weights=counts)) if sum(counts) else 0.0


def mean_rate(rates: Sequence[LayerRates]) -> float:
    """Return the mean of all these rates."""
    counts = [layer.count for layer in rates]
    return float(np.average([layer.mean for layer in rates], weights=counts)) if sum(counts) else 0.0


def share_text(share: float, what: str) -> str:
    """Return a share in words: `12 % uphill`, `0.3 % uphill`, `none uphill`, `all uphill`; only 0 is none, 1 all."""
    if share <= 0:
        return _tr("none {0}").format(what)
    if share >= 1:
        return _tr("all {0}").format(what)
    percent = 100 * share
    if percent < 0.1:
        return _tr("under 0.1 % {0}").format(what)
    if percent >= 99.5:
        return _tr("over 99 % {0}").format(what)
    return _tr("{0} % {1}").format(f"{percent:.1f}" if percent < 1 else f"{percent:.0f}", what)


def step_name(layer: LayerRates) -> str:
    """Return which adaptation step the rates are for; they are counted from 1, the first that is taken."""
    return _tr("all steps") if layer.step < 0 else _tr("step {0}").format(layer.step + 1)


def remarks(layer: RatesOfLayer) -> list[str]:
    """Return what is said beside a layer's name, the most important first."""
    mean = format_number(mean_rate(layer.steps), 3)
    uphill = share_text(negative_share(layer.steps), _tr("uphill"))
    if layer.single:
        return [uphill, _tr("rate {0}").format(mean) if len(layer.steps) == 1 else _tr("mean {0}").format(mean)]
    count = layer.steps[0].count
    return [uphill, _tr("mean {0}").format(mean), _tr("{0} rates").format(f"{count:,}")]


def details(layer: RatesOfLayer) -> str:
    """Return everything about a layer's rates, a line for every step."""
    lines = [
        _tr("{0}: mean {1}, {2}").format(
            step_name(step), format_number(step.mean, 3), share_text(step.negative, _tr("uphill"))
        )
        for step in layer.steps
    ]
    return "\n".join(lines)


def _tr(text: str) -> str:
    return QCoreApplication.translate("RatesView", text)
