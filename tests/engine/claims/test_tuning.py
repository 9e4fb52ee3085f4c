"""How an arm adapts is chosen twice of the same attempts: by the model's loss for what that says, and by samples."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from metagen_gui.engine.claims import tuning as module
from metagen_gui.engine.claims.arms import Arm, arms_of
from metagen_gui.engine.claims.contrasts import ahead, chosen
from metagen_gui.engine.claims.folder import ClaimFolder, Scored
from metagen_gui.engine.claims.limits import of_two_ways
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.claims.tuning import Choice, build, of_samples, tuning
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.held_out.adapted import Adapted, HeldOut, score_adapted
from metagen_gui.engine.held_out.measures import Eyes, Measure
from metagen_gui.engine.held_out.work import at_once
from metagen_gui.engine.randomness import generator_for

Tiny = Callable[..., Experiment]
ROWS = (0, 1, 4)
NAN = float("nan")
WAYS = {"inner_lr": 0.1}, {"inner_lr": 0.01}


def arm_with(plan: ClaimPlan, ways: Sequence[Any] = WAYS) -> Arm:
    return replace(next(arm for arm in arms_of(plan) if arm.name == "random"), ways=tuple(ways))


def tuned(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch, scores: dict[str, Any], model: str = "vae"
) -> tuple[Choice, Choice | None]:
    """Tune where the attempts score `scores`, by measure `(ways, rows)`, the same on each of two tasks."""
    plan = ClaimPlan.of(tiny("densities", model, "reptile"), {"steps": 1})
    family = plan.experiment.build_tasks()
    algorithm = plan.experiment.build_algorithm(plan.experiment.build_model(family))
    turns = iter(range(9))

    def scoring(*_: object, measures: Sequence[Measure]) -> Any:
        way = next(turns)
        values = {each.name: np.repeat(np.array(scores[each.name][way])[:, None], 2, 1) for each in measures}
        return Adapted(ROWS, values, np.zeros((0,)))
        yield

    monkeypatch.setattr(module, "scoring_adapted", scoring)
    tasks = HeldOut(family, "validation", 2, 4, 6, 5)
    return at_once(tuning)(arm_with(plan), algorithm, {}, tasks, Eyes(family, algorithm.model, "validation", 6), ROWS)


def test_loss_and_samples_choose_of_the_same_attempts(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    losses, distances = [[9.0, 5.0, 3.0], [9.0, 4.0, 2.0]], [[0.5, 0.1, 0.4], [0.5, 0.3, 0.35]]
    by_loss, by_samples = tuned(tiny, monkeypatch, {"loss": losses, "mmd2": distances})
    assert by_loss == Choice(WAYS[1], 4, 2.0, ((WAYS[0], 4, 3.0), (WAYS[1], 4, 2.0)), "loss")
    assert by_samples == Choice(WAYS[0], 1, 0.1, ((WAYS[0], 1, 0.1), (WAYS[1], 1, 0.3)), "mmd2")


def test_what_has_diverged_is_chosen_by_no_measure(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    wild = [[NAN, NAN, NAN], [9.0, 4.0, NAN]]
    one, other = tuned(tiny, monkeypatch, {"loss": wild, "mmd2": [[NAN, NAN, NAN], [0.2, 0.3, NAN]]})
    assert (one.way, one.step) == (WAYS[1], 1) and np.isnan(one.tried[0][2])
    assert other is not None and (other.way, other.step) == (WAYS[1], 0)
    one, other = tuned(tiny, monkeypatch, {"loss": [[9.0, 4.0, 5.0]] * 2, "mmd2": [[NAN] * 3] * 2})
    assert (one.way, one.step, other) == (WAYS[0], 1, None)
    one, other = tuned(tiny, monkeypatch, {"loss": [[NAN] * 3] * 2, "mmd2": [[NAN] * 3] * 2})
    assert one.step == 0 and np.isnan(one.score) and other is None


def test_where_samples_decide_they_are_not_asked_twice(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = tuned(tiny, monkeypatch, {"mmd2": [[0.5, 0.1, 0.4], [0.5, 0.3, 0.35]]}, model="gan")
    assert (one.way, one.step, one.measure, other) == (WAYS[0], 1, "mmd2", None)


def test_the_figures_are_those_of_the_samples(tiny: Tiny) -> None:
    """With the real scores: the distance at the choice is what scoring by it alone gives."""
    plan = ClaimPlan.of(tiny("densities", "vae", "reptile"), {"steps": 1})
    family = plan.experiment.build_tasks()
    algorithm = plan.experiment.build_algorithm(plan.experiment.build_model(family))
    weights = algorithm.initialize(generator_for(0, "initialization"))
    tasks, eyes = HeldOut(family, "validation", 3, 4, 6, 5), Eyes(family, algorithm.model, "validation", 6)
    _, choice = at_once(tuning)(arm_with(plan), algorithm, weights, tasks, eyes, ROWS)
    measure = of_samples(eyes.measures)
    assert choice is not None and measure is not None and measure.name == "mmd2"
    arm, found = arm_with(plan), dict[tuple[int, int], float]()
    for place, way in enumerate(WAYS):
        scored = score_adapted(build(arm, way, algorithm), weights, tasks, eyes, ROWS, measures=(measure,))
        found |= {(place, step): float(scored.values["mmd2"][row].mean()) for row, step in enumerate(ROWS)}
    best = min(found, key=lambda at: found[at])
    assert (choice.way, choice.step) == (WAYS[best[0]], best[1])
    assert choice.score == pytest.approx(found[best])


# -- what is done with it --------------------------------------------------------------------------------------------


def test_every_measure_is_told_of_the_way_chosen_for_its_kind(tiny: Tiny) -> None:
    plan = ClaimPlan.of(tiny("densities", "vae", "reptile"), {"steps": 1})
    family = plan.experiment.build_tasks()
    measures = {each.name: each for each in Eyes(family, plan.experiment.build_model(family), "test", 6).measures}

    def scores(step: int, *values: float) -> Scored:
        found = {name: np.array([[9.0] * 3, [value] * 3]) for name, value in zip(("loss", "mmd2"), values, strict=True)}
        return Scored(Choice({}, step, 0.0, ()), Adapted((0, 4), found, np.zeros((1, 2, 3, 2), np.float32)))

    twice = replace(scores(4, 1.0, 5.0), by_samples=scores(4, 7.0, 0.5))
    once = scores(0, 3.0, 3.0)
    for name, better in (("loss", 8.0), ("mmd2", 8.5)):
        found, _ = ahead(chosen([twice], measures[name]), chosen([once], measures[name]), measures[name])
        assert found.mean == better
    assert twice.of(measures["iwae"]) is twice
    assert once.for_samples is once and twice.for_samples is twice.by_samples


def test_it_is_kept_and_what_was_tuned_once_is_scored_anew(tiny: Tiny, tmp_path: Path) -> None:
    folder = ClaimFolder(tmp_path / "out", ClaimPlan.of(tiny("densities", "vae", "maml"), {"steps": 1}))
    own = Adapted((0, 4), {"loss": np.ones((2, 6))}, np.zeros((4, 2, 3, 2), np.float32))
    of_samples = Scored(Choice(WAYS[1], 0, NAN, ((WAYS[1], 0, 0.25),), "mmd2"), own)
    folder.keep_scores("one", Scored(Choice(WAYS[0], 4, 1.0, (), "loss"), own, by_samples=of_samples))
    found = folder.scored("one")
    assert found is not None and found.by_samples is not None and found.choice.measure == "loss"
    other = found.by_samples.choice
    assert np.isnan(other.score) and replace(other, score=0.0) == replace(of_samples.choice, score=0.0)
    file = tmp_path / "out/scores/one.json"
    told = json.loads(file.read_text())
    file.write_text(json.dumps({key: value for key, value in told.items() if key not in ("measure", "by_samples")}))
    assert folder.scored("one") is None, "kept before samples were asked"
    file.write_text(json.dumps(told))
    (tmp_path / "out/scores/one-by-samples.npz").write_bytes(b"")
    assert folder.scored("one") is None, "half of it is gone"


def findings(*scores: tuple[str, Choice, Choice | None]) -> Any:
    arms = [SimpleNamespace(name=name, title=name.title(), is_null=name == "null") for name in ("joint", "null")]
    found = {
        (name, 5, seed): SimpleNamespace(choice=one, by_samples=other and SimpleNamespace(choice=other))
        for seed, (name, one, other) in enumerate(scores)
    }
    return SimpleNamespace(arms=arms, scores=found, measures=[SimpleNamespace(title="−ELBO")])


def test_the_report_says_where_no_one_way_does_both() -> None:
    one, same, other = (Choice(WAYS[0], step, 1.0, (), by) for step, by in ((4, "loss"), (4, "kid"), (1, "kid")))
    assert of_two_ways(findings(("joint", one, same), ("null", one, other), ("joint", one, None))) == ""
    told = of_two_ways(findings(("joint", one, same), ("joint", one, other), ("null", one, other)))
    assert "what −ELBO says of arms tuned for that: other rates or steps for Joint in 1 of 2 runs." in told
