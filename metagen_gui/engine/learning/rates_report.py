"""What an algorithm has learned about its inner rates, as histograms layer by layer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from metagen_gui.engine.algorithms.base import Algorithm, MetaParams
from metagen_gui.engine.events import LayerRates, RatesReport

BINS = 32
Numbers = npt.NDArray[np.float64]


@torch.no_grad()
def report_rates(algorithm: Algorithm, meta: MetaParams, meta_step: int) -> RatesReport | None:
    """Return the learned inner rates of every adapted parameter and step, or None where none are learned."""
    layers: list[LayerRates] = []
    for player, values in algorithm.learned_rates(meta).items():
        for name, rates in values.items():
            by_step = rates.reshape(len(rates), -1).cpu().double().numpy()  # in this order: MPS has no float64
            if not by_step.size:
                continue  # a context of no numbers
            edges = histogram_edges(by_step)
            layers += [
                _layer(player, name, -1 if len(by_step) == 1 else step, row, edges) for step, row in enumerate(by_step)
            ]
    return RatesReport(meta_step, tuple(layers)) if layers else None


def histogram_edges(values: Numbers) -> Numbers:
    """Return the edges of the bins for all steps of one layer, with an edge at 0 if there are rates on both sides."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-9):
        reach = 0.5 * max(abs(low), 1e-6)
        low, high = low - reach, high + reach
    edges = np.linspace(low, high, BINS + 1)
    if low < 0 < high:
        edges[min(max(int(np.abs(edges).argmin()), 1), BINS - 1)] = 0.0
    return edges


def _layer(
    player: str, name: str, step: int, rates: npt.NDArray[np.float64], edges: npt.NDArray[np.float64]
) -> LayerRates:
    counts, _ = np.histogram(rates, edges)
    return LayerRates(
        player=player,
        name=name,
        step=step,
        count=rates.size,
        mean=float(rates.mean()),
        negative=float((rates < 0).mean()),
        edges=edges,
        counts=counts,
    )
