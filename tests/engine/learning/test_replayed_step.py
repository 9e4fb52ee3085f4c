"""Steps of a run by replay: the very numbers of the computation, and no recording lost to a change that is data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from metagen_gui.engine.adaptation.task_noise import TaskNoise
from metagen_gui.engine.algorithms.base import Algorithm, MetaGradient, Moment
from metagen_gui.engine.beneath_autograd.recording import TooLong
from metagen_gui.engine.beneath_autograd.replay import Recording
from metagen_gui.engine.experiment import SECTIONS, Experiment
from metagen_gui.engine.learning import replayed_step
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.replayed_step import COMPARED, SEEN_BEFORE, flatten, unflatten
from metagen_gui.engine.models.base import models
from metagen_gui.engine.run.outer_loop import meta_train
from tests.engine.cells import EVERY, diagonal, home

Tiny = Callable[..., Experiment]

A, B = torch.ones(5, 4), torch.zeros(5, 4)


def test_trees_come_back() -> None:
    tree = [{"a": {"x": A, "y": B}, "b": {}}, A, {"z": B}, {}]
    tensors, structure = flatten(tree)
    assert [value is expected for value, expected in zip(tensors, [A, B, A, B], strict=True)]
    meta, support, noise, empty = unflatten(tensors, structure)
    assert meta["a"]["x"] is A and meta["a"]["y"] is B
    assert support is A and noise["z"] is B and not empty and not meta["b"]


PROVING = SEEN_BEFORE + COMPARED + 1
"""Steps that are computed before a recording takes over; the one that is recorded is computed twice."""
LIVE: list[dict[str, Any]] = [
    {},
    {"training.outer_lr": 0.001},
    {"algorithm.inner_lr": 0.07},
    {
        "algorithm.group_rates": {"head": 0.03},
        "algorithm.inner_clip": 0.4,
        "algorithm.l2_weight": 0.01,
        "algorithm.kl_weight": 0.2,
        "model.beta": 1.7,
        "model.penalty": 0.3,
        "model.mmd_weight": 3.3,
    },
]
"""What is changed, in turn."""


def watch(learner: MetaLearner) -> list[MetaGradient]:
    """Return a list that everything the algorithm computes from now on is added to."""
    calls: list[MetaGradient] = []
    own = learner.algorithm.meta_gradient

    def watched(*given: object) -> MetaGradient:
        calls.append(own(*given))
        return calls[-1]

    learner.algorithm.meta_gradient = watched
    return calls


@pytest.mark.parametrize(("algorithm", "model"), diagonal(3))
def test_numbers_do_not_depend_on_replay_and_no_live_change_costs_a_recording(
    tiny: Tiny, algorithm: str, model: str
) -> None:
    """Every algorithm and model: losses to the last digit and weights to the last bit, whatever changes on the way."""
    listening = "auto" if EVERY or model == "vae" else "never"  # beneath autograd, where all that takes twice as long
    values: dict[str, Any] = {"training.meta_steps": 30, "training.factored": listening}
    if len(models.get(model).players) > 1:  # whose steps have several turns each
        values["algorithm.adaptation_steps"] = 1
    if algorithm == "maml_pp":  # whose weights change every hundredth of a run while they are annealed
        values["algorithm.multi_step_share"] = values["algorithm.first_order_share"] = 0.0
    played, computed = (
        MetaLearner(tiny(home(model), model, algorithm, {**values, "training.replay": on})) for on in (True, False)
    )
    calls = watch(played)
    known = {f"{s}.{item.name}" for s in SECTIONS for item in played.experiment.settings(s) if item.live}
    for changes in LIVE:
        for path in changes.keys() & known:
            for learner in (played, computed):
                learner.change(path, changes[path])
        counted = len(calls)
        for _ in range(2 if changes else PROVING + 1):
            assert played.step() == computed.step(), changes
        # with a new number it is compared once, and not recorded
        assert len(calls) - counted == (PROVING if not changes else "training.outer_lr" not in changes), changes
        assert played.replayed.replaying and played.replayed.recorded == 1, changes
    assert not computed.replayed.replaying and not played.replayed.news
    for player, own in played.meta.items():
        assert all(torch.equal(value, computed.meta[player][name]) for name, value in own.items())


def test_a_weight_that_becomes_nothing_is_another_computation(tiny: Tiny) -> None:
    values = {"training.meta_steps": 30, "training.factored": "never", "algorithm.adaptation_steps": 1}
    played, computed = (
        MetaLearner(tiny("densities", "gan", "maml", {**values, "training.replay": on})) for on in (True, False)
    )
    for value in (0.1, 0.0):
        for learner in (played, computed):
            learner.change("model.penalty", value)
        for _ in range(PROVING + 1):
            assert played.step() == computed.step()
    assert played.replayed.replaying and played.replayed.recorded == 2
    assert played.replayed.news == ["Steps are recorded anew, because model.penalty changed."]


def test_an_algorithm_that_needs_its_numbers_as_such_has_them(tiny: Tiny) -> None:
    """Its rates are written into its recordings, and a change of them costs one; of others it does not."""
    values = {"training.meta_steps": 90, "training.factored": "never"}
    played, computed = (MetaLearner(tiny(values={**values, "training.replay": on})) for on in (True, False))
    for learner in (played, computed):
        own = learner.algorithm.meta_gradient

        def steeper(*given: Any, learner: MetaLearner = learner, own: Any = own) -> MetaGradient:
            found, rate = own(*given), float(learner.algorithm.settings.inner_lr)
            by_rate = {p: {n: rate * g for n, g in values.items()} for p, values in found.gradients.items()}
            return MetaGradient(by_rate, found.query_loss)

        learner.algorithm.meta_gradient = steeper
    for path, value in (("training.outer_lr", 0.002), ("algorithm.inner_lr", 0.2), ("training.outer_lr", 0.001)):
        for learner in (played, computed):
            learner.change(path, value)
        for _ in range(2 * PROVING):
            assert played.step() == computed.step()
        assert played.replayed.replaying
    assert played.replayed.recorded == 2
    assert played.replayed.news == ["Steps are recorded anew, because algorithm.inner_lr changed."]


def test_a_recording_that_a_number_decides_about_unseen_is_given_up(tiny: Tiny) -> None:
    """Where what is computed hangs on a number in a way that no recording sees, the comparison does."""
    values = {"training.meta_steps": 90, "training.factored": "never"}
    played, computed = (MetaLearner(tiny(values={**values, "training.replay": on})) for on in (True, False))
    for learner in (played, computed):
        own, experiment = learner.algorithm.meta_gradient, learner

        def turning(*given: Any, learner: MetaLearner = experiment, own: Any = own) -> MetaGradient:
            found, rate = own(*given), learner.experiment.config("algorithm").inner_lr
            turned = {p: {n: -g if rate > 1 else g for n, g in v.items()} for p, v in found.gradients.items()}
            return MetaGradient(turned, found.query_loss)

        learner.algorithm.meta_gradient = turning
    for value in (0.1, 1.5, 0.1):
        for learner in (played, computed):
            learner.change("algorithm.inner_lr", value)
        for _ in range(2 * PROVING):
            assert played.step() == computed.step()
        assert played.replayed.replaying
    assert played.replayed.news == [
        "With the new numbers a recorded step differs; steps are recorded anew.",
        "Steps are recorded anew, because algorithm.inner_lr changed.",
    ]


def test_an_algorithm_that_promises_nothing_is_computed_every_time(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    learner = MetaLearner(tiny(values={"training.meta_steps": 100}))
    monkeypatch.setattr(type(learner.algorithm), "phase", Algorithm.phase)
    calls = watch(learner)
    for _ in range(12):
        learner.step()
    assert len(calls) == 12 and not learner.replayed.news


def test_a_recording_that_is_not_faithful_is_dropped(tiny: Tiny) -> None:
    """An algorithm with a hidden state: its recording agrees with nothing, so it is computed every time."""
    learner = MetaLearner(tiny(values={"training.meta_steps": 100}))
    own, count = learner.algorithm.meta_gradient, [0]

    def drifting(*given: object) -> MetaGradient:
        count[0] += 1
        found = own(*given)
        return MetaGradient(
            {p: {n: g * count[0] for n, g in values.items()} for p, values in found.gradients.items()}, found.query_loss
        )

    learner.algorithm.meta_gradient = drifting
    for _ in range(12):
        learner.step()
    assert not learner.replayed.replaying and count[0] in (14, 15, 16), (
        "recorded with its numbers handed in and with them written into it, in turns if something changes in place"
    )
    (told,) = learner.replayed.news
    assert told.startswith("Steps are not replayed from a recording: it does not give the same")


def test_a_step_that_cannot_be_recorded_is_computed(tiny: Tiny) -> None:
    learner = MetaLearner(tiny(values={"training.meta_steps": 100}))
    own, count = learner.algorithm.meta_gradient, [0]

    def asking(*given: object) -> MetaGradient:
        count[0] += 1
        found = own(*given)
        assert float(found.query_loss["curve"].mean()) > -1e9
        return found

    learner.algorithm.meta_gradient = asking
    for _ in range(12):
        assert learner.step().applied
    assert not learner.replayed.replaying and count[0] in (14, 15, 16), (
        "recorded with its numbers handed in and with them written into it, in turns if something changes in place"
    )
    (told,) = learner.replayed.news
    assert told.startswith("Steps are not replayed from a recording: NotOfTensors")


@pytest.mark.parametrize("wrong", ["not a number", "another type", "another shape", "it fails"])
def test_only_a_recording_that_gives_the_very_same_takes_over(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    def spoiled(*inputs: Tensor) -> tuple[Tensor, ...]:
        spoil = {
            "not a number": lambda value: value.new_full(value.shape, torch.nan),
            "another type": lambda value: value.double(),
            "another shape": lambda value: value[None],
            "it fails": lambda value: value.view(7, 11, 13),
        }[wrong]
        return tuple(map(spoil, right(*inputs)))

    def right(*inputs: Tensor) -> tuple[Tensor, ...]:
        return tuple(torch.zeros_like(value) for value in expected)

    learner = MetaLearner(tiny(values={"training.meta_steps": 100}))
    zero = {p: {n: torch.zeros_like(v) for n, v in values.items()} for p, values in learner.meta.items()}
    learner.algorithm.meta_gradient = lambda *given: MetaGradient(zero, {"curve": torch.zeros(2)})
    expected = [*zero["curve"].values(), torch.zeros(2)]
    for replay, takes_over in ((right, True), (spoiled, False)):
        recording = Recording(torch.fx.Graph(), replay, {})
        monkeypatch.setattr(replayed_step, "record", lambda step, inputs, recording=recording: recording)
        learner.forget()
        for _ in range(13):
            learner.step()
        assert learner.replayed.replaying is takes_over


def test_an_algorithm_is_given_all_of_the_noise(tiny: Tiny) -> None:
    learner = MetaLearner(tiny("densities", "vae", "maml"))
    own = learner.algorithm.meta_gradient

    def watched(meta: object, support: Tensor, query: Tensor, noise: TaskNoise, moment: Moment) -> MetaGradient:
        assert noise.inner["z"].shape[-2] == support.shape[1]
        return own(meta, support, query, noise, moment)

    learner.algorithm.meta_gradient = watched
    assert learner.step().applied


def test_a_run_replays_and_says_the_same(tiny: Tiny, tmp_path: Path) -> None:
    tables = []
    for replay in (True, False):
        values = {"training.replay": replay, "training.meta_steps": 12, "training.validate_every": 4}
        folder = tmp_path / str(replay)
        list(meta_train(tiny(values=values), out=folder, previews=False))
        rows = [line.split(",") for line in (folder / "metrics.csv").read_text().splitlines()]
        tables.append([row[:1] + row[2:] for row in rows])
    assert tables[0] == tables[1]


def test_the_moment_matters_only_where_an_algorithm_says_so() -> None:
    from metagen_gui.engine.algorithms.base import algorithms

    promised = {name: plugin for name, plugin in algorithms.items() if plugin.phase is not Algorithm.phase}
    assert {"maml", "fomaml", "reptile", "meta_sgd", "anil", "cavia", "imaml", "maml_pp"} <= set(promised)
    assert Moment().share == 0


def test_a_step_that_is_too_long_is_tried_once_in_a_run(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def never(*given: object) -> Recording:
        tried.append(1)
        raise TooLong

    monkeypatch.setattr(replayed_step, "record", never)
    learner = MetaLearner(tiny(values={"training.meta_steps": 100}))
    for lr in (0.1, 0.2):
        learner.change("algorithm.inner_lr", lr)
        for _ in range(6):
            assert learner.step().applied
    assert tried == [1] and not learner.replayed.replaying and "too long" in learner.replayed.news[0]
