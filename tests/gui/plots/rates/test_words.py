from __future__ import annotations

import numpy as np
import pytest

from metagen_gui.gui.plots.rates.words import by_layer, details, headline, mean_rate, remarks, share_text
from tests.gui.snapshots import rates_report


def test_the_headline_counts_layers_steps_and_every_rate() -> None:
    rates = np.full((1, 100), 0.1)
    rates[0, :3] = -0.1
    assert headline(rates_report(1400, body=rates)) == "Learned rates of 1 layer after 1,400 steps: 3 % negative"
    both = rates_report(400, body=rates, head=np.full((1, 300), 0.2))
    assert headline(both) == "Learned rates of 2 layers after 400 steps: 0.8 % negative"
    steps = rates_report(0, body=np.full((3, 4, 5), 0.1))
    assert headline(steps) == "Learned rates of 1 layer after 0 steps: none negative"


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "none uphill"),
        (0.0004, "under 0.1 % uphill"),
        (0.0034, "0.3 % uphill"),
        (0.12, "12 % uphill"),
        (0.999, "over 99 % uphill"),
        (1.0, "all uphill"),
    ],
)
def test_a_share_is_none_or_all_only_where_it_is(share: float, said: str) -> None:
    assert share_text(share, "uphill") == said


def test_layers_keep_their_order_and_their_steps_together() -> None:
    layers = by_layer(rates_report(body__weight=np.full((3, 4), 0.1), body__bias=np.full((3, 2), 0.3)))
    assert [(layer.name, [step.step for step in layer.steps]) for layer in layers] == [
        ("body.weight", [0, 1, 2]),
        ("body.bias", [0, 1, 2]),
    ]


def test_remarks_on_many_rates_and_on_single_ones() -> None:
    rates = np.linspace(-0.1, 0.9, 1000)[None]
    (many,) = by_layer(rates_report(weight=rates))
    assert remarks(many) == ["10 % uphill", "mean 0.4", "1,000 rates"]
    (one,) = by_layer(rates_report(weight=np.full((1, 1), 0.25)))
    assert remarks(one) == ["none uphill", "rate 0.25"]
    (some,) = by_layer(rates_report(weight=np.array([[0.3], [-0.1]])))
    assert remarks(some) == ["50 % uphill", "mean 0.1"]
    assert details(some) == "step 1: mean 0.3, none uphill\nstep 2: mean -0.1, all uphill"


def test_rates_that_are_not_finite_are_named_so() -> None:
    (layer,) = by_layer(rates_report(weight=np.array([[np.nan, 0.1]])))
    assert "mean not finite" in remarks(layer)
    assert np.isnan(mean_rate(layer.steps))
