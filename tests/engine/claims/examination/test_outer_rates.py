"""Every run tries the same outer rates on short trainings before the runs that count, and gets what suits it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from metagen_gui.cli import turn
from metagen_gui.engine.claims.arms import Arm, arms_of
from metagen_gui.engine.claims.examination import runner
from metagen_gui.engine.claims.examination.events import ClaimsAdvanced, ClaimsFinished, ClaimsStarted
from metagen_gui.engine.claims.examination.runner import examine
from metagen_gui.engine.claims.folder import RATES, ClaimFolder
from metagen_gui.engine.claims.outer_rates import RateChoice, chosen, short_trainings, untried, with_rates
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.claims.scoring import Judge
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.held_out.adapted import score_adapted
from metagen_gui.engine.held_out.work import at_once
from metagen_gui.engine.run.training_run import Diverged
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.record import read_record

Tiny = Callable[..., Experiment]
NAN = float("nan")
SMALL: dict[str, Any] = {
    "steps": 8,
    "seeds": (3,),
    "tasks": 5,
    "validation_tasks": 3,
    "samples": 4,
    "candidates": 1,
    "adaptation_steps": (1,),
    "query_size": 6,
    "arms": ("joint", "maml"),
    "compare_at": ("equal steps",),
    "outer_rates": (1.0, 0.5, 4.0),
}
SHORT = [f"{run}-2-steps-seed-3-outer-rate-{multiple}" for run in ("joint", "maml") for multiple in ("1", "0.5", "4")]


@pytest.fixture(autouse=True)
def known_speeds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "seconds_per_step", lambda arm, seed: (1.0, 1.0))


def plan(tiny: Tiny, **values: Any) -> ClaimPlan:
    return ClaimPlan.of(tiny("densities", "vae", "maml", {"algorithm.adaptation_steps": 1}), {**SMALL, **values})


def finished(made: ClaimPlan, out: Path) -> ClaimsFinished:
    *_, last = examine(made, out)
    assert isinstance(last, ClaimsFinished)
    return last


def trained(made: ClaimPlan, out: Path) -> dict[str, RateChoice]:
    """Go on until everything is trained; return the outer rates that were kept."""
    test = examine(made, out)
    for event in test:
        if isinstance(event, ClaimsAdvanced) and event.text.startswith("Learning to see"):
            break
    test.close()
    found = ClaimFolder(out, made).rates()
    assert found is not None
    return found


def judged(monkeypatch: pytest.MonkeyPatch, scores: dict[str, float]) -> list[tuple[str, int]]:
    """Let short trainings score as said, by run and multiple; return what was judged, with its outer steps."""
    asked = list[tuple[str, int]]()

    def scoring(self: Judge, arm: Arm, run: Path, seed: int) -> Generator[int, None, float]:
        record = read_record(run)
        assert record is not None and seed == 3
        asked.append((run.name, record.meta_step))
        yield 1
        return scores[run.name]

    monkeypatch.setattr(Judge, "scoring_trial", scoring)
    return asked


def test_runs_get_the_rate_that_their_own_short_trainings_chose(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = judged(monkeypatch, dict(zip(SHORT, (3.0, 2.0, 4.0, NAN, math.inf, 7.0), strict=True)))
    made = plan(tiny)
    events = [*examine(made, tmp_path / "out")]
    (started,) = (event for event in events if isinstance(event, ClaimsStarted))
    assert asked == [(name, 2) for name in SHORT] and (started.runs, started.trials) == (2, 6)
    shares = [event.share for event in events if isinstance(event, ClaimsAdvanced)]
    assert shares == sorted(shares) and shares[-1] <= 1
    last = events[-1]
    assert isinstance(last, ClaimsFinished)
    own = made.experiment.config("training").outer_lr
    for run, multiple in (("joint", 0.5), ("maml", 4.0)):
        ran = Experiment.load(tmp_path / "out/runs" / f"{run}-8-steps-seed-3")
        assert ran.config("training").outer_lr == own * multiple
        one = next(each for each in last.findings.rates if each.run == run)
        assert (one.multiple, one.rate, one.steps) == (multiple, own * multiple, 2) and one.seconds > 0
        short = Experiment.load(tmp_path / "out/runs" / f"{run}-2-steps-seed-3-outer-rate-0.5").config("training")
        assert (short.outer_lr, short.meta_steps) == (own * 0.5, 2)
    (told,) = json.loads((tmp_path / "out/report.json").read_text())["outer_rates"][1:]
    assert told["tried"] == [[1.0, None], [0.5, None], [4.0, 7.0]] and told["multiple"] == 4.0
    page = (tmp_path / "out/report.html").read_text()
    assert "1: 3.00, 0.5: 2.00, 4: 4.00" in page and "1, 0.5, 4 times that of the experiment" in page
    assert "seconds for all seeds: joint" in page and "best (joint 0.5, maml 4 times)" in page


def test_the_choice_is_kept_and_an_interrupted_one_gone_on_with(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = dict(zip(SHORT, (3.0, 2.0, 4.0, 9.0, 8.0, 7.0), strict=True))
    judged(monkeypatch, scores)
    made, out = plan(tiny), tmp_path / "out"
    test = examine(made, out)
    for event in test:
        if isinstance(event, ClaimsAdvanced) and "MAML, outer rate × 0.5: outer step" in event.text:
            break
    test.close()
    assert not (out / RATES).exists()
    assert read_record(out / "runs" / SHORT[4]).state == "stopped"  # type: ignore[union-attr]
    real, begun = turn.meta_train, list[str]()

    def noted(given: Experiment, **more: Any) -> Any:
        begun.append(more["out"].name)
        return real(given, **more)

    monkeypatch.setattr(turn, "meta_train", noted)
    first = trained(made, out)
    assert {"joint-8-steps-seed-3", "maml-8-steps-seed-3"} < {*begun} and not {*begun} & {*SHORT[:5]}
    monkeypatch.setattr(turn, "meta_train", None)
    monkeypatch.setattr(Judge, "scoring_trial", None)
    assert trained(made, out) == first
    (out / RATES).write_text("[]")
    with pytest.raises(BadInput, match=r"rates\.json"):
        trained(made, out)


def test_a_test_begun_before_rates_were_tried_keeps_those_of_its_runs(tiny: Tiny, tmp_path: Path) -> None:
    out, made = tmp_path / "out", plan(tiny)
    test = examine(plan(tiny, outer_rates=(1.0,)), out)
    for event in test:
        if isinstance(event, ClaimsAdvanced) and "MAML, seed 3: outer step" in event.text:
            break
    test.close()
    (out / RATES).unlink()
    told = json.loads((out / "plan.json").read_text())
    (out / "plan.json").write_text(json.dumps({**told, "outer_rates": list(SMALL["outer_rates"])}))
    assert [(one.multiple, one.tried) for one in trained(made, out).values()] == [(1.0, ()), (1.0, ())]


def test_a_short_training_that_diverges_is_never_chosen(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is one judged that has nothing to be judged by."""
    asked, real = judged(monkeypatch, dict.fromkeys(SHORT, 1.0)), turn.meta_train

    def broken(given: Experiment, **named: Any) -> Any:
        run = real(given, **named)
        for event in run:
            yield event
            if named["out"].name == SHORT[0]:
                run.throw(Diverged("losses have not been finite"))

    monkeypatch.setattr(turn, "meta_train", broken)
    joint = trained(plan(tiny), tmp_path / "out")["joint"]
    assert joint.multiple == 0.5 and math.isnan(joint.tried[0][1]) and SHORT[0] not in dict(asked)


def test_each_is_judged_as_it_will_be_used(tiny: Tiny, tmp_path: Path) -> None:
    """Joint training by the loss before adapting, an algorithm by that after the steps it was trained for."""
    made = plan(tiny)
    trained(made, tmp_path)
    judge, arms = Judge(made), {arm.name: arm for arm in arms_of(made)}
    steps = arms["maml"].experiment.config("algorithm").adaptation_steps
    for name, row in (("joint", 0), ("maml", steps)):
        run = tmp_path / "runs" / f"{name}-2-steps-seed-3-outer-rate-1"
        tasks, eyes = judge._of(False, "validation")
        algorithm, weights = judge.weights(arms[name], run, 3)
        wanted = score_adapted(algorithm, weights, tasks, eyes, (0, row) if row else (0,)).values["loss"][-1].mean()
        assert at_once(judge.scoring_trial)(arms[name], run, 3) == pytest.approx(wanted, rel=1e-12)


def test_a_short_training_takes_its_share_of_every_warm_up(tiny: Tiny) -> None:
    given = tiny("densities", "vae", "maml").with_value("training.warmup_steps", 6).with_value("training.ramp_steps", 4)
    made = ClaimPlan.of(given, {**SMALL, "arms": ("joint", "maml"), "rate_share": 0.5})
    found = short_trainings(made, arms_of(made), {"joint": 16, "maml": 8})
    training = found["maml"][4.0].experiment().config("training")
    assert (training.meta_steps, training.warmup_steps, training.ramp_steps) == (4, 3, 2)
    assert found["joint"][4.0].experiment().config("training").meta_steps == 8
    arms = ("joint", "joint + fine-tuning", "maml", "maml + fine-tuning")
    one = ClaimPlan.of(given, {**SMALL, "outer_rates": (2.0,), "arms": arms})
    assert not any(short_trainings(one, arms_of(one), {"joint": 16, "maml": 8}).values()), "there is no choice"
    alike = with_rates(arms_of(one), untried(arms_of(one), 2.0))
    assert [arm.experiment.config("training").outer_lr for arm in alike] == 4 * [2 * given.config("training").outer_lr]


def test_the_first_of_equal_scores_is_taken_and_edges_are_told(tiny: Tiny) -> None:
    arm = arms_of(plan(tiny))[0]
    found = chosen(arm, {1.0: 2.0, 0.5: 2.0, 2.0: 3.0}, 5, 1.0)
    assert found.multiple == 1.0 and not found.at_the_edge
    assert chosen(arm, {1.0: NAN, 0.5: NAN}, 5, 1.0).multiple == 1.0
    assert chosen(arm, {1.0: 2.0, 2.0: 1.0}, 5, 1.0).at_the_edge and not RateChoice("joint", 1.0, 0.1).at_the_edge


@pytest.mark.parametrize(
    ("rates", "why"), [((), "at least one"), ((1.0, 1.0), "twice"), ((0.0,), "above 0"), ((math.inf,), "finite")]
)
def test_rates_that_cannot_be_are_named(tiny: Tiny, rates: tuple[float, ...], why: str) -> None:
    with pytest.raises(BadInput, match=rf"plan\.outer_rates.*{why}"):
        plan(tiny, outer_rates=rates)


def test_a_multiple_that_a_run_cannot_have_is_named_before_anything_is_trained(tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"plan\.outer_rates: 90000 times the outer rate of joint: .*too high"):
        [*examine(plan(tiny, outer_rates=(1.0, 9e4)), tmp_path)]
    assert not any((tmp_path / "runs").iterdir())


def test_what_was_kept_is_read_back(tiny: Tiny, tmp_path: Path) -> None:
    folder = ClaimFolder(tmp_path, plan(tiny))
    kept = {run: RateChoice(run, 0.5, 0.0015, 2, 1.5, ((1.0, NAN), (0.5, 2.0))) for run in ("joint", "maml")}
    folder.keep_rates(kept)
    found = folder.rates()
    assert found is not None and repr(found) == repr(kept)
