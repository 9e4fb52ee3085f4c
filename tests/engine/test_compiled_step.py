"""Compiled steps take over when they agree and are faster; whatever else happens, the run has its replay."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from metagen_gui.engine import compiled_step
from metagen_gui.engine.compilation import CannotCompile, compiler
from metagen_gui.engine.compiled_step import COMPARED, CompiledStep, agree
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.meta_learner import MetaLearner
from metagen_gui.engine.plain_graph import read
from metagen_gui.engine.recording import Recording, Step, Tensors, record
from metagen_gui.engine.replayed_step import ReplayedStep

Tiny = Callable[..., Experiment]
FIRST, SECOND = (torch.randn(6, 4, generator=torch.Generator().manual_seed(seed)) for seed in (0, 1))
TOOK_OVER = "A compiled step took over: 2.0 × faster."


def step(x: Tensor) -> Tensors:
    return x.sin() * 2, x.sum(0)


class Pretended:
    """A compilation that is over when a test says so."""

    made: list[Pretended]

    def __init__(self, text: str) -> None:
        self.text, self.ready, self.closed, self.failure = text, False, False, ""
        self.made.append(self)

    def library(self) -> Path | None:
        if self.failure:
            raise CannotCompile(self.failure)
        return Path("step.so") if self.ready else None

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[Pretended]:
    """Have nothing compiled in earnest: return what is begun instead. What comes out is the graph as it was written."""

    def as_written(library: str, kept: list[Tensor]) -> Step:
        module, _ = read(Pretended.made[-1].text)
        return torch.inference_mode()(lambda *inputs: module(*inputs, *kept))

    monkeypatch.setattr(Pretended, "made", [], raising=False)
    monkeypatch.setattr(compiled_step, "Compilation", Pretended)
    monkeypatch.setattr(compiled_step, "_loaded", as_written)
    takes(monkeypatch, replayed=2.0, compiled=1.0)
    return Pretended.made


def comes_out(monkeypatch: pytest.MonkeyPatch, compiled: Step) -> None:
    """Have this for what was compiled."""
    monkeypatch.setattr(compiled_step, "_loaded", lambda library, kept: compiled)


def takes(monkeypatch: pytest.MonkeyPatch, replayed: float, compiled: float) -> None:
    """Have calls take so many seconds."""
    turns = [replayed, compiled]

    def timed(step: Step, inputs: list[Tensor]) -> tuple[Tensors, float]:
        turns.reverse()
        return step(*inputs), turns[1]

    monkeypatch.setattr(compiled_step, "_timed", timed)


def begun() -> tuple[CompiledStep, list[str]]:
    news: list[str] = []
    return CompiledStep(record(step, [FIRST]), [FIRST], [1, 1], news), news


def test_it_takes_over_after_so_many_steps_that_agree(compilations: list[Pretended]) -> None:
    fast, news = begun()
    for _ in range(3):
        assert torch.equal(fast(SECOND)[0], step(SECOND)[0])
    assert not news and not fast.took_over
    compilations[0].ready = True
    for _ in range(COMPARED):
        fast(SECOND)
    assert not fast.took_over
    fast(FIRST)
    assert fast.took_over and news == [TOOK_OVER]
    assert torch.equal(fast(FIRST)[1], step(FIRST)[1])


def outcome(compilations: list[Pretended], inputs: Tensor = FIRST) -> str:
    """Return what is told about a compilation that is ready after some steps, all of which come out right."""
    fast, news = begun()
    compilations[0].ready = True
    for _ in range(COMPARED + 1):
        for found, expected in zip(fast(inputs), step(inputs), strict=True):
            assert torch.equal(found.nan_to_num(), expected.nan_to_num())
    assert fast.took_over == (news == [TOOK_OVER]) and compilations[0].closed == (bool(news) and not fast.took_over)
    (told,) = news or [""]
    return told


def test_what_is_compared_is_what_the_run_goes_on_with(
    compilations: list[Pretended], monkeypatch: pytest.MonkeyPatch
) -> None:
    comes_out(monkeypatch, lambda x: tuple(value * (1 + 1e-6) for value in step(x)))
    assert outcome(compilations) == TOOK_OVER


def test_what_differs_is_not_used(compilations: list[Pretended], monkeypatch: pytest.MonkeyPatch) -> None:
    comes_out(monkeypatch, lambda x: (step(x)[0], step(x)[1] * 1.001))
    assert "differs" in outcome(compilations)


def test_what_is_no_faster_is_not_used(compilations: list[Pretended], monkeypatch: pytest.MonkeyPatch) -> None:
    takes(monkeypatch, replayed=1.0, compiled=1.0)
    assert "no faster" in outcome(compilations)


def test_what_fails_is_not_used(compilations: list[Pretended], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*inputs: Tensor) -> Tensors:
        raise RuntimeError("a symbol\nis missing")

    comes_out(monkeypatch, fail)
    assert outcome(compilations) == "The compiled step failed and is not used: a symbol is missing."


def test_what_cannot_be_loaded_is_not_used(compilations: list[Pretended], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(library: str, kept: list[Tensor]) -> Step:
        raise RuntimeError("not an image")

    monkeypatch.setattr(compiled_step, "_loaded", fail)
    assert outcome(compilations) == "Steps are not compiled: not an image."


def test_a_step_that_diverged_tells_nothing(compilations: list[Pretended]) -> None:
    assert outcome(compilations, FIRST * torch.inf) == ""


def test_a_compiler_that_fails_is_told_once(compilations: list[Pretended]) -> None:
    fast, news = begun()
    compilations[0].failure = "the compiler ended with status -9"
    for _ in range(4):
        fast(FIRST)
    assert news == ["Steps are not compiled: the compiler ended with status -9."]


def test_where_there_is_no_compiler_steps_are_replayed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    fast, news = begun()
    assert torch.equal(fast(SECOND)[0], step(SECOND)[0])
    assert news == ["Steps are not compiled: there is no C++ compiler."]
    fast.close()


def test_a_step_that_is_too_long_is_not_compiled(
    compilations: list[Pretended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled_step, "LONGEST", 3)
    assert begun()[1] and not compilations


def test_tensors_that_lie_otherwise_in_memory_are_replayed(
    compilations: list[Pretended], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is compiled goes by the strides of its inputs and does not look."""
    fast, _ = begun()
    compilations[0].ready = True
    for _ in range(COMPARED + 1):
        fast(FIRST)
    assert fast.took_over
    monkeypatch.setattr(fast, "_fast", lambda *inputs: pytest.fail("not for these"))
    turned = FIRST.t().contiguous().t()
    assert torch.equal(fast(turned)[0], step(FIRST)[0])


def test_agreement_is_relative_to_each_tensor_but_for_what_cancels() -> None:
    large, small, tiny = torch.full((4,), 3.0), torch.full((4,), 0.5), torch.full((4,), 1e-9)
    expected = (large, small, tiny, large * 1e6)
    assert agree(tuple(value * (1 + 5e-5) for value in expected), expected, [3, 1])
    assert agree((large, small, -tiny, expected[3]), expected, [3, 1]), "rounding, beside the others"
    assert not agree((large, small * 1.001, tiny, expected[3]), expected, [3, 1])
    assert not agree((large, small * torch.nan, tiny, expected[3]), expected, [3, 1])
    assert not agree((large, small[:1], tiny, expected[3]), expected, [3, 1])
    assert not agree((large * 1.001, small, tiny, expected[3]), expected, [3, 1]), "parts count for themselves"


@pytest.mark.skipif(compiler() is None, reason="there is no C++ compiler")
def test_what_is_compiled_agrees_with_the_replay(own_folders: Path) -> None:
    """The real one: second-order gradients under vmap, a kept tensor, oneDNN's product, one that is left to torch."""
    held = torch.arange(4.0)

    def inner(x: Tensor) -> Tensor:
        return (x - 0.1 * torch.func.grad(lambda y: torch.tanh(y * y.sum()).sum())(x) + held).square().sum()

    def step(x: Tensor) -> Tensors:
        product = torch.ops.mkldnn._linear_pointwise.default(x, x * 2, None, "none", [], "")
        image = torch.ops.aten.col2im.default(x.t(), [2, 4], [2, 2], [1, 1], [0, 0], [1, 2])
        spread = x.new_full((2, 1), 3.0).expand(2, 4)
        return (
            torch.func.vmap(torch.func.grad(inner))(x),
            product,
            image,
            torch.empty_like(x).fill_(2.0).mul_(x) + spread,
        )

    news: list[str] = []
    recording = record(step, [FIRST[:2]])
    fast = CompiledStep(recording, [FIRST[:2]], [1, 1, 1, 1], news)
    while fast._fast is None and not news:
        time.sleep(0.05)
        fast(FIRST[:2])
    assert not news and fast._fast is not None
    for given in (FIRST[:2], SECOND[:2], FIRST[2:4] * 100):
        assert agree(fast._fast(given), recording(given), [1, 1, 1, 1])
    assert not any(value.requires_grad for value in fast._fast(FIRST[:2].clone().requires_grad_()))


# -- in a run ----------------------------------------------------------------------------------------------------------


def twins(tiny: Tiny) -> tuple[MetaLearner, MetaLearner]:
    """Return two learners of the same run; the first compiles its steps."""
    one, other = (MetaLearner(tiny("densities", "vae", "maml", {"training.meta_steps": 100})) for _ in range(2))
    one.replayed = ReplayedStep(one.algorithm, on=True, compiling="when ready")
    return one, other


def test_a_run_goes_on_while_settings_change_and_steps_compile(tiny: Tiny, compilations: list[Pretended]) -> None:
    one, other = twins(tiny)
    for lr in (0.1, 0.2):
        for each in (one, other):
            each.change("algorithm.inner_lr", lr)
        for _ in range(9):
            assert one.step() == other.step()
    assert [task.closed for task in compilations] == [True, False] and not one.replayed.compiled
    compilations[1].ready = True
    for _ in range(COMPARED + 3):
        assert one.step() == other.step()
    assert one.replayed.news == [TOOK_OVER] and one.replayed.compiled
    one.change("algorithm.inner_lr", 0.3)
    other.change("algorithm.inner_lr", 0.3)
    assert one.step() == other.step() and not one.replayed.compiled
    one.replayed.close()


def test_closing_a_run_ends_what_compiles(tiny: Tiny, compilations: list[Pretended]) -> None:
    one, _ = twins(tiny)
    one.replayed.close()
    for _ in range(9):
        one.step()
    one.replayed.close()
    assert [task.closed for task in compilations] == [True]


def test_nothing_is_compiled_unless_asked_for(tiny: Tiny, compilations: list[Pretended]) -> None:
    _, other = twins(tiny)
    for _ in range(12):
        other.step()
    assert other.replayed.replaying and not compilations and not other.replayed.compiled
    assert not isinstance(other.replayed._situation.replay, Recording), "nobody needs the graph, and it is large"
