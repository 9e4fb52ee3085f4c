"""Meta-SGD: how its rates begin, that they may turn negative, and that they are learned."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from metagen_gui.engine.algorithms.base import Moment
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.observer import Observer
from metagen_gui.engine.settings.bad_input import BadInput
from tests.engine.toys import Quadratic, build, positive, quiet, task


def test_all_rates_begin_at_one_number_between_the_bounds(tiny: Callable[..., Experiment]) -> None:
    starts = []
    for seed in range(20):
        learner = MetaLearner(tiny("densities", "gan", "meta_sgd", {"training.seed": seed}))
        named = [pair for values in learner.meta.values() for pair in values.items()]
        rates = {number for name, value in named if name.startswith("@rate.") for number in value.unique().tolist()}
        assert len(rates) == 1
        starts += rates
    assert 0.005 <= min(starts) < 0.03 and 0.075 < max(starts) <= 0.1 and len(set(starts)) == 20


def test_every_adapted_number_has_a_rate_and_the_curves_count_in_units_of_one(tiny: Callable[..., Experiment]) -> None:
    learner = MetaLearner(tiny("sinusoids", "curve", "meta_sgd"))
    meta, rates = learner.meta["curve"], learner.algorithm.rates(learner.meta)["curve"]
    for name in learner.algorithm.adapted(learner.algorithm.initialization(learner.meta))["curve"]:
        assert meta[f"@rate.{name}"].shape == (1, *meta[name].shape)
        assert torch.equal(rates[name], meta[f"@rate.{name}"]), "with rates of 1, alpha is the step itself"


def test_a_negative_rate_goes_uphill_and_stays() -> None:
    """Nothing clamps it, neither in adaptation nor in what is reported."""
    algorithm = build("meta_sgd", Quadratic(2), 1, 1.0)
    meta = algorithm.initialize(torch.Generator().manual_seed(0))
    meta.own["x"]["rate.x"] = torch.tensor([[0.1, -0.1]], dtype=torch.float64)
    batch = task(torch.eye(2).double(), torch.zeros(2).double())
    start, end = algorithm.trajectory(meta, batch, {"none": torch.zeros(1, 1, 1)}, 1)
    assert end["x"]["x"].tolist() == pytest.approx([0.9 * start["x"]["x"][0].item(), 1.1 * start["x"]["x"][1].item()])
    assert algorithm.learned_rates(meta)["x"]["x"].tolist() == [[0.1, -0.1]]


def test_later_steps_use_the_same_rates() -> None:
    """The paper takes one step; asked for three, the third is as long as the first."""
    algorithm = build("meta_sgd", Quadratic(1), 1, 1.0)
    meta = algorithm.initialize(torch.Generator().manual_seed(0))
    meta.own["x"]["rate.x"] = torch.tensor([[0.5]], dtype=torch.float64)
    batch = task(torch.ones(1, 1).double(), torch.zeros(1).double())
    path = [float(p["x"]["x"]) for p in algorithm.trajectory(meta, batch, {"none": torch.zeros(3, 1, 1)}, 3)]
    assert path[1:] == pytest.approx([path[0] / 2, path[0] / 4, path[0] / 8])


def test_training_moves_rates_apart(tiny: Callable[..., Experiment]) -> None:
    learner = MetaLearner(tiny("sinusoids", "curve", "meta_sgd", {"model.initial_weights": "by_inputs"}))
    for _ in range(3):
        assert learner.step().applied
    assert len(learner.meta["curve"]["@rate.head.weight"].unique()) > 1
    report = Observer(learner).rates()
    assert report is not None and {layer.step for layer in report.layers} == {-1}


def test_bounds_the_wrong_way_round_are_refused(tiny: Callable[..., Experiment]) -> None:
    values = {"algorithm.lowest_start": 0.2, "algorithm.highest_start": 0.1}
    with pytest.raises(BadInput, match=r"^algorithm.lowest_start: 0.2 is above algorithm.highest_start \(0.1\)$"):
        MetaLearner(tiny("densities", "vae", "meta_sgd", values))


def test_no_derivative_is_taken_of_what_is_fixed() -> None:
    """inner_lr and the groups' rates scale alpha; they are settings, and changing them scales the step."""
    steps = []
    for lr in (1.0, 0.5):
        algorithm = build("meta_sgd", Quadratic(2), 1, lr)
        meta = algorithm.initialize(torch.Generator().manual_seed(0))
        batch = task(positive(2, 0), torch.ones(2).double())
        start, end = algorithm.trajectory(meta, batch, {"none": torch.zeros(1, 1, 1)}, 1)
        steps.append(end["x"]["x"] - start["x"]["x"])
        for value in meta["x"].values():
            value.requires_grad_()
        found = algorithm.meta_gradient(meta, batch[None], batch[None], quiet(1, 1, 1, 1), Moment())
        assert set(found.gradients["x"]) == {"x", "@rate.x"}
    torch.testing.assert_close(steps[1], steps[0] / 2)
