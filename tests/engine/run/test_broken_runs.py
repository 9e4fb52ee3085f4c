"""Runs that are closed, interrupted, given bad input or come out non-finite: what was learned is never lost."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from metagen_gui.engine.algorithms.base import MetaGradient
from metagen_gui.engine.algorithms.maml import Maml
from metagen_gui.engine.events import Event, Notice, RunBroken, RunFinished, Saved, StepReport, ValidationReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.run import training_run
from metagen_gui.engine.run.commands import Commands
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.run.training_run import Diverged
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import is_finite, load_checkpoint
from metagen_gui.engine.store.record import read_record
from metagen_gui.engine.tasks.base import Stream, Task
from metagen_gui.engine.tasks.sinusoids import Sinusoids

Tiny = Callable[..., Experiment]


def of_kind(events: list[Event], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.parametrize("steps", [0, 2])
def test_closing_midway_saves_what_was_learned(
    tiny: Tiny, tmp_path: Path, learners: list[MetaLearner], steps: int
) -> None:
    run = meta_train(tiny("densities", "gan", "maml"), out=tmp_path / "run")
    event = next(run)
    while not (steps == 0 or (isinstance(event, StepReport) and event.meta_step == steps)):
        event = next(run)
    run.close()
    found = load_checkpoint(tmp_path / "run" / "checkpoints")
    (learner,) = learners
    assert found.meta_step == learner.meta_step == steps
    assert {player: set(values) for player, values in found.meta.items()} == {
        player: set(values) for player, values in learner.meta.items()
    }
    for player, values in found.meta.items():
        assert all(torch.equal(learner.meta[player][name].detach(), value) for name, value in values.items())
    rows = (tmp_path / "run" / "metrics.csv").read_text().splitlines()[1:]
    assert [row.partition(",")[0] for row in rows] == (["0", "1", "2", "2"] if steps else [])


def test_an_interruption_saves_too(tiny: Tiny, tmp_path: Path) -> None:
    run = meta_train(tiny(), out=tmp_path / "run")
    for event in run:
        if isinstance(event, StepReport):
            break
    with pytest.raises(KeyboardInterrupt):
        run.throw(KeyboardInterrupt)
    assert load_checkpoint(tmp_path / "run" / "checkpoints").meta_step == 1


@pytest.mark.parametrize(
    "changes", [{"training.device": "cuda:99"}, {"algorithm.adapts": "toes"}, {"training.outer_lr": 0.1}]
)
def test_bad_input_is_raised_before_the_first_event(tiny: Tiny, tmp_path: Path, changes: dict[str, object]) -> None:
    """Nothing is left behind; the last case is a folder that is not empty."""
    out = tmp_path / "run"
    if "training.outer_lr" in changes:
        out.mkdir()
        (out / "thesis.tex").write_text("x")
    with pytest.raises(BadInput):
        next(meta_train(tiny(values=changes), out=out))
    assert not out.exists() or [path.name for path in out.iterdir()] == ["thesis.tex"]


def breaking(monkeypatch: pytest.MonkeyPatch, broken: Callable[[int], bool], loss: float = math.nan) -> None:
    """Make the outer gradient of the given calls NaN, and the losses what is said."""
    calls, own = itertools.count(), Maml.meta_gradient

    def meta_gradient(self: Maml, *given: Any) -> MetaGradient:
        if not broken(next(calls)):
            return own(self, *given)
        gradients = {p: {n: torch.full_like(v, math.nan) for n, v in values.items()} for p, values in given[0].items()}
        return MetaGradient(gradients, {player: torch.full((2,), loss) for player in given[0]})

    monkeypatch.setattr(Maml, "meta_gradient", meta_gradient)


def test_a_step_that_is_not_finite_is_told_once_and_not_applied(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaking(monkeypatch, lambda call: call in (1, 2, 4))
    changes = {"training.meta_steps": 6, "training.validate_every": 1, "training.replay": False}
    events = list(meta_train(tiny(values=changes), out=tmp_path / "run"))
    assert [(n.meta_step, n.text) for n in of_kind(events, Notice)] == [
        (step, "A step came out non-finite and was not applied.") for step in (2, 5)
    ]
    assert [report.diverged for report in of_kind(events, StepReport)] == [0, 2, 2, 0, 2, 0]
    losses = [report.query_loss["curve"].tolist() for report in of_kind(events, ValidationReport)]
    moved = [before != after for before, after in itertools.pairwise(losses)]
    assert moved == [True, False, False, True, False, True]
    assert is_finite(load_checkpoint(tmp_path / "run" / "checkpoints").meta)


def test_a_run_that_stays_non_finite_gives_up_and_keeps_the_last_good_state(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, learners: list[MetaLearner]
) -> None:
    monkeypatch.setattr(training_run, "MOST_FAILURES", 5)
    breaking(monkeypatch, lambda call: call >= 1 and call != 5)
    changes = {"training.meta_steps": 50, "training.validate_every": 100, "training.replay": False}
    experiment = tiny(values=changes)
    events: list[Event] = []
    with pytest.raises(Diverged, match=r"last 5 could be applied: losses are not finite; lower algorithm.inner_lr"):
        for event in meta_train(experiment, out=tmp_path / "run", previews=False):
            events.append(event)
    # step 1 is sound, 2 to 5 are not, 6 is, and then five in a row are too many
    assert [report.meta_step for report in of_kind(events, StepReport)] == list(range(1, 11))
    found = load_checkpoint(tmp_path / "run" / "checkpoints")
    assert found.meta_step == 11 and is_finite(found.meta)
    record = read_record(tmp_path / "run")
    assert record is not None and record.state == "failed" and record.diverged
    for name, value in found.meta["curve"].items():
        assert torch.equal(value, learners[0].meta["curve"][name].detach())


@pytest.mark.parametrize(("loss", "said"), [(1.0, "gradients are not finite, though"), (math.nan, "losses are not")])
def test_what_is_not_finite_is_said_as_it_is(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loss: float, said: str
) -> None:
    monkeypatch.setattr(training_run, "MOST_FAILURES", 2)
    breaking(monkeypatch, lambda call: True, loss)
    with pytest.raises(Diverged, match=f"last 2 could be applied: {said}"):
        list(meta_train(tiny(values={"training.replay": False}), out=tmp_path / "run"))


def test_data_that_vanishes_ends_the_run_in_words_and_keeps_what_was_learned(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No longer `BadInput`, which says that nothing has begun: whoever sees one may delete or reuse the folder."""
    own = Sinusoids.task

    def task(self: Sinusoids, stream: Stream, index: int, shots: int, query_size: int) -> Task:
        if stream == "train" and index >= 4:
            raise BadInput("tasks.path", "/media/stick does not exist")
        return own(self, stream, index, shots, query_size)

    monkeypatch.setattr(Sinusoids, "task", task)
    events: list[Event] = []
    with pytest.raises(RunBroken, match=r"^tasks.path: /media/stick does not exist$"):
        for event in meta_train(tiny(), out=tmp_path / "run"):
            events.append(event)
    assert [report.meta_step for report in of_kind(events, StepReport)] == [1, 2]
    assert load_checkpoint(tmp_path / "run" / "checkpoints").meta_step == 2
    rows = (tmp_path / "run" / "metrics.csv").read_text().splitlines()[1:]
    assert [row.partition(",")[0] for row in rows] == ["0", "1", "2", "2"]


def test_files_found_bad_during_a_run_are_told_once_each(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = ["a is bad"]
    monkeypatch.setattr(Sinusoids, "notices", lambda self: tuple(found))
    run = meta_train(tiny(values={"training.meta_steps": 4}), out=tmp_path / "run")
    told: list[Notice] = []
    for event in run:
        if isinstance(event, Notice):
            told.append(event)
        if isinstance(event, StepReport) and event.meta_step == 1:
            found.append("b is bad")
    assert told == [Notice("a is bad", 0), Notice("b is bad", 2)]
    assert (tmp_path / "run" / "events.jsonl").read_text().count("is bad") == 2


def test_a_checkpoint_asked_for_or_due_is_not_written_of_weights_that_are_not_finite(
    tiny: Tiny, tmp_path: Path, learners: list[MetaLearner]
) -> None:
    """Three such saves would push out every good one."""
    commands = Commands()
    run = meta_train(tiny(values={"training.meta_steps": 5}), out=tmp_path / "run", commands=commands)
    events: list[Event] = []
    for event in run:
        events.append(event)
        if isinstance(event, StepReport):
            commands.save_now()
            if event.meta_step == 2:
                with torch.no_grad():
                    learners[0].meta["curve"]["context"].fill_(math.inf)
    assert [saved.meta_step for saved in of_kind(events, Saved)] == [2]
    assert [n.meta_step for n in of_kind(events, Notice) if n.text.startswith("Not saved:")] == [3, 4, 5, 5]
    assert isinstance(events[-1], RunFinished)
    assert load_checkpoint(tmp_path / "run" / "checkpoints").meta_step == 2


def test_weights_that_are_not_finite_never_replace_good_ones(
    tiny: Tiny, tmp_path: Path, learners: list[MetaLearner]
) -> None:
    commands = Commands()
    commands.save_now()
    run = meta_train(tiny(), out=tmp_path / "run", commands=commands)
    for event in run:
        if isinstance(event, StepReport) and event.meta_step == 2:
            break
    with torch.no_grad():
        learners[0].meta["curve"]["context"].fill_(math.nan)
    run.close()
    found = load_checkpoint(tmp_path / "run" / "checkpoints")
    assert found.meta_step == 1 and is_finite(found.meta)
