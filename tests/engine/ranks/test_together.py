"""Runs whose steps are shared: what all do alike, what one has trouble with, and what a person changes."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from metagen_gui.engine.events import Event, Notice, RunBroken, RunFinished, RunStarted, StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.ranks import following
from metagen_gui.engine.ranks.learner import SharingLearner
from metagen_gui.engine.run.commands import Commands
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import load_checkpoint
from tests.engine.ranks.conftest import InThreads

pytestmark = pytest.mark.usefixtures("time_limit")
Tiny = Callable[..., Experiment]
Share = tuple[torch.Tensor, Callable[[], Any], str]
FIVE = {"training.meta_batch_size": 5, "training.meta_steps": 4}


def losses(events: list[Event]) -> list[float]:
    return [loss for event in events if isinstance(event, StepReport) for loss in event.query_loss.values()]


def told(events: list[Event]) -> str:
    return "\n".join(event.text for event in events if isinstance(event, Notice))


def in_rank(monkeypatch: pytest.MonkeyPatch, rank: int, instead: Callable[[SharingLearner, Share], Share]) -> None:
    """Let something else come out where process `rank` computes its share."""
    before = SharingLearner.share
    monkeypatch.setattr(
        SharingLearner, "share", lambda self: instead(self, before(self)) if self.rank == rank else before(self)
    )


def assert_all_equal(folder: Path, in_threads: InThreads) -> None:
    """Compare what every process has learned, bit by bit, with what the first one has saved."""
    assert in_threads.learners and not in_threads.broke
    kept = load_checkpoint(folder / "checkpoints")
    for learner in in_threads.learners.values():
        assert learner.meta_step == kept.meta_step
        for player, values in learner.meta.items():
            assert all(torch.equal(value, kept.meta[player][name]) for name, value in values.items())


def test_three_share_five_tasks_and_learn_the_same(
    tiny: Tiny, in_threads: InThreads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = [*meta_train(tiny(values=FIVE), out=tmp_path / "alone")]
    monkeypatch.setattr(MetaLearner, "notices", lambda self: (f"a file of {getattr(self, 'rank', 0)} is bad",))
    shared = [*meta_train(tiny(values={**FIVE, "training.processes": 3}), out=tmp_path / "shared")]
    assert [event.processes for event in shared if isinstance(event, RunStarted)] == [3]
    assert losses(shared) == pytest.approx(losses(alone), rel=1e-5)
    assert isinstance(shared[-1], RunFinished)
    assert [told(shared).count(f"a file of {rank} is bad") for rank in range(3)] == [1, 1, 1]
    assert_all_equal(tmp_path / "shared", in_threads)


def test_a_step_that_is_not_finite_for_one_is_applied_by_none(
    tiny: Tiny, in_threads: InThreads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoilt(learner: SharingLearner, share: Share) -> Share:
        if learner.meta_step == 1:
            share[0][0] = math.nan
        return share

    in_rank(monkeypatch, 1, spoilt)
    events = [*meta_train(tiny(values={"training.processes": 2}), out=tmp_path / "run")]
    assert [event.applied for event in events if isinstance(event, StepReport)] == [True, False, True]
    assert_all_equal(tmp_path / "run", in_threads)


def test_where_memory_is_too_short_for_one_all_take_fewer_tasks_at_a_time(
    tiny: Tiny, in_threads: InThreads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {**FIVE, "training.meta_batch_size": 8, "training.processes": 2}
    plenty = [*meta_train(tiny(values=values), out=tmp_path / "plenty")]
    taken: list[tuple[int, int]] = []

    def short(learner: SharingLearner, share: Share) -> Share:
        taken.append((learner.meta_step, learner.chunk))
        if learner.meta_step == 1 and learner.chunk != 2:
            raise MemoryError
        return share

    in_threads.__init__()  # type: ignore[misc]
    in_rank(monkeypatch, 1, short)
    events = [*meta_train(tiny(values=values), out=tmp_path / "run")]
    assert "Memory was too short: from here on 2 of a step's tasks are computed at a time." in told(events)
    assert taken == [(0, 0), (1, 0), (1, 2), (2, 2), (3, 2)]
    assert losses(events) == pytest.approx(losses(plenty), rel=1e-5)
    assert_all_equal(tmp_path / "run", in_threads)


def test_what_breaks_in_one_ends_the_run_with_what_was_learned(
    tiny: Tiny, in_threads: InThreads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(learner: SharingLearner, share: Share) -> Share:
        if learner.meta_step == 2:
            raise OSError("pictures\nare gone")
        return share

    in_rank(monkeypatch, 1, broken)
    with pytest.raises(RunBroken, match=r"^process 2 of 2: OSError: pictures are gone$"):
        [*meta_train(tiny(values={"training.processes": 2}), out=tmp_path / "run")]
    assert load_checkpoint(tmp_path / "run" / "checkpoints").meta_step == 2
    assert not in_threads.broke


def test_what_breaks_in_the_first_one_is_raised_as_it_is(
    tiny: Tiny, in_threads: InThreads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(learner: SharingLearner, share: Share) -> Share:
        raise ZeroDivisionError("nought")

    in_rank(monkeypatch, 0, broken)
    with pytest.raises(ZeroDivisionError, match="nought"):
        [*meta_train(tiny(values={"training.processes": 2}), out=tmp_path / "run")]
    assert not in_threads.broke


def test_a_live_change_holds_for_all_from_the_same_step_on(tiny: Tiny, in_threads: InThreads, tmp_path: Path) -> None:
    commands = Commands()
    for event in meta_train(tiny(values={**FIVE, "training.processes": 2}), out=tmp_path / "run", commands=commands):
        if isinstance(event, StepReport) and event.meta_step == 2:
            commands.change("training.outer_lr", 0.5)
            commands.change("algorithm.adaptation_steps", 5)  # which may not be changed: nobody hears of it
    assert [learner.training.outer_lr for learner in in_threads.learners.values()] == [0.5]
    assert_all_equal(tmp_path / "run", in_threads)


def test_closed_early_it_saves_and_lets_the_others_end(tiny: Tiny, in_threads: InThreads, tmp_path: Path) -> None:
    run = meta_train(tiny(values={**FIVE, "training.processes": 2}), out=tmp_path / "run")
    next(event for event in run if isinstance(event, StepReport))
    run.close()
    assert load_checkpoint(tmp_path / "run" / "checkpoints").meta_step == 1
    assert_all_equal(tmp_path / "run", in_threads)


def test_one_that_cannot_learn_the_same_is_told_of_before_there_is_a_run(
    tiny: Tiny, in_threads: InThreads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: object) -> None:
        raise BadInput("tasks.path", "is not here")

    monkeypatch.setattr(following, "restore", refuse)
    with pytest.raises(BadInput, match=r"^training.processes: process 2 of 2: BadInput: tasks.path: is not here$"):
        [*meta_train(tiny(values={"training.processes": 2}), out=tmp_path / "run")]
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"training.processes": 3}, "3 processes cannot share the 2 tasks of a step"),
        ({"training.processes": 2, "training.device": "mps"}, "there is no 'mps' here"),
        ({"training.processes": 2, "training.device": "cuda:9"}, "there is no 'cuda:9' here"),
    ],
)
def test_what_cannot_be_shared_is_refused_before_anything_is_started(
    tiny: Tiny, in_threads: InThreads, tmp_path: Path, values: dict[str, Any], why: str
) -> None:
    with pytest.raises(BadInput, match=why):
        [*meta_train(tiny(values=values), out=tmp_path / "run")]
    assert not in_threads.threads
    assert not (tmp_path / "run").exists()
