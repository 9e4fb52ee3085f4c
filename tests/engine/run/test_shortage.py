"""Memory that is too short: fewer tasks at a time; a clean stop after three; nothing of a failed step is kept."""

from __future__ import annotations

import gc
import itertools
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from metagen_gui.engine.algorithms.base import MetaGradient
from metagen_gui.engine.algorithms.maml import Maml
from metagen_gui.engine.events import Event, Notice, RunBroken, StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.observer import Observer
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import load_checkpoint

Tiny = Callable[..., Experiment]
VALUES = {"training.meta_steps": 5, "training.meta_batch_size": 8, "training.replay": False}
ERRORS: list[Callable[[], Exception]] = [
    lambda: torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    lambda: RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried"),
    MemoryError,
]


def of_kind(events: list[Event], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int, Callable[[], Exception]], list[Any]]:
    """Let the outer gradient fail in some calls, holding tensors; return weak references to those."""

    def failing(first: int, times: int, error: Callable[[], Exception]) -> list[Any]:
        own, calls, held = Maml.meta_gradient, itertools.count(), list[Any]()

        def meta_gradient(self: Maml, *given: Any) -> MetaGradient:
            number = next(calls)
            found = own(self, *given)
            if number == first + len(held):
                gc.collect()
                assert not [one for one in held if one() is not None], "before the next attempt"
            if first <= number < first + times:
                large = torch.zeros(1000, requires_grad=True) * found.query_loss["curve"].mean()
                held.append(weakref.ref(large))
                raise error()
            return found

        monkeypatch.setattr(Maml, "meta_gradient", meta_gradient)
        return held

    return failing


@pytest.mark.parametrize("error", ERRORS, ids=["gpu", "cpu", "python"])
def test_too_short_twice_and_a_quarter_of_the_tasks_at_a_time_go_on(
    tiny: Tiny, tmp_path: Path, attempts: Any, learners: list[MetaLearner], error: Callable[[], Exception]
) -> None:
    held = attempts(2, 2, error)
    events = list(meta_train(tiny(values=VALUES), out=tmp_path / "run", previews=False))
    assert [notice.text for notice in of_kind(events, Notice)] == [
        f"Memory was too short: from here on {fewer} of a step's tasks are computed at a time." for fewer in (4, 2)
    ]
    assert [report.meta_step for report in of_kind(events, StepReport)] == [1, 2, 3, 4, 5]
    assert learners[0].chunk == 2 and len(held) == 2
    gc.collect()
    assert not [one for one in held if one() is not None]


def test_the_gradient_of_fewer_at_a_time_is_the_same(tiny: Tiny, tmp_path: Path, attempts: Any) -> None:
    list(meta_train(tiny(values=VALUES), out=tmp_path / "whole", previews=False))
    attempts(2, 1, ERRORS[0])
    list(meta_train(tiny(values=VALUES), out=tmp_path / "halved", previews=False))
    whole, halved = (load_checkpoint(tmp_path / name / "checkpoints").meta["curve"] for name in ("whole", "halved"))
    for name, value in whole.items():
        torch.testing.assert_close(halved[name], value, rtol=1e-3, atol=1e-4)


def test_three_times_in_a_row_end_the_run_in_words_with_what_was_learned(
    tiny: Tiny, tmp_path: Path, attempts: Any
) -> None:
    held, events = attempts(2, 3, ERRORS[0]), list[Event]()
    with pytest.raises(RunBroken, match=r"^there is not enough memory; lower training\.meta_batch_size"):
        for event in meta_train(tiny(values=VALUES), out=tmp_path / "run", previews=False):
            events.append(event)
    assert len(held) == 3 and [report.meta_step for report in of_kind(events, StepReport)] == [1, 2]
    gc.collect()
    assert not [one for one in held if one() is not None]
    assert load_checkpoint(tmp_path / "run" / "checkpoints", whole=True).meta_step == 2
    steps = [event.meta_step for event in resume_run(tmp_path / "run", previews=False) if isinstance(event, StepReport)]
    assert steps == [3, 4, 5]


def test_fewer_at_a_time_are_remembered_by_a_resumed_run(
    tiny: Tiny, tmp_path: Path, attempts: Any, learners: list[MetaLearner]
) -> None:
    attempts(1, 1, ERRORS[0])
    run = meta_train(tiny(values=VALUES), out=tmp_path / "run", previews=False)
    next(event for event in run if isinstance(event, StepReport) and event.meta_step == 3)
    run.close()
    list(resume_run(tmp_path / "run", previews=False))
    assert [learner.chunk for learner in learners] == [4, 4]


def test_one_task_cannot_be_halved(tiny: Tiny, tmp_path: Path, attempts: Any) -> None:
    held = attempts(1, 9, ERRORS[0])
    with pytest.raises(RunBroken, match="not enough memory"):
        list(meta_train(tiny(values={**VALUES, "training.meta_batch_size": 1}), out=tmp_path / "run", previews=False))
    assert len(held) == 1


def test_validation_and_pictures_are_spared_too(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, learners: list[MetaLearner]
) -> None:
    for name in ("validate", "snapshot"):
        own, calls = getattr(Observer, name), itertools.count()

        def failing(self: Observer, *given: Any, own: Any = own, calls: Any = calls) -> Any:
            if next(calls) == 1:
                raise ERRORS[0]()
            return own(self, *given)

        monkeypatch.setattr(Observer, name, failing)
    events = list(meta_train(tiny(values=VALUES), out=tmp_path / "run"))
    assert sum("Memory was too short" in notice.text for notice in of_kind(events, Notice)) == 2
    assert learners[0].chunk == 2


def test_a_step_that_broke_off_while_it_was_applied_is_neither_repeated_nor_saved(
    tiny: Tiny, tmp_path: Path, learners: list[MetaLearner]
) -> None:
    """One player has moved, the other has not: again would move the first twice."""

    calls = itertools.count()

    def short(*_: object) -> None:
        if next(calls) == 0:
            raise ERRORS[0]()

    experiment = tiny("densities", "gan", "maml", {"training.meta_steps": 5, "training.replay": False})
    run = meta_train(experiment, out=tmp_path / "run", previews=False)
    next(event for event in run if isinstance(event, StepReport) and event.meta_step == 1)
    whole = [value.detach().clone() for values in learners[0].meta.values() for value in values.values()]
    list(learners[0].optimizers.values())[-1].step = short  # type: ignore[method-assign, assignment]
    with pytest.raises(RunBroken, match="not enough memory"):
        list(run)
    now = [value for values in learners[0].meta.values() for value in values.values()]
    assert any(not torch.equal(*pair) for pair in zip(now, whole, strict=True)), "or this test shows nothing"
    assert not list((tmp_path / "run" / "checkpoints").glob("*.json")), "nothing was saved before, and no half now"
    with pytest.raises(BadInput, match="begin a new run"):  # what it has written is not written over
        next(resume_run(tmp_path / "run"))


def test_other_errors_are_not_taken_for_a_shortage(tiny: Tiny, tmp_path: Path, attempts: Any) -> None:
    held = attempts(1, 9, lambda: RuntimeError("size mismatch"))
    with pytest.raises(RuntimeError, match="size mismatch"):
        list(meta_train(tiny(values=VALUES), out=tmp_path / "run", previews=False))
    assert len(held) == 1
