"""The contract of a run, for every algorithm, model and task family there is."""

from __future__ import annotations

import csv
import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from metagen_gui.engine.events import (
    Event,
    Notice,
    RatesReport,
    RunFinished,
    RunStarted,
    Saved,
    SettingChanged,
    Snapshot,
    StepReport,
    ValidationReport,
)
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.models.base import adapted_groups, models
from metagen_gui.engine.run import training_run
from metagen_gui.engine.run.commands import Commands
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import load_checkpoint
from tests.engine.cells import CELLS, EVERY, REFUSED, diagonal, home

Tiny = Callable[..., Experiment]


def table(folder: Path, *, seconds: bool = True) -> list[list[str]]:
    """Return the rows of a run's metrics; without the one column that may differ from run to run."""
    with (folder / "metrics.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    return rows if seconds else [row[:1] + row[2:] for row in rows]


def of_kind(events: list[Event], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.parametrize("chosen", CELLS, ids="-".join)
def test_every_algorithm_trains_every_model_and_every_family_is_trained_on(
    tiny: Tiny, tmp_path: Path, chosen: tuple[str, ...]
) -> None:
    """Three steps, validated at 0, 2 and 3: events in order, finite losses, one row per report, everything on disk."""
    experiment = tiny(*chosen)
    events = list(meta_train(experiment, out=tmp_path / "a"))
    told = [event for event in events if not isinstance(event, Notice | RatesReport)]
    assert [(type(event), getattr(event, "meta_step", 0)) for event in told] == [
        (RunStarted, 0), (ValidationReport, 0), (Snapshot, 0), (StepReport, 1),
        (ValidationReport, 2), (Snapshot, 2), (StepReport, 2),
        (ValidationReport, 3), (Snapshot, 3), (StepReport, 3), (Saved, 3), (RunFinished, 3),
    ]  # fmt: skip
    started, finished = told[0], told[-1]
    assert started.folder == finished.folder == tmp_path / "a" and started.device == "cpu"
    settings = experiment.config("algorithm")
    count = settings.adaptation_steps + getattr(settings, "fine_tuning_steps", 0)
    assert started.players == models.get(chosen[1]).players and started.adaptation_steps == count
    assert started.meta_steps == 3 and started.parameters > 0
    for report in of_kind(events, StepReport):
        assert tuple(report.query_loss) == started.players and report.diverged == 0
        assert all(math.isfinite(loss) for loss in report.query_loss.values())
    for report in of_kind(events, ValidationReport):
        for losses in (*report.query_loss.values(), *report.support_loss.values()):
            assert losses.shape == (count + 1,) and np.isfinite(losses).all()
    clock = [event.seconds for event in told if hasattr(event, "seconds")]
    assert max(clock) == finished.seconds

    rows = table(tmp_path / "a")
    steps, players = range(count + 1), started.players
    expected = ["meta_step", "seconds", *(f"train/query_loss/{player}" for player in players), "train/diverged"]
    for kind in ("query_loss", "support_loss"):
        expected += [f"validation/{kind}/{player}/{step}" for player in players for step in steps]
    expected += [f"validation/{name}/{step}" for name in models.get(chosen[1]).detail_names for step in steps]
    assert rows[0] == expected and len(set(expected)) == len(expected)
    assert [row[0] for row in rows[1:]] == ["0", "1", "2", "2", "3", "3"]
    for row in rows[1:]:
        filled = {name for name, cell in zip(expected, row, strict=True) if cell}
        training = {name for name in filled if name.startswith("train/")}
        validation = {name for name in filled if name.startswith("validation/")}
        assert bool(training) != bool(validation), "a row is of a step or of a validation"
        assert len(training) in (0, len(players) + 1) and len(validation) in (0, len(expected) - 3 - len(players))
    reports = iter(of_kind(events, StepReport))
    for row in rows[1:]:
        if row[2]:
            assert [float(cell) for cell in row[2 : 2 + len(players)]] == list(next(reports).query_loss.values())

    assert [path.name for path in sorted((tmp_path / "a" / "samples").iterdir())] == [
        f"step-{step:08d}.npz" for step in (0, 2, 3)
    ]
    assert Experiment.load(tmp_path / "a").document(complete=True) == experiment.document(complete=True)
    assert load_checkpoint(tmp_path / "a" / "checkpoints").meta_step == 3

    # the same seed gives the same numbers to the last digit, whether anyone looks or not; another seed others
    unseen = list(meta_train(experiment, out=tmp_path / "b", previews=False))
    assert table(tmp_path / "b", seconds=False) == table(tmp_path / "a", seconds=False)
    assert of_kind(unseen, Snapshot) == [] and not any((tmp_path / "b" / "samples").iterdir())
    other = meta_train(experiment.with_value("training.seed", 1), out=tmp_path / "c", previews=False)
    next(event for event in other if isinstance(event, StepReport))
    other.close()
    for mine, theirs in zip(
        table(tmp_path / "a", seconds=False)[1:3], table(tmp_path / "c", seconds=False)[1:3], strict=True
    ):
        assert mine != theirs


def test_a_run_repeats_itself_with_previews_too(tiny: Tiny, tmp_path: Path) -> None:
    for name in ("a", "b"):
        list(meta_train(tiny("strokes", "gan", "maml"), out=tmp_path / name))
        torch.manual_seed(5)
    assert table(tmp_path / "a", seconds=False) == table(tmp_path / "b", seconds=False)
    for path in (tmp_path / "a" / "samples").iterdir():
        with np.load(path) as mine, np.load(tmp_path / "b" / "samples" / path.name) as theirs:
            assert all(np.array_equal(mine[name], theirs[name]) for name in mine.files)


@pytest.mark.parametrize("chosen", REFUSED, ids="-".join)
def test_what_does_not_go_together_is_refused_in_one_line(tiny: Tiny, tmp_path: Path, chosen: tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match=r"^(model|algorithm)\.name: .*(one player|points)") as refused:
        list(meta_train(tiny(*chosen), out=tmp_path / "run"))
    assert "\n" not in str(refused.value) and not (tmp_path / "run").exists()


PAIRS = [pair for pair in diagonal(5) if pair[0] != "cavia"]


@pytest.mark.parametrize(
    ("algorithm", "model", "warmup"),
    [(*pair, warmup) for place, pair in enumerate(PAIRS) for warmup in (0, 1) if EVERY or warmup == place % 2],
)
def test_without_a_context_and_with_shared_parameters_runs_still_learn(
    tiny: Tiny, tmp_path: Path, model: str, algorithm: str, warmup: int
) -> None:
    """The corners of what adapts: no context at all, and only one small group."""
    changes: dict[str, Any] = {"training.meta_steps": 1 + warmup, "training.warmup_steps": warmup}
    if "context_size" in models.get(model).Settings.model_fields:
        changes["model.context_size"] = 0
    plugin = models.get(model)  # one of which only the context adapts by default has nothing to adapt without it
    first = "everything" if adapted_groups(plugin, "default") == ("context",) else "default"
    for number, adapts in enumerate((first, "head")):
        experiment = tiny(home(model), model, algorithm, {**changes, "algorithm.adapts": adapts})
        events = list(meta_train(experiment, out=tmp_path / str(number), previews=number == 0))
        reports = of_kind(events, StepReport)
        assert [report.phase for report in reports] == ["warm-up"] * warmup + ["meta-training"]
        assert all(math.isfinite(loss) for report in reports for loss in report.query_loss.values())


def test_a_live_change_is_logged_and_takes_effect(tiny: Tiny, tmp_path: Path) -> None:
    """With an outer rate of 0 from step 1 on, validation stands still."""
    commands = Commands()
    commands.change("training.outer_lr", 0.0)
    experiment = tiny(values={"training.validate_every": 1})
    events = list(meta_train(experiment, out=tmp_path / "run", commands=commands))
    assert of_kind(events, SettingChanged) == [SettingChanged(1, "training.outer_lr", 0.0)]
    lines = [json.loads(line) for line in (tmp_path / "run" / "events.jsonl").read_text().splitlines()]
    assert lines == [{"meta_step": 1, "event": "setting", "path": "training.outer_lr", "value": 0.0}]
    losses = [report.query_loss["curve"].tolist() for report in of_kind(events, ValidationReport)]
    assert losses[0] != losses[1] and losses[1] == losses[2] == losses[3]
    assert Experiment.load(tmp_path / "run").config("training").outer_lr > 0, "the folder tells how the run began"


@pytest.mark.parametrize(("path", "value"), [("training.seed", 5), ("training.outer_lr", -1), ("no.such", 1)])
def test_a_change_that_cannot_be_made_is_refused_in_words_and_the_run_goes_on(
    tiny: Tiny, tmp_path: Path, path: str, value: object
) -> None:
    commands = Commands()
    commands.change(path, value)
    events = list(meta_train(tiny(), out=tmp_path / "a", commands=commands))
    (notice,) = of_kind(events, Notice)
    assert notice.text.startswith(path) and notice.meta_step == 1 and of_kind(events, SettingChanged) == []
    assert isinstance(events[-1], RunFinished)
    assert f'"text": "{path}' in (tmp_path / "a" / "events.jsonl").read_text()
    list(meta_train(tiny(), out=tmp_path / "b"))
    assert table(tmp_path / "a", seconds=False) == table(tmp_path / "b", seconds=False)


def test_a_snapshot_and_a_checkpoint_come_when_asked_for(tiny: Tiny, tmp_path: Path) -> None:
    commands = Commands()
    commands.sample_now()
    commands.save_now()
    experiment = tiny(values={"training.validate_every": 100})
    events = list(meta_train(experiment, out=tmp_path / "run", commands=commands, previews=False))
    assert [event.meta_step for event in of_kind(events, Snapshot)] == [1]
    assert [event.meta_step for event in of_kind(events, Saved)] == [1, 3]
    assert commands.take() == []


def test_a_checkpoint_is_written_every_so_many_minutes(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against a clock that jumps by a minute whenever it is asked."""
    minutes = itertools.count()
    monkeypatch.setattr(training_run.time, "monotonic", lambda: 60.0 * next(minutes))
    changes = {"training.meta_steps": 6, "training.checkpoint_minutes": 2.5, "training.validate_every": 100}
    events = list(meta_train(tiny(values=changes), out=tmp_path / "run", previews=False))
    # the first look and every step take a minute each, the last look another
    assert [event.meta_step for event in of_kind(events, Saved)] == [2, 5, 6]
    assert of_kind(events, RunFinished)[0].seconds == 8 * 60
