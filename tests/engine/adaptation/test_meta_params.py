"""What is meta-learned: a model's and an algorithm's apart for those who compute, together for those who store."""

from __future__ import annotations

import torch

from metagen_gui.engine.adaptation.meta_params import MetaParams
from metagen_gui.engine.store.checkpoint import from_bytes, to_bytes

META = MetaParams(
    {"x": {"weight": torch.ones(2), "rate.weight": torch.zeros(3)}, "y": {"bias": torch.ones(1)}},
    {"x": {"rate.weight": torch.full((1,), 0.5)}},
)


def test_together_an_algorithms_own_come_behind_and_marked_so_that_no_name_stands_for_two() -> None:
    assert list(META) == ["x", "y"] and len(META) == 2
    assert list(META["x"]) == ["weight", "rate.weight", "@rate.weight"]
    assert META["x"]["@rate.weight"] is META.own["x"]["rate.weight"]
    assert META["y"] == META.model["y"] and META["y"] is not META.model["y"]


def test_they_are_told_apart_again_after_a_file() -> None:
    again = MetaParams.of(from_bytes(to_bytes(META), "here"))
    assert again.own.keys() == {"x", "y"} and not again.own["y"] and again.model["x"].keys() == META.model["x"].keys()
    for player, values in META.items():
        assert all(torch.equal(again[player][name], value) for name, value in values.items())
