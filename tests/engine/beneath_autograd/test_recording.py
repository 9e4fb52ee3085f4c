"""Recordings: the same bits as the computation, on inputs they were not made from; none where that cannot be had."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from metagen_gui.engine.adaptation.task_noise import TaskNoise
from metagen_gui.engine.algorithms.base import Algorithm, MetaGradient, Moment
from metagen_gui.engine.beneath_autograd import replay_code
from metagen_gui.engine.beneath_autograd.memory import peak_bytes
from metagen_gui.engine.beneath_autograd.recording import NotOfTensors, Recording, TooLong, record
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning import replayed_step
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.replayed_step import COMPARED, SEEN_BEFORE, flatten, unflatten
from metagen_gui.engine.run.outer_loop import meta_train
from tests.engine.cells import PAIRS

Tiny = Callable[..., Experiment]
FIRST, SECOND = (torch.randn(5, 4, generator=torch.Generator().manual_seed(seed)) for seed in (0, 1))


def operations(replay: Recording) -> list[str]:
    """Return the names of the operations of a recording."""
    return [str(node.target) for node in replay.graph.nodes if node.op == "call_function"]


def second_order(x: Tensor) -> tuple[Tensor, ...]:
    def inner(x: Tensor) -> Tensor:
        return (x - 0.1 * torch.func.grad(lambda y: torch.tanh(y @ y).sum())(x)).square().sum()

    return torch.func.vmap(torch.func.grad(inner))(x), x.softmax(1)


def test_a_replay_gives_the_same_bits_for_other_inputs() -> None:
    replay = record(second_order, [FIRST])
    for given in (FIRST, SECOND, FIRST * 1e20):
        for found, expected in zip(replay(given), second_order(given), strict=True):
            assert torch.equal(found.nan_to_num(), expected.nan_to_num())
    assert not any(value.requires_grad for value in replay(FIRST.clone().requires_grad_()))


def test_a_long_replay_is_several_functions_that_hold_nothing_back(monkeypatch) -> None:
    monkeypatch.setattr(replay_code, "TOGETHER", 3)
    kept = torch.linspace(0, 1, 1000)

    def step(x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        first = here = x + kept
        for _ in range(10):
            here = torch.sin(here)
        return here * y, first, x

    given = torch.rand(1000), torch.rand(1000)
    replay = record(step, given)
    for found, expected in zip(replay(*given), step(*given), strict=True):
        assert torch.equal(found, expected)
    assert peak_bytes(lambda: replay(*given)) == 3 * 4000  # what will be returned, what is computed, and from what


def test_what_changes_nothing_and_what_is_computed_twice_is_left_out() -> None:
    def step(x: Tensor) -> tuple[Tensor, ...]:
        same = (x.detach() * 1).view(x.shape).expand(x.shape).t().t() ** 1
        return torch.sin(same) + torch.sin(x) + torch.ones_like(x) * 3, x

    replay = record(step, [FIRST])
    assert operations(replay) == ["aten.sin.default", "aten.add.Tensor", "aten.add.Tensor"]
    assert torch.equal(replay(SECOND)[0], step(SECOND)[0]) and replay(SECOND)[1] is SECOND


def test_numbers_that_are_equal_but_not_the_same_are_told_apart() -> None:
    """1 and 1.0 give other types, 0.0 and -0.0 other infinities; two calls with the same list are one."""
    whole = torch.arange(4)

    def step(x: Tensor) -> tuple[Tensor, ...]:
        first, again = x.sum([0], keepdim=True), x.sum([0], keepdim=True)
        places = (x[0] > 0).long() + whole
        signs = torch.full_like(x, -1.0).copysign(x * 0.0), torch.full_like(x, -1.0).copysign(x * -0.0)
        ones = torch.full((4,), 1), torch.full((4,), True)
        return places * 2, places * 2.0, *ones, *signs, first + again

    replay = record(step, [FIRST])
    assert operations(replay).count("aten.sum.dim_IntList") == 1
    for found, expected in zip(replay(SECOND), step(SECOND), strict=True):
        assert found.dtype == expected.dtype and torch.equal(found, expected)


def test_what_is_only_seen_otherwise_in_place_is_simplified_too() -> None:
    """As einsum does with the axes of its outcome; until then nothing with such a call was simplified."""

    def step(x: Tensor) -> tuple[Tensor, ...]:
        seen = torch.sin(x)[:, None].squeeze_([1]).t_().unsqueeze_(0).squeeze_(0).squeeze_()
        return seen + torch.sin(x).t(), torch.einsum("bi,bi->b", x, x)

    replay = record(step, [FIRST])
    assert operations(replay).count("aten.sin.default") == 1
    for found, expected in zip(replay(SECOND), step(SECOND), strict=True):
        assert torch.equal(found, expected)


def test_what_is_filled_whatever_the_inputs_are_is_made_once() -> None:
    def step(x: Tensor) -> tuple[Tensor, ...]:
        return x * x.new_full((4,), 2.0) * 3 + torch.empty_like(x).fill_(1.5).mul(2), x.new_full((4,), 5.0).mul_(x[0])

    replay = record(step, [FIRST])
    assert operations(replay).count("aten.new_full.default") == 1, "the one that is changed is made anew"
    assert "aten.fill.Scalar" not in operations(replay)
    for given in (FIRST, SECOND, FIRST):
        for found, expected in zip(replay(given), step(given), strict=True):
            assert torch.equal(found, expected)


def test_swaps_that_do_not_cancel_stay() -> None:
    def step(x: Tensor) -> tuple[Tensor, ...]:
        return x[None].transpose(0, 1).transpose(1, 2) + 0, x.t().contiguous().t() * 1.0, x * 2 / 1

    replay = record(step, [FIRST])
    for found, expected in zip(replay(SECOND), step(SECOND), strict=True):
        assert torch.equal(found, expected)


def test_changes_in_place_are_replayed_in_order() -> None:
    """Two equal buffers, one of them changed: taking them for one would be wrong."""

    def step(x: Tensor) -> tuple[Tensor, ...]:
        one, other = torch.zeros_like(x), torch.zeros_like(x)
        one[0] += x[0]
        before = one.clone()
        one.mul_(2)
        return one, other, before

    replay = record(step, [FIRST])
    for given in (FIRST, SECOND, FIRST):
        for found, expected in zip(replay(given), step(given), strict=True):
            assert torch.equal(found, expected)


def test_what_is_filled_before_it_is_read_counts_as_made_full() -> None:
    def step(x: Tensor) -> tuple[Tensor, ...]:
        fresh, read = torch.empty_like(x).fill_(2.0), torch.zeros_like(x)
        sight = read + x
        read.fill_(3.0)
        return fresh * x, sight, read * x

    replay = record(step, [FIRST])
    for found, expected in zip(replay(SECOND), step(SECOND), strict=True):
        assert torch.equal(found, expected)
    assert "aten.mul.Tensor" in operations(record(lambda x: (torch.empty_like(x).fill_(2.0) * x,), [FIRST]))


def test_what_is_changed_through_another_sight_of_it_is_replayed_as_it_was() -> None:
    """A row, a transposed view, a detached alias: what is written through one shows in the other."""

    def step(x: Tensor) -> tuple[Tensor, ...]:
        whole = x + 1
        row, turned, alias = whole[0], whole.t(), whole.detach()
        row.mul_(2)
        turned.sub_(x.t())
        return whole * 1.5, alias + 0.5, (x + 1) * 2

    replay = record(step, [FIRST])
    for given in (FIRST, SECOND):
        for found, expected in zip(replay(given), step(given), strict=True):
            assert torch.equal(found, expected)


def test_a_part_that_is_changed_shows_in_the_whole() -> None:
    def step(x: Tensor) -> tuple[Tensor, ...]:
        whole, other = x + 1, x - 1
        whole.split(2, 1)[0].mul_(2)
        other.unbind(0)[1].zero_()
        return whole * 1.5, other * 1.5

    for found, expected in zip(record(step, [FIRST])(SECOND), step(SECOND), strict=True):
        assert torch.equal(found, expected)


def test_what_is_the_same_for_all_inputs_until_it_is_changed_in_place() -> None:
    def step(x: Tensor) -> tuple[Tensor, ...]:
        places = torch.arange(20.0).view(5, 4) * 2
        before = places + x
        places.add_(x)
        return before, places * 3

    for found, expected in zip(record(step, [FIRST])(SECOND), step(SECOND), strict=True):
        assert torch.equal(found, expected)


def test_what_is_changed_in_place_and_seen_by_nobody_else_is_simplified_too() -> None:
    def step(x: Tensor) -> tuple[Tensor, ...]:
        one = torch.sin(x)
        before = one * 2
        one.sub_(x)
        return before, one, torch.sin(x) * 3

    replay = record(step, [FIRST])
    assert operations(replay).count("aten.sin.default") == 1
    for found, expected in zip(replay(SECOND), step(SECOND), strict=True):
        assert torch.equal(found, expected)


def test_numbers_that_a_model_holds_are_kept() -> None:
    held = torch.arange(4.0)
    replay = record(lambda x: (x @ held + torch.tensor(2.0),), [FIRST])
    assert torch.equal(replay(SECOND)[0], SECOND @ held + 2)


def test_a_step_that_asks_for_a_number_cannot_be_recorded() -> None:
    def step(x: Tensor) -> tuple[Tensor, ...]:
        return (x if x.sum() > 0 else -x,)

    with pytest.raises(NotOfTensors):
        record(step, [FIRST])


@pytest.mark.parametrize("way", ["numpy", "tolist", "asarray"])
def test_a_number_that_is_read_off_without_an_operation_is_noticed_too(way: str) -> None:
    """One comparison would find such a branch only if both sides of it came up."""
    read = {"numpy": Tensor.numpy, "tolist": Tensor.tolist, "asarray": np.asarray}[way]
    with pytest.raises(NotOfTensors):
        record(lambda x: (x if read(x.max()) < 100 else -x,), [FIRST])


def test_a_step_whose_shapes_depend_on_numbers_cannot_be_recorded() -> None:
    """The gradient of a mean over what a mask lets through divides by how many came through in the recording."""

    def mean_of_some(x: Tensor) -> tuple[Tensor, ...]:
        return (torch.autograd.grad(x[x.sum(1) > -9].mean(), x)[0],)

    for step in (mean_of_some, lambda x: (x.masked_select(x > 0),), lambda x: (torch.nonzero(x > 0),)):
        with pytest.raises(NotOfTensors):
            record(step, [FIRST.clone().requires_grad_()])
    places = torch.tensor([2, 0])
    assert torch.equal(record(lambda x: (x[:, places],), [FIRST])(SECOND)[0], SECOND[:, places])


def test_a_step_of_too_many_operations_is_given_up() -> None:
    def step(x: Tensor) -> tuple[Tensor, ...]:
        for _ in range(100):
            x = torch.sin(x)
        return (x,)

    with pytest.raises(TooLong):
        record(step, [FIRST], longest=50)
    assert len(operations(record(step, [FIRST], longest=150))) == 100


def test_randomness_is_drawn_anew() -> None:
    replay = record(lambda x: (x + torch.rand(5, 1), x + torch.rand(5, 1)), [FIRST])
    torch.manual_seed(3)
    a, b = replay(FIRST)
    torch.manual_seed(3)
    expected = FIRST + torch.rand(5, 1)
    assert torch.equal(a, expected) and not torch.equal(a, b)


def test_trees_come_back() -> None:
    tree = [{"a": {"x": FIRST, "y": SECOND}, "b": {}}, FIRST, {"z": SECOND}, {}]
    tensors, structure = flatten(tree)
    assert [value is expected for value, expected in zip(tensors, [FIRST, SECOND, FIRST, SECOND], strict=True)]
    meta, support, noise, empty = unflatten(tensors, structure)
    assert meta["a"]["x"] is FIRST and meta["a"]["y"] is SECOND
    assert support is FIRST and noise["z"] is SECOND and not empty and not meta["b"]


# -- in a run ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("algorithm", "model"), PAIRS)
def test_a_runs_numbers_do_not_depend_on_replay(tiny: Tiny, tmp_path: Path, algorithm: str, model: str) -> None:
    """Every algorithm and model: metrics to the last digit and weights to the last bit, and it did replay."""
    learners = []
    for replay in (True, False):
        values = {"training.replay": replay, "training.meta_steps": 9}
        if algorithm == "maml_pp":  # whose weights change every hundredth of a run while they are annealed
            values["algorithm.multi_step_share"] = values["algorithm.first_order_share"] = 0.0
        learner = MetaLearner(tiny("densities", model, algorithm, values))
        losses = [learner.step() for _ in range(9)]
        learners.append((learner, losses))
    (played, one), (computed, other) = learners
    assert one == other and played.replayed.replaying and not computed.replayed.replaying
    for player, values in played.meta.items():
        assert all(torch.equal(value, computed.meta[player][name]) for name, value in values.items())


def count_of_computed_steps(learner: MetaLearner, steps: int) -> int:
    """Take steps and return how many of them called the algorithm."""
    calls: list[MetaGradient] = []
    own = type(learner.algorithm).meta_gradient

    def watched(self: Algorithm, *given: object) -> MetaGradient:
        calls.append(own(self, *given))
        return calls[-1]

    learner.algorithm.meta_gradient = watched.__get__(learner.algorithm)
    for _ in range(steps):
        learner.step()
    return len(calls)


def test_a_changed_setting_ends_a_recording(tiny: Tiny) -> None:
    learner = MetaLearner(tiny("densities", "vae", "maml", {"training.meta_steps": 100}))
    twin = MetaLearner(tiny("densities", "vae", "maml", {"training.meta_steps": 100, "training.replay": False}))
    proving = SEEN_BEFORE + COMPARED + 1  # the step that is recorded is computed twice
    assert count_of_computed_steps(learner, 20) == proving
    for each in (learner, twin):
        each.change("algorithm.inner_lr", 0.05)
        each.change("model.beta", 3.0)
    assert count_of_computed_steps(learner, 20) == proving
    for _ in range(20):
        twin.step()
    for _ in range(20):
        twin.step()
    assert learner.meta_step == twin.meta_step == 40


def test_an_algorithm_that_promises_nothing_is_computed_every_time(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    learner = MetaLearner(tiny("densities", "vae", "maml", {"training.meta_steps": 100}))
    monkeypatch.setattr(type(learner.algorithm), "phase", Algorithm.phase)
    assert count_of_computed_steps(learner, 12) == 12


def test_a_recording_that_is_not_faithful_is_dropped(tiny: Tiny) -> None:
    """An algorithm with a hidden state: its recording agrees with nothing, so it is computed every time."""
    learner = MetaLearner(tiny("densities", "vae", "maml", {"training.meta_steps": 100}))
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
    assert not learner.replayed.replaying and count[0] in (13, 14), (
        "recorded once or, if something changes in place, twice"
    )


def test_a_step_that_cannot_be_recorded_is_computed(tiny: Tiny) -> None:
    learner = MetaLearner(tiny("densities", "vae", "maml", {"training.meta_steps": 100}))
    own, count = learner.algorithm.meta_gradient, [0]

    def asking(*given: object) -> MetaGradient:
        count[0] += 1
        found = own(*given)
        assert float(found.query_loss["vae"].mean()) > -1e9
        return found

    learner.algorithm.meta_gradient = asking
    for _ in range(12):
        assert learner.step().applied
    assert not learner.replayed.replaying and count[0] in (13, 14), (
        "recorded once or, if something changes in place, twice"
    )


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

    learner = MetaLearner(tiny("densities", "vae", "maml", {"training.meta_steps": 100}))
    zero = {p: {n: torch.zeros_like(v) for n, v in values.items()} for p, values in learner.meta.items()}
    learner.algorithm.meta_gradient = lambda *given: MetaGradient(zero, {"vae": torch.zeros(2)})
    expected = [*zero["vae"].values(), torch.zeros(2)]
    for replay, takes_over in ((right, True), (spoiled, False)):
        recording = Recording(torch.fx.Graph(), replay, {})
        monkeypatch.setattr(replayed_step, "record", lambda step, inputs, recording=recording: recording)
        learner.change("algorithm.inner_lr", 0.1)
        for _ in range(9):
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
        list(meta_train(tiny("densities", "gan", "maml", values), out=folder, previews=False))
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
    learner = MetaLearner(tiny("densities", "vae", "maml", {"training.meta_steps": 100}))
    for lr in (0.1, 0.2):
        learner.change("algorithm.inner_lr", lr)
        for _ in range(6):
            assert learner.step().applied
    assert tried == [1] and not learner.replayed.replaying
