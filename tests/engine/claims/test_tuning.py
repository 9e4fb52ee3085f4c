"""How an arm adapts is chosen by the first measure; what samples would have chosen is told, and decides nothing."""

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
from metagen_gui.engine.claims.adapted import Adapted, HeldOut, score_adapted
from metagen_gui.engine.claims.arms import Arm, arms_of
from metagen_gui.engine.claims.folder import ClaimFolder, Scored
from metagen_gui.engine.claims.limits import otherwise
from metagen_gui.engine.claims.measures import Eyes, Measure
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.claims.tuning import Choice, Preference, build, tune
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.randomness import generator_for

Tiny = Callable[..., Experiment]
ROWS = (0, 1, 4)
NAN = float("nan")
WAYS = {"inner_lr": 0.1}, {"inner_lr": 0.01}


def arm_with(plan: ClaimPlan, ways: Sequence[Any] = WAYS) -> Arm:
    return replace(next(arm for arm in arms_of(plan) if arm.name == "random"), ways=tuple(ways))


def tuned(tiny: Tiny, monkeypatch: pytest.MonkeyPatch, scores: dict[str, Any], model: str = "vae") -> Choice:
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
    return tune(arm_with(plan), algorithm, {}, tasks, Eyes(family, algorithm.model, "validation", 6), ROWS)


def test_samples_are_asked_as_well_and_decide_nothing(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    losses, distances = [[9.0, 5.0, 3.0], [9.0, 4.0, 2.0]], [[0.5, 0.1, 0.4], [0.5, 0.3, 0.35]]
    choice = tuned(tiny, monkeypatch, {"loss": losses, "mmd2": distances})
    assert (choice.way, choice.step, choice.score) == (WAYS[1], 4, 2.0)
    assert choice.tried == ((WAYS[0], 4, 3.0), (WAYS[1], 4, 2.0))
    assert choice.by_samples == Preference("mmd2", WAYS[0], 1, 0.1, 0.35) and not choice.agreed
    distances[1][2] = 0.05
    choice = tuned(tiny, monkeypatch, {"loss": losses, "mmd2": distances})
    assert choice.agreed and choice.by_samples == Preference("mmd2", WAYS[1], 4, 0.05, 0.05)


def test_what_has_diverged_is_chosen_by_no_measure(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    wild = [[NAN, NAN, NAN], [9.0, 4.0, NAN]]
    choice = tuned(tiny, monkeypatch, {"loss": wild, "mmd2": [[NAN, NAN, NAN], [0.2, 0.3, NAN]]})
    assert (choice.way, choice.step) == (WAYS[1], 1) and np.isnan(choice.tried[0][2])
    assert choice.by_samples == Preference("mmd2", WAYS[1], 0, 0.2, 0.3)
    unseen = tuned(tiny, monkeypatch, {"loss": [[9.0, 4.0, 5.0]] * 2, "mmd2": [[NAN] * 3] * 2})
    assert (unseen.way, unseen.step, unseen.by_samples) == (WAYS[0], 1, None)
    lost = tuned(tiny, monkeypatch, {"loss": [[NAN] * 3] * 2, "mmd2": [[NAN] * 3] * 2})
    assert lost.step == 0 and np.isnan(lost.score) and lost.by_samples is None and lost.agreed


def test_where_samples_decide_they_are_not_asked_twice(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    choice = tuned(tiny, monkeypatch, {"mmd2": [[0.5, 0.1, 0.4], [0.5, 0.3, 0.35]]}, model="gan")
    assert (choice.way, choice.step) == (WAYS[0], 1) and choice.by_samples is None


def test_the_figures_are_those_of_the_samples(tiny: Tiny) -> None:
    """With the real scores: the distance at the choice is what scoring by it alone gives."""
    plan = ClaimPlan.of(tiny("densities", "vae", "reptile"), {"steps": 1})
    family = plan.experiment.build_tasks()
    algorithm = plan.experiment.build_algorithm(plan.experiment.build_model(family))
    weights = algorithm.initialize(generator_for(0, "initialization"))
    tasks, eyes = HeldOut(family, "validation", 3, 4, 6, 5), Eyes(family, algorithm.model, "validation", 6)
    choice = tune(arm_with(plan), algorithm, weights, tasks, eyes, ROWS)
    assert choice.by_samples is not None
    measure = next(each for each in eyes.measures if each.name == "mmd2")
    arm, found = arm_with(plan), dict[tuple[int, int], float]()
    for place, way in enumerate(WAYS):
        scored = score_adapted(build(arm, way, algorithm), weights, tasks, eyes, ROWS, measures=(measure,))
        values = scored.values["mmd2"]
        found |= {(place, step): float(values[row].mean()) for row, step in enumerate(ROWS)}
    best = min(found, key=lambda at: found[at])
    assert (choice.by_samples.way, choice.by_samples.step) == (WAYS[best[0]], best[1])
    assert choice.by_samples.score == pytest.approx(found[best])
    assert choice.by_samples.here == pytest.approx(found[WAYS.index(choice.way), choice.step])  # type: ignore[arg-type]


def test_it_is_kept_and_tests_kept_before_are_read(tiny: Tiny, tmp_path: Path) -> None:
    folder = ClaimFolder(tmp_path / "out", ClaimPlan.of(tiny("densities", "vae", "maml"), {"steps": 1}))
    own = Adapted((0, 4), {"loss": np.ones((2, 6))}, np.zeros((4, 2, 3, 2), np.float32))
    asked = Choice(WAYS[0], 4, 1.0, (), Preference("mmd2", WAYS[1], 0, 0.25, NAN))
    folder.keep_scores("one", Scored(asked, own))
    found = folder.scored("one")
    assert found is not None and found.choice.by_samples is not None and np.isnan(found.choice.by_samples.here)
    assert replace(found.choice.by_samples, here=0.0) == Preference("mmd2", WAYS[1], 0, 0.25, 0.0)
    file = tmp_path / "out/scores/one.json"
    told = json.loads(file.read_text())
    file.write_text(json.dumps({key: value for key, value in told.items() if key != "by_samples"}))
    earlier = folder.scored("one")
    assert earlier is not None and earlier.choice == replace(asked, by_samples=None)
    file.write_text(json.dumps({**told, "by_samples": {"measure": "mmd2"}}))
    assert folder.scored("one") is None, "damaged"


def findings(*choices: tuple[str, Choice]) -> Any:
    arms = [SimpleNamespace(name=name, title=name.title(), is_null=name == "null") for name in ("joint", "null")]
    scores = {(name, 5, seed): SimpleNamespace(choice=choice) for seed, (name, choice) in enumerate(choices)}
    measures = [SimpleNamespace(name="loss", title="−ELBO"), SimpleNamespace(name="kid", title="KID")]
    return SimpleNamespace(arms=arms, scores=scores, measures=measures)


def test_the_report_says_for_which_arms_samples_would_have_chosen_otherwise() -> None:
    same = Choice(WAYS[0], 4, 1.0, (), Preference("kid", WAYS[0], 4, 0.25, 0.25))
    other = Choice(WAYS[0], 4, 1.0, (), Preference("kid", WAYS[0], 1, 0.25, 0.75))
    assert otherwise(findings(("joint", same), ("null", other), ("joint", Choice({}, 0, NAN, ())))) == ""
    told = otherwise(findings(("joint", same), ("joint", other), ("null", other)))
    assert told.startswith("Tuned by KID, by the same attempts") and "Joint in 1 of 2 runs, by 0.500." in told
    assert "said of arms tuned by −ELBO; of arms tuned by KID" in told
