"""A new run may begin where another stood: with what it had learned, its settings, and word of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from metagen_gui.engine.events import (
    Notice,
    StepReport,
)
from metagen_gui.engine.run import outer_loop
from metagen_gui.engine.run.outer_loop import Origin, meta_train, resume_run
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import load_checkpoint
from metagen_gui.engine.store.record import read_record
from metagen_gui.testing.runs import outcome
from tests.engine.run.test_resume import EACH_STEP, Tiny, of_kind, up_to


@pytest.fixture
def parent(tiny: Tiny, tmp_path: Path) -> Path:
    list(meta_train(tiny(values=EACH_STEP), out=tmp_path / "parent", previews=False))
    return tmp_path / "parent"


def test_a_branch_begins_where_its_parent_stood_and_knows_it(tiny: Tiny, tmp_path: Path, parent: Path) -> None:
    """With the same settings it takes the very steps of its parent; the parent is left as it was."""
    before = {path: path.read_bytes() for path in parent.rglob("*") if path.is_file()}
    same = meta_train(tiny(values=EACH_STEP), out=tmp_path / "same", parent=Origin(parent, 2), previews=False)
    events = list(same)
    assert events[1].text == "Begins with what parent had learned at step 2."
    assert [report.meta_step for report in of_kind(events, StepReport)] == [3, 4]
    assert outcome(tmp_path / "same")[1:3] == outcome(parent)[1:3]
    assert {path: path.read_bytes() for path in parent.rglob("*") if path.is_file()} == before
    record = read_record(tmp_path / "same")
    assert record is not None and record.parent == "parent@2"
    other = tiny(values={**EACH_STEP, "training.outer_lr": 0.2})
    list(meta_train(other, out=tmp_path / "other", parent=Origin(parent, 2), previews=False))
    assert outcome(tmp_path / "other")[1] != outcome(parent)[1]
    assert load_checkpoint(tmp_path / "other" / "checkpoints", 4).meta_step == 4


def test_a_branch_that_sees_other_pixels_says_that_losses_do_not_compare(tiny: Tiny, tmp_path: Path) -> None:
    list(meta_train(tiny("strokes", "vae"), out=tmp_path / "grey", previews=False))
    values = {"training.meta_steps": 9, "tasks.pixels": "binary"}
    run = meta_train(tiny("strokes", "vae", values=values), out=tmp_path / "run", parent=Origin(tmp_path / "grey"))
    told = [next(run).text for _ in range(3)[1:]] if next(run) else []
    run.close()
    assert told[1] == (
        "It had learned from images of shape 1 × 16 × 16, grey; here they are images of shape 1 × 16 × 16, 0 or 1: the "
        "two losses do not compare."
    )


def test_a_branch_has_settings_and_weights_of_one_step_though_its_parent_goes_on(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    longer = tiny(values={**EACH_STEP, "training.meta_steps": 5})
    run = meta_train(longer, out=tmp_path / "parent", previews=False)
    up_to(run, 2)
    run.close()
    origin = Origin(tmp_path / "parent")
    experiment = origin.experiment()
    list(resume_run(tmp_path / "parent", previews=False))
    monkeypatch.setattr(outer_loop, "load_checkpoint", None)  # once is enough
    events = list(meta_train(experiment, out=tmp_path / "branch", parent=origin, previews=False))
    assert [report.meta_step for report in of_kind(events, StepReport)] == [3, 4, 5]


def test_a_branch_is_resumed_like_any_run(tiny: Tiny, tmp_path: Path, parent: Path) -> None:
    run = meta_train(
        tiny(values={**EACH_STEP, "training.meta_steps": 6}), out=tmp_path / "branch", parent=Origin(parent)
    )
    up_to(run, 5)
    run.close()
    events = list(resume_run(tmp_path / "branch"))
    assert [report.meta_step for report in of_kind(events, StepReport)] == [6]
    record = read_record(tmp_path / "branch")
    assert record is not None and (record.parent, record.state) == ("parent@4", "finished")


@pytest.mark.parametrize(("parent_algorithm", "algorithm"), [("reptile", "maml"), ("maml", "meta_sgd")])
def test_another_algorithm_takes_over_what_fits_and_says_what_does_not(
    tiny: Tiny, tmp_path: Path, parent_algorithm: str, algorithm: str
) -> None:
    """Reptile has no rates at all, MAML others than Meta-SGD; the weights are the same."""
    list(meta_train(tiny("densities", "vae", parent_algorithm), out=tmp_path / "parent", previews=False))
    experiment = tiny("densities", "vae", algorithm, {"training.meta_steps": 5, "training.outer_lr": 0.0})
    events = list(meta_train(experiment, out=tmp_path / "run", parent=Origin(tmp_path / "parent"), previews=False))
    assert "of its parameters begin afresh, as vae/@rate" in of_kind(events, Notice)[1].text
    mine = load_checkpoint(tmp_path / "run" / "checkpoints").meta["vae"]
    theirs = load_checkpoint(tmp_path / "parent" / "checkpoints").meta["vae"]
    weights = [name for name in mine if not name.startswith("@")]
    assert weights and set(weights) < set(mine)
    assert all(torch.equal(mine[name], theirs[name]) for name in weights), "a rate of 0 leaves them alone"


@pytest.mark.parametrize(
    ("model", "changes", "complaint"),
    [
        ("curve", {"training.meta_steps": 4}, "the run begins at step 4, so it must be more than that"),
        ("curve", {"training.meta_steps": 9, "model.width": 7}, "does not fit this experiment: curve/"),
        ("gan", {"training.meta_steps": 9}, "holds nothing that a gan could take over"),
    ],
)
def test_what_cannot_be_branched_is_refused_before_anything_is_made(
    tiny: Tiny, tmp_path: Path, parent: Path, model: str, changes: dict[str, Any], complaint: str
) -> None:
    experiment = tiny("sinusoids" if model == "curve" else "densities", model, "maml", changes)
    with pytest.raises(BadInput, match=complaint):
        next(meta_train(experiment, out=tmp_path / "run", parent=Origin(parent)))
    assert not (tmp_path / "run").exists()
    with pytest.raises(BadInput, match="holds no whole checkpoint of step 77"):
        next(meta_train(tiny(), out=tmp_path / "run", parent=Origin(parent, 77)))
