"""Recordings: the same bits as the computation, on inputs they were not made from; none where that cannot be had."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from metagen_gui.engine.beneath_autograd import replay as replays
from metagen_gui.engine.beneath_autograd.recording import NotOfTensors, TooLong
from metagen_gui.engine.beneath_autograd.replay import Recording, record
from metagen_gui.engine.experiment import Experiment
from tests.engine.beneath_autograd.peak import peak_bytes

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
    monkeypatch.setattr(replays, "TOGETHER", 3)
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


ALSO_GIVEN = {
    "view": [(4, 5)], "expand": [(5, 4)], "permute": [(1, 0)], "reshape": [(-1,)], "squeeze": [0],
    "squeeze.dims": [(0,)], "unsqueeze": [1], "transpose": [0, 1], "select": [1, 2], "sum": [],
    "sum.dim_IntList": [[1], True], "mean": [[0], True], "pow": [2], "div": [SECOND], "div.Scalar": [3.0],
    "mul": [SECOND], "mul.Scalar": [0.3], "add": [SECOND], "sub": [SECOND], "addcmul": [SECOND, SECOND],
}  # fmt: skip
"""By operation, what it is given after a matrix `(5, 4)`; those that are not here take nothing else."""


@pytest.mark.parametrize("name", replays.PUBLIC)
def test_a_public_function_gives_what_the_operation_gives(name) -> None:
    packet, _, overload = name.partition(".")
    operation = getattr(getattr(torch.ops.aten, packet), overload)
    square, many = SECOND[:4], SECOND[None].expand(3, 5, 4)
    unlike = {
        "mm": [FIRST, square], "addmm": [SECOND, FIRST, square], "bmm": [many, many.mT],
        "baddbmm": [many[:, :, :1], many, many.mT], "cat": [[FIRST, SECOND], 1], "stack": [[FIRST, SECOND], 1],
        "where": [FIRST > 0, FIRST, SECOND],
    }  # fmt: skip
    given = unlike.get(packet) or [FIRST, *ALSO_GIVEN.get(name, ALSO_GIVEN.get(packet, []))]
    found, expected = replays._called(operation)(*given), operation(*given)
    assert replays._called(operation) is not operation._op
    assert found.stride() == expected.stride() and torch.equal(found.nan_to_num(), expected.nan_to_num())


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


def test_a_view_of_the_same_shape_that_lies_otherwise_stays() -> None:
    """By the strides of an axis of length 1, too, a product chooses its kernel, and kernels round differently."""

    def step(x: Tensor) -> tuple[Tensor, ...]:
        column = x[:, :, None].transpose(1, 2)
        return column, column.view(column.shape), x.t() * 1

    expected = step(SECOND)
    assert expected[0].stride() != expected[1].stride()
    for found, each in zip(record(step, [FIRST])(SECOND), expected, strict=True):
        assert torch.equal(found, each) and found.stride() == each.stride()


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
