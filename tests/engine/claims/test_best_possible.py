"""Distances from the best possible: right by hand, shown where known, and loud where an arm seems to beat it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from metagen_gui.engine.claims import scoring
from metagen_gui.engine.claims.best_possible import Gap, corrected, gaps, score_best, sentences
from metagen_gui.engine.claims.examination import runner
from metagen_gui.engine.claims.examination.events import ClaimsFinished
from metagen_gui.engine.claims.examination.runner import examine
from metagen_gui.engine.claims.folder import Scored
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.claims.tuning import Choice
from metagen_gui.engine.claims.verdicts import number
from metagen_gui.engine.data.bayes import BayesLine
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.held_out.adapted import Adapted
from metagen_gui.engine.held_out.measures import Measure
from metagen_gui.engine.metrics import metrics
from metagen_gui.engine.statistics import Values
from tests.engine.gaussian_truths import expected_log_likelihood
from tests.engine.metrics.known_laws import expected_squared_mmd
from tests.engine.queue.here import train_here

Tiny = Callable[..., Experiment]
LOSS = Measure("loss", "−ELBO", "nats", "lower", "generalises", bounds=True)
MMD2 = Measure("mmd2", "MMD²", "", "lower", "generalises", metrics.get("mmd2")())
COVERAGE = Measure("coverage", "Coverage", "", "higher", "collapses", metrics.get("coverage")())
SMALL = {
    "steps": 2,
    "seeds": (0, 1),
    "tasks": 5,
    "validation_tasks": 2,
    "candidates": 1,
    "adaptation_steps": (1,),
    "arms": ("joint", "maml"),
    "claims": ("generalises",),
    "compare_at": ("equal steps",),
    "query_size": 8,
    "outer_rates": (1.0,),
}
LINE = np.random.default_rng(0).normal(2.0, 0.5, size=60)


def scored(**values: Values) -> Scored:
    """Scores in one row, after no steps."""
    return Scored(Choice({}, 0, 0.0, ()), Adapted((0,), {n: v[None] for n, v in values.items()}, np.zeros((1, 1, 1))))


def gaps_of(by: float, measures: tuple[Measure, ...] = (LOSS,), spread: float = 0.05, seeds: int = 2) -> list[Gap]:
    """The gaps of an arm whose every measure lies `by` above the line, give or take `spread`."""
    rng = np.random.default_rng(1)
    names = [measure.name for measure in measures]
    best = scored(**dict.fromkeys(names, LINE))
    arms = [scored(**{name: LINE + by + spread * rng.standard_normal(60) for name in names}) for _ in range(seeds)]
    return [*corrected([*gaps(best, {"MAML": arms}, measures, "equal steps")])]


def test_the_gap_is_the_mean_difference_and_its_share_of_the_line() -> None:
    (gap,) = gaps_of(0.2)
    assert gap.found.mean == pytest.approx(-0.2, abs=0.02) and gap.found.low < gap.found.mean < gap.found.high < 0
    assert gap.line == pytest.approx(LINE.mean()) and gap.share == pytest.approx(gap.found.mean / LINE.mean())
    ((sentence, alarm),) = sentences([gap])
    assert not alarm and sentence.startswith(f"−ELBO, equal steps: MAML comes nearest, {number(-gap.found.mean)} nats")
    assert f"({number(-100 * gap.share)} % of its {number(gap.line)})" in sentence and sentence.endswith(
        "no arm beats it beyond error."
    )


def test_the_arm_that_comes_nearest_is_named() -> None:
    best = scored(loss=LINE)
    arms = {name: [scored(loss=LINE + by)] for name, by in {"MAML": 0.3, "Reptile": 0.1, "Joint": 0.2}.items()}
    ((sentence, _),) = sentences([*gaps(best, {**arms, "Lost": []}, (LOSS,), "equal steps")])
    assert "Reptile comes nearest, 0.100 nats" in sentence


def test_per_cent_of_what_is_nearly_nothing_is_not_told() -> None:
    small = scored(mmd2=np.random.default_rng(2).normal(0.001, 0.05, size=60))
    arm = scored(mmd2=small.own.values["mmd2"][0] + 0.1)
    (gap,) = gaps(small, {"MAML": [arm]}, (MMD2,), "equal steps")
    assert np.isnan(gap.share) and "%" not in next(sentences([gap]))[0].split(", 95 %")[0]


def test_what_beats_the_best_possible_is_an_error_of_measurement() -> None:
    found = gaps_of(-0.2, (LOSS, MMD2))
    assert all(gap.is_impossible for gap in found)
    (covering,) = gaps_of(0.2, (COVERAGE,))
    assert covering.found.low > 0 and not covering.is_impossible, "another law may cover more"
    told = [*sentences(found)]
    assert [alarm for _, alarm in told] == [True, True, False, False]
    assert "error of measurement" in told[0][0] and "no arm beats it" not in told[2][0]


def test_what_chance_may_do_is_no_alarm() -> None:
    found = gaps_of(0.0, (LOSS, MMD2))
    assert not any(gap.is_impossible for gap in found)
    # ahead by its own interval, as one of a hundred may be, and not after correction
    ahead = replace(found[0], found=replace(found[0].found, mean=0.1, low=0.01, high=0.2, p=0.03))
    assert corrected([ahead])[0].is_impossible
    assert not any(gap.is_impossible for gap in corrected([ahead] * 3))
    tuned = replace(ahead, measure=COVERAGE)
    assert corrected([ahead, tuned, tuned])[0].adjusted == 0.03, "only those by which nothing is better are counted"


def test_the_line_is_scored_by_its_density_and_by_its_own_samples(tiny: Tiny) -> None:
    experiment = tiny("gaussians", "vae", values={"tasks.point_spread": 0.3})
    plan = ClaimPlan.of(experiment, {**SMALL, "tasks": 40, "query_size": 40})
    judge = scoring.Judge(plan)
    line = judge.family.best_generator()
    assert line == BayesLine(1.0, 0.3)
    found = score_best(line, judge.test, judge.eyes)
    batch = judge.test.batch
    assert set(found.values) == {measure.name for measure in judge.measures} >= {"loss", "iwae", "mmd2", "coverage"}
    latents = [torch.randn(256, 2, generator=judge.test.generator(index, 0)).double().numpy() for index in range(2)]
    for drawn, support, normal in zip(found.pictures[:2, 0], batch.support.astype(float), latents, strict=False):
        assert np.allclose(drawn, line.generate(support, normal), atol=1e-5)
    for index in (0, 7):
        by_hand = -line.log_density(batch.support[index].astype(float), batch.query[index].astype(float)).mean()
        assert found.values["loss"][0, index] == found.values["iwae"][0, index] == pytest.approx(by_hand)
    for name, expected in {"loss": -expected_log_likelihood(line, 3), "mmd2": expected_squared_mmd(line, 3)}.items():
        values = found.values[name][0]
        assert abs(values.mean() - expected) < 3 * values.std(ddof=1) / np.sqrt(40)


def test_a_report_tells_the_distance_and_keeps_the_line(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    monkeypatch.setattr(runner, "seconds_per_step", lambda arm, seed: (1.0, 1.0))
    plan = ClaimPlan.of(tiny("gaussians", "vae", values={"tasks.places": 3}), SMALL)
    *_, last = examine(plan, tmp_path / "out")
    assert isinstance(last, ClaimsFinished)
    page, told = last.report.read_text(), json.loads((tmp_path / "out/report.json").read_text())
    assert "Distance from the best possible" in page and "no arm beats it beyond error" in page
    assert page.count("Best possible</span>") == 1, "in the legend"
    assert len(told["best_possible"]) == 3 and told["best_possible"][0] in page.replace("&lt;", "<")
    rows = told["distance_from_best"]
    assert {(row["arm"], row["measure"]) for row in rows} >= {("Joint training", "loss"), ("MAML", "mmd2")}
    (level,) = (row for row in told["curves"] if row["arm"] == "Best possible" and row["measure"] == "loss")
    (joint,) = (row for row in rows if row["arm"] == "Joint training" and row["measure"] == "loss")
    own = [row["mean"] for row in told["curves"] if (row["arm"], row["measure"]) == ("Joint training", "loss")]
    assert level["mean"] == joint["best"] and joint["ahead"] == pytest.approx(level["mean"] - own[0])
    assert not any(row["impossible"] for row in rows)

    def refuse(*given: object) -> None:
        raise AssertionError("scored again")

    monkeypatch.setattr(scoring, "score_best", refuse)
    *_, again = examine(plan, tmp_path / "out")
    assert isinstance(again, ClaimsFinished)
    assert [gap.found for gap in again.findings.gaps] == [gap.found for gap in last.findings.gaps]


def test_where_it_is_not_known_nothing_is_said_of_it(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    monkeypatch.setattr(runner, "seconds_per_step", lambda arm, seed: (1.0, 1.0))
    *_, last = examine(ClaimPlan.of(tiny("densities", "vae"), SMALL), tmp_path / "out")
    assert isinstance(last, ClaimsFinished) and last.findings.best is None
    assert "best possible</h2>" not in last.report.read_text() and "Best possible</span>" not in last.report.read_text()
    assert not [*(tmp_path / "out" / "scores").glob("best*")]
