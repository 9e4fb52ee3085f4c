"""`metagen claims`: verdicts for people, one JSON object for programs, one line for what is wrong."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from metagen_gui.cli import claims as module
from metagen_gui.cli import main, turn
from metagen_gui.engine.claims.arms import Arm
from metagen_gui.engine.claims.examination import runner
from metagen_gui.engine.claims.examination.events import ClaimsEvent
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.events import Event, StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.library import checkpoints
from tests.engine.queue.here import train_here

EXPERIMENT = {
    "tasks": {"name": "densities"},
    "model": {"name": "vae", "settings": {"width": 6, "depth": 1, "latent_size": 2, "context_size": 4}},
    "algorithm": {"name": "fomaml", "settings": {"adaptation_steps": 1}},
    "training": {"meta_batch_size": 2, "shots": 3, "query_size": 6, "device": "cpu"},
}
PLAN = {
    "experiment": EXPERIMENT,
    "steps": 2,
    "compare_at": ["equal steps"],
    "arms": ["joint", "joint + fine-tuning", "fomaml", "null"],
    "seeds": [0],
    "tasks": 4,
    "validation_tasks": 2,
    "candidates": 1,
    "adaptation_steps": [1],
    "outer_rates": [1.0],
}
Said = tuple[int, str, str]


@pytest.fixture
def claims(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """Run the command in a folder with a plan; return status, stdout and stderr."""

    def known(arm: Arm, seed: int) -> tuple[float, float]:
        return 1.0, 1.0

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runner, "seconds_per_step", known)
    train_here(monkeypatch)
    Path("plan.json").write_text(json.dumps(PLAN))

    def run(words: str) -> Said:
        with pytest.raises(SystemExit) as end:
            main(["claims", *words.split()])
        return int(end.value.code or 0), *capsys.readouterr()

    return run


def test_verdicts_for_people_and_the_report(claims: Callable[..., Said]) -> None:
    status, out, err = claims("plan.json --out test")
    assert status == 0, err
    words = " ".join(out.split())
    for claim in ("Adaptation helps at all", "generalises better", "collapse less", "train more steadily"):
        assert claim in words
    assert "control" in words and "Report: test/report.html" in words
    assert "3 runs to train" in err and Path("test/report.html").is_file()


def test_people_are_told_how_far_the_best_possible_is_where_that_is_known(claims: Callable[..., Said]) -> None:
    gaussian = {**EXPERIMENT, "tasks": {"name": "gaussians"}}
    Path("gauss.json").write_text(json.dumps({**PLAN, "experiment": gaussian, "arms": ["joint", "fomaml"]}))
    status, out, err = claims("gauss.json --out test")
    assert status == 0, err
    told = json.loads(Path("test/report.json").read_text())["best_possible"]
    words = " ".join(out.split())
    assert told and all(f"• {sentence}" in words for sentence in told)
    assert "• −ELBO, equal steps:" in words and "from the best possible" in words


def test_json_is_one_object_and_going_on_repeats_nothing(
    claims: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = json.loads(claims("plan.json --out test --json")[1])
    assert (first["version"], first["folder"]) == (1, "test")
    assert {verdict["status"] for verdict in first["verdicts"]} <= {"confirmed", "refuted", "not shown"}
    monkeypatch.setattr(turn, "meta_train", None)
    assert json.loads(claims("plan.json --out test --json")[1]) == first


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("nowhere.json", "nowhere.json: No such file"),
        ("plan.json --out plan.json", "plan.json"),
        ("bad.json", "bad.json.arms: there is no 'mamml'"),
        ("wrong.json", "tasks.name: there is no 'dense'"),
        ("plan.json --slow", "--slow"),
    ],
)
def test_what_is_wrong_is_one_line_and_status_2(claims: Callable[..., Said], words: str, named: str) -> None:
    Path("bad.json").write_text(json.dumps({**PLAN, "arms": ["mamml"]}))
    Path("wrong.json").write_text(json.dumps({"tasks": {"name": "dense"}}))
    status, out, err = claims(words)
    assert (status, out) == (2, "") and named in err and err.count("\n") == 1


def test_a_change_of_plan_needs_another_folder(claims: Callable[..., Said]) -> None:
    assert claims("plan.json --out test")[0] == 0
    status, _, err = claims("plan.json --quick --out test")
    assert status == 2 and "another plan" in err


def test_a_signal_keeps_the_steps_of_the_run_under_way(
    claims: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = turn.meta_train

    def told_to_stop(*given: Any, **more: Any) -> Generator[Event, None, None]:
        with closing(own(*given, **more)) as run:
            for event in run:
                if isinstance(event, StepReport):
                    os.kill(os.getpid(), signal.SIGTERM)
                yield event

    monkeypatch.setattr(turn, "meta_train", told_to_stop)
    handler = signal.getsignal(signal.SIGTERM)
    status, _, err = claims("plan.json --out test")
    assert status == 143 and "--out test goes on from here" in err and signal.getsignal(signal.SIGTERM) is handler
    assert [1] in [checkpoints(run) for run in Path("test/runs").iterdir()] and not Line().entries()
    monkeypatch.setattr(turn, "meta_train", own)
    assert claims("plan.json --out test")[0] == 0


def test_without_a_file_the_defaults_are_tested_and_a_device_may_be_named(
    claims: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[ClaimPlan] = []

    def examine(plan: ClaimPlan, folder: Path) -> Generator[ClaimsEvent, None, None]:
        asked.append(plan)
        raise BadInput("here", "enough")
        yield

    monkeypatch.setattr(module, "examine_alone", examine)
    assert claims("--quick --device cpu")[0] == 2
    assert asked[0].experiment == Experiment().with_value("training.device", "cpu") and asked[0].settings.seconds == 45
