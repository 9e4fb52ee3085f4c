"""Runs of a test of claims that are lost, diverge or fail: what becomes of their arms."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metagen_gui.cli import turn
from metagen_gui.engine.claims.examination import runner
from metagen_gui.engine.claims.examination.events import ClaimsAdvanced, ClaimsFinished, ClaimsNotice
from metagen_gui.engine.claims.examination.runner import examine
from metagen_gui.engine.claims.folder import ClaimFolder
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.events import RunBroken, StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.training_run import Diverged
from metagen_gui.engine.store.record import read_record
from tests.engine.claims.examination.conftest import Tiny, finished, plan

pytestmark = pytest.mark.usefixtures("known_speeds")


@pytest.mark.parametrize("left", [[], [2]])
def test_an_arm_whose_runs_are_lost_or_short_of_their_steps_is_not_judged_by_the_rest(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: list[int]
) -> None:
    real = runner.checkpoints
    lost = {"maml-3-steps-seed-1", "null-3-steps-seed-0", "null-3-steps-seed-1"}
    monkeypatch.setattr(runner, "checkpoints", lambda path: left if path.name in lost else real(path))
    found = finished(plan(tiny, arms=("joint", "maml", "null"), compare_at=("equal steps",)), tmp_path / "out").findings
    decided = [one for one in found.contrasts if one.decides and not one.is_null and one.claim != "steady"]
    assert decided and all("1 of its 2 runs ended with nothing to score" in one.objection for one in decided)
    (control,) = [one for one in found.verdicts if one.is_null]
    assert control.control == "says nothing" and control.status == "not shown"


def test_a_run_that_diverges_is_a_finding(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    break_runs(monkeypatch, Diverged("losses have not been finite"))
    made = plan(tiny, seeds=(0,), arms=("joint", "maml", "null"), compare_at=("equal steps",))
    found = finished(made, tmp_path / "out").findings
    assert {one.run: one.state for one in found.outcomes} == {"joint": "finished", "maml": "failed", "null": "failed"}
    assert "losses have not been finite" in (tmp_path / "out/report.json").read_text()
    assert {arm for arm, *_ in found.scores} >= {"maml", "null"}, "what it had learned by then is judged"
    monkeypatch.setattr(turn, "resume_run", None)
    assert finished(made, tmp_path / "out").findings.outcomes == found.outcomes, "and is its end"


def test_what_became_of_a_run_that_is_gone_on_with_is_passed_on(tiny: Tiny, tmp_path: Path) -> None:
    made, run = plan(tiny, seeds=(0,), arms=("joint", "maml")), tmp_path / "out/runs/maml-3-steps-seed-0"
    test = examine(made, tmp_path / "out")
    for event in test:
        if isinstance(event, ClaimsAdvanced) and "MAML, seed 0: outer step" in event.text:
            break
    test.close()
    (run / "experiment.json").write_text("{")
    told = [event.text for event in examine(made, tmp_path / "out") if isinstance(event, ClaimsNotice)]
    assert any(text.startswith("MAML, seed 0: experiment.json is not as the run wrote it; ") for text in told)
    assert not any("Resumed" in text for text in told)


def break_runs(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let every run of MAML end with `error` after its first outer step."""
    real = turn.meta_train

    def broken(experiment: Experiment, **named: Any) -> Any:
        run = real(experiment, **named)
        for event in run:
            yield event
            if experiment.algorithm == "maml" and isinstance(event, StepReport):
                run.throw(error)

    monkeypatch.setattr(turn, "meta_train", broken)


def test_a_run_that_failed_of_anything_else_is_gone_on_with_and_judged_by_all_its_steps(
    once: ClaimPlan, whole: ClaimsFinished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does what was once kept of its partial weights hold any more."""
    out, run, expected = tmp_path / "out", "maml-3-steps-seed-0", whole.findings
    with monkeypatch.context() as patch:
        break_runs(patch, RunBroken("No space left on device"))
        with pytest.raises(RunBroken, match="No space left"):
            finished(once, out)
    record = read_record(out / "runs" / run)
    assert record is not None and (record.state, record.diverged, record.meta_step) == ("failed", False, 1)
    folder = ClaimFolder(out, once)
    for name in (f"maml-{run}", f"maml-{run}-by-samples"):
        folder.keep_scores(name, expected.scores["joint", expected.shared["equal steps"]["joint"], 0])
    folder.keep_outcome(run, replace(expected.outcomes[0], run="maml", state="failed"))
    found = finished(once, out).findings
    assert [one.state for one in found.outcomes] == ["finished"] * len(expected.outcomes)
    assert found.contrasts == expected.contrasts
