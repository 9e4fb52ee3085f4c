"""Steps as graphs: what a graph is given, what it gives back, and when it is not used. No GPU is needed for that:

what stands in for a graph here computes from tensors at fixed places to tensors at fixed places, as a graph does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from metagen_gui.engine.beneath_autograd import cuda_graph
from metagen_gui.engine.beneath_autograd.cuda_graph import COMPARED, GraphedStep, agree
from metagen_gui.engine.beneath_autograd.recording import Step, Tensors
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning import replayed_step
from metagen_gui.engine.learning.meta_learner import MetaLearner

Tiny = Callable[..., Experiment]
Change = Callable[[Tensor], object]
TAKEN_OVER = ["Steps are run as one CUDA graph from here on."]
FIRST, *REST = (torch.randn(4, 3, generator=torch.Generator().manual_seed(seed)) for seed in range(8))


def step(x: Tensor) -> Tensors:
    return x.sin() * 2, x.sum(0)


def graphs(monkeypatch: pytest.MonkeyPatch, spoil: Change = lambda outcome: None) -> None:
    """Capture on the CPU; `spoil` may change the first of the outcomes of a graph."""

    def captured(step: Step, inputs: Sequence[Tensor]) -> tuple[Callable[[], object], Tensors]:
        outcomes = tuple(value.clone() for value in step(*inputs))

        def again() -> None:
            for kept, value in zip(outcomes, step(*inputs), strict=True):
                kept.copy_(value)
            spoil(outcomes[0])

        return again, outcomes

    monkeypatch.setattr(cuda_graph, "captured", captured)


def told(given: Sequence[Tensor], replay: Step = step) -> tuple[list[str], GraphedStep]:
    """Return the news after these inputs, on all of which the step has to come out right."""
    news = list[str]()
    graphed = GraphedStep(replay, [FIRST], [1, 1], news)
    for inputs in given:
        for found, expected in zip(graphed(inputs), step(inputs), strict=True):
            torch.testing.assert_close(found, expected, equal_nan=True)
    return news, graphed


def test_it_takes_over_after_so_many_steps_that_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    graphs(monkeypatch)
    calls = list[Tensor]()

    def replay(x: Tensor) -> Tensors:
        calls.append(x)
        return step(x)

    news, graphed = told(REST[: COMPARED - 1], replay)
    assert not news and not graphed.took_over
    news, graphed = told(REST[:COMPARED], replay)
    assert news == TAKEN_OVER and graphed.took_over
    calls.clear()
    one = graphed(REST[-1])
    assert len(calls) == 1 and calls[0].data_ptr() != REST[-1].data_ptr(), "the graph computes, from where it reads"
    graphed(FIRST)
    torch.testing.assert_close(one[0], step(REST[-1])[0])  # what was given out does not change with the next step


@pytest.mark.parametrize(
    ("off", "used"), [(1e-6, True), (1e-2, False), (float("nan"), False)], ids=["rounding", "more", "not finite"]
)
def test_only_rounding_may_differ(monkeypatch: pytest.MonkeyPatch, off: float, used: bool) -> None:
    graphs(monkeypatch, lambda outcome: outcome.mul_(1 + off))
    news, graphed = told(REST[:COMPARED])
    assert graphed.took_over is used and (news == TAKEN_OVER or "differs by more than rounding" in news[0])


def test_what_is_not_finite_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    graphs(monkeypatch)
    news, graphed = told([torch.full_like(FIRST, torch.nan)] * (COMPARED + 1))
    assert not news and not graphed.took_over
    news, graphed = told([torch.full_like(FIRST, torch.nan), *REST[:COMPARED]])
    assert graphed.took_over


def test_a_graph_that_fails_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(outcome: Tensor) -> None:
        raise RuntimeError("CUDA error:\n  no such thing")

    graphs(monkeypatch, fail)
    assert told(REST)[0] == ["The CUDA graph failed and is not used: CUDA error: no such thing"]


def test_where_nothing_can_be_captured_steps_are_replayed() -> None:
    news, graphed = told(REST)  # in earnest: there need be no GPU, and what is given lies elsewhere
    (why,) = news
    assert why.startswith("Steps are not run as a CUDA graph: ") and not graphed.took_over


@pytest.mark.parametrize("chunk", [0, 1])
def test_a_run_comes_out_the_same(tiny: Tiny, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    """Also with tasks in turn, where what one part gave is held while the next is computed."""
    changes = {"training.meta_steps": 40, "training.chunk": chunk}
    plain, graphed = (MetaLearner(tiny("densities", "vae", "maml", changes)) for _ in range(2))
    expected = [plain.step() for _ in range(12)]
    graphs(monkeypatch)
    monkeypatch.setattr(replayed_step, "has_graphs", lambda device: True)
    assert [graphed.step() for _ in range(12)] == expected
    assert graphed.replayed.graphed and graphed.replayed.news == TAKEN_OVER and not plain.replayed.graphed
    for player, values in plain.meta.items():
        assert all(torch.equal(value, graphed.meta[player][name]) for name, value in values.items())


def test_agreement_is_relative_to_each_tensor_but_for_what_cancels() -> None:
    large, small, tiny = torch.full((4,), 3.0), torch.full((4,), 0.5), torch.full((4,), 1e-9)
    expected = (large, small, tiny, large * 1e6)
    assert agree(tuple(value * (1 + 5e-5) for value in expected), expected, [3, 1])
    assert agree((large, small, -tiny, expected[3]), expected, [3, 1]), "rounding, beside the others"
    assert not agree((large, small * 1.001, tiny, expected[3]), expected, [3, 1])
    assert not agree((large, small * torch.nan, tiny, expected[3]), expected, [3, 1])
    assert not agree((large, small[:1], tiny, expected[3]), expected, [3, 1])
    assert not agree((large * 1.001, small, tiny, expected[3]), expected, [3, 1]), "parts count for themselves"
