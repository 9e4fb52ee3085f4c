"""Recorded graphs as text: what is read computes the same bits, and what text cannot tell is refused."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from metagen_gui.engine.plain_graph import Kind, NotPlain, read, written
from metagen_gui.engine.recording import record

FIRST, SECOND = (torch.randn(6, 4, generator=torch.Generator().manual_seed(seed)) for seed in (0, 1))


def step(x: Tensor) -> tuple[Tensor, ...]:
    """Use lists, numbers, infinity, types, devices, nothing, parts of outcomes and kept tensors."""
    one, other = x.split(3)
    whole = torch.arange(4, dtype=torch.int64, device="cpu").to(torch.float64)
    mixed = torch.cat([one, other], dim=1)[:, ::2].clamp_min(-0.0)
    return mixed.sum((0, 1), keepdim=True), (x * whole).masked_fill(x > 0, float("inf")), x[:, torch.tensor([2, 0])]


def test_what_is_read_computes_what_was_written() -> None:
    recording = record(step, [FIRST])
    kept = [recording.kept[str(node.target)] for node in recording.graph.nodes if node.op == "get_attr"]
    assert kept, "the step has tensors that depend on no input"
    module, kinds = read(written(recording.graph, [FIRST, *kept]))
    assert kinds == [Kind.of(tensor) for tensor in (FIRST, *kept)]
    for found, expected in zip(module(SECOND, *kept), recording(SECOND), strict=True):
        assert found.dtype == expected.dtype and torch.equal(found, expected)


def test_the_same_step_is_the_same_text_and_another_is_not() -> None:
    once, again, other = (record(lambda x, by=by: (x * by,), [FIRST]).graph for by in (2.0, 2.0, 3.0))
    assert written(once, [FIRST]) == written(again, [FIRST])
    assert (
        len({written(graph, [given]) for graph in (once, other) for given in (FIRST, FIRST.t(), FIRST.double())}) == 6
    )


def test_an_example_is_of_its_kind() -> None:
    turned, spread, empty = (
        torch.ones(3, 4, dtype=torch.float64).t()[1:],
        torch.ones(3, 1).expand(3, 4),
        torch.ones(0, 2),
    )
    for given in (turned, spread, empty, torch.tensor(1)):
        example = Kind.of(given).example()
        assert Kind.of(example) == Kind.of(given) and not example.any()


def test_what_text_does_not_tell_is_refused() -> None:
    own = torch.Generator()
    recording = record(lambda x: (torch.rand(2, generator=own) + x[0, 0],), [FIRST])
    with pytest.raises(NotPlain):
        written(recording.graph, [FIRST])
