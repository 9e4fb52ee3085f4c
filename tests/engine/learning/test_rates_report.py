"""What is told about learned rates: histograms that count every rate once, with 0 between the bins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from metagen_gui.engine.events import RatesReport, ValidationReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.observer import Observer
from metagen_gui.engine.learning.rates_report import BINS, histogram_edges, report_rates
from metagen_gui.engine.run.outer_loop import meta_train

Tiny = Callable[..., Experiment]
RATES = st.floats(-1e3, 1e3)


@given(st.lists(st.lists(RATES, min_size=3, max_size=3), min_size=1, max_size=4))
def test_edges_hold_every_rate_and_part_downhill_from_uphill(rows: list[list[float]]) -> None:
    values = np.array(rows)
    edges = histogram_edges(values)
    assert len(edges) == BINS + 1 and (np.diff(edges) > 0).all()
    assert np.histogram(values, edges)[0].sum() == values.size
    if values.min() < -1e-6 and values.max() > 1e-6:
        assert 0.0 in edges


@pytest.mark.parametrize("kind", ["per_group", "per_layer", "per_entry"])
@pytest.mark.parametrize("model", ["vae", "gan", "curve"])
def test_every_adapted_layer_and_step_is_told(tiny: Tiny, model: str, kind: str) -> None:
    learner = MetaLearner(tiny("densities", model, "maml", {"algorithm.learned_rates": kind}))
    report = report_rates(learner.algorithm, learner.meta, 7)
    rates = learner.algorithm.rates(learner.meta)
    names = learner.algorithm.adapted(learner.algorithm.initialization(learner.meta))
    assert report.meta_step == 7
    told = [(layer.player, layer.name, layer.step) for layer in report.layers]
    assert sorted(told) == sorted((p, name, step) for p in rates for name in names[p] for step in range(2))
    for layer in report.layers:
        values = rates[layer.player][layer.name][layer.step].detach()
        assert layer.count == values.numel() == layer.counts.sum()
        assert layer.mean == pytest.approx(float(values.mean())) and layer.negative == 0


def test_the_share_that_goes_uphill_is_counted(tiny: Tiny) -> None:
    learner = MetaLearner(tiny("sinusoids", "curve", "meta_sgd"))
    with torch.no_grad():
        learner.meta["curve"]["@rate.head.bias"].fill_(-0.5)
        learner.meta["curve"]["@rate.body.0.bias"][0, :2] = -0.01
    found = {layer.name: layer for layer in Observer(learner).rates().layers}
    assert found["head.bias"].negative == 1 and found["head.bias"].mean == pytest.approx(-0.5)
    assert found["body.0.bias"].negative == pytest.approx(2 / 6) and found["body.0.weight"].negative == 0
    below = found["body.0.bias"].edges[1:] <= 0
    assert found["body.0.bias"].counts[below].sum() == 2


@pytest.mark.parametrize(("algorithm", "values"), [("reptile", {}), ("maml", {"algorithm.learned_rates": "no"})])
def test_an_algorithm_that_learns_no_rates_tells_nothing(tiny: Tiny, algorithm: str, values: dict[str, str]) -> None:
    assert Observer(MetaLearner(tiny("densities", "vae", algorithm, values))).rates() is None


def test_rates_are_told_with_every_validation(tiny: Tiny, tmp_path: Path) -> None:
    events = list(meta_train(tiny("densities", "vae", "meta_sgd"), out=tmp_path / "run"))
    told = [(type(event), event.meta_step) for event in events if isinstance(event, RatesReport | ValidationReport)]
    assert told == [pair for step in (0, 2, 3) for pair in ((ValidationReport, step), (RatesReport, step))]
