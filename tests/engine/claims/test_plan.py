"""Plans: read from JSON, checked in one line, and arms that are as fair to one another as they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from metagen_gui.engine.claims.arms import adapting, arms_of, prepared
from metagen_gui.engine.claims.plan import BASELINES, QUICK, ClaimPlan
from metagen_gui.engine.claims.shuffled import ShuffledExperiment
from metagen_gui.engine.claims.training import queue, seconds_per_step, share_out, trainers
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput

DENSITIES = Experiment("densities", "vae", "maml")


def plan(experiment: Experiment = DENSITIES, **values: Any) -> ClaimPlan:
    return ClaimPlan.of(experiment, {"steps": 5, **values})


def test_a_plan_survives_its_document() -> None:
    made = plan(seeds=(3, 4), changes={"joint": {"training.outer_lr": 0.01}}, adaptation_steps=(4, 2))
    again = ClaimPlan.from_document(json.loads(json.dumps(made.document())))
    assert again.document() == made.document()
    assert made.rows == (0, 2, 4) and made.arms == ("random", "joint", "joint + fine-tuning", "maml", "null")


@pytest.mark.parametrize(
    ("values", "where", "why"),
    [
        ({"seconds": 3.0}, "plan.seconds", "either"),
        ({"steps": None}, "plan.seconds", "either"),
        ({"claims": ["wins"]}, "plan.claims", "not one of"),
        ({"arms": ["joint"]}, "plan.arms", "at least one algorithm"),
        ({"arms": ["maml", "mamml"]}, "plan.arms", "mamml"),
        ({"arms": ["maml", "maml"]}, "plan.arms", "twice"),
        ({"seeds": []}, "plan.seeds", "at least one"),
        ({"seeds": [-1]}, "plan.seeds", "-1"),
        ({"tasks": 1}, "plan.tasks", "too low"),
        ({"adaptation_steps": [2000]}, "plan.adaptation_steps", "2000"),
        ({"adaptation_steps": [0]}, "plan.adaptation_steps", "besides 0"),
        ({"changes": {"reptile": {}}}, "plan.changes", "reptile"),
        ({"shot": 5}, "plan.shot", "no such setting"),
    ],
)
def test_what_cannot_be_is_named_in_one_line(values: dict[str, Any], where: str, why: str) -> None:
    with pytest.raises(BadInput) as problem:
        plan(**values)
    assert problem.value.where == where and why in problem.value.why and "\n" not in str(problem.value)


def test_a_change_that_cannot_be_names_the_setting() -> None:
    with pytest.raises(BadInput, match=r"algorithm\.inner_lr"):
        arms_of(plan(changes={"maml": {"algorithm.inner_lr": -1}}))
    with pytest.raises(BadInput, match="decides what an arm is"):
        arms_of(plan(changes={"maml": {"algorithm.name": "leo"}}))
    for path, value in (("tasks.shape", "moons"), ("training.seed", 7), ("training.meta_steps", 9)):
        with pytest.raises(BadInput, match=f"{path} is the same for every arm"):
            arms_of(plan(changes={"maml": {path: value}}))


def test_loading_takes_an_experiment_a_plan_and_quick_has_the_last_word(tmp_path: Path) -> None:
    (tmp_path / "e.json").write_text(DENSITIES.to_json())
    (tmp_path / "p.json").write_text(json.dumps({"experiment": "e.json", "steps": 7, "seeds": [1, 2]}))
    assert ClaimPlan.load(tmp_path / "e.json").settings.tasks >= 100
    quick = ClaimPlan.load(tmp_path / "p.json", quick=True).settings
    assert (quick.seconds, quick.steps, quick.seeds) == (QUICK["seconds"], None, (0,))
    assert ClaimPlan.load(tmp_path / "p.json").settings.steps == 7
    for text, why in (("[]", "object"), ("{", "not JSON"), ('{"experiment": 3}', "names an experiment")):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(BadInput, match=why):
            ClaimPlan.load(tmp_path / "bad.json")


def test_every_adapting_arm_tries_as_many_ways() -> None:
    for count in (1, 5, 8):
        counts = {arm.name: len(arm.ways) for arm in arms_of(plan(candidates=count))}
        assert counts.pop("joint") == 0 and set(counts.values()) == {count}


def test_joint_training_never_adapts_and_fine_tuning_shares_its_run() -> None:
    arms = {arm.name: arm for arm in arms_of(plan())}
    assert arms["joint"].run == arms["joint + fine-tuning"].run
    training = prepared(arms["joint"], seed=4, steps=9).config("training")
    assert (training.warmup_steps, training.meta_steps, training.seed) == (9, 9, 4)
    assert prepared(arms["maml"], seed=4, steps=9).config("training").warmup_steps == 0
    assert isinstance(prepared(arms["null"], 0, 9), ShuffledExperiment)


def test_what_an_algorithm_learned_is_fine_tuned_as_joint_training_is() -> None:
    made = plan(arms=["joint + fine-tuning", "maml + fine-tuning", "null"], candidates=3)
    joint, maml, null = arms_of(made)
    assert (maml.run, maml.title, maml.is_meta, null.title) == (
        "maml", "MAML + fine-tuning", True, "Null: MAML on shuffled classes",
    )  # fmt: skip
    assert maml.ways == joint.ways and made.algorithms == ("maml",) and made.meta_arms == ("maml + fine-tuning",)
    for way in maml.ways:
        adapted = adapting(maml, way)
        assert adapted.algorithm == "reptile" and adapted.config("algorithm") == adapting(joint, way).config(
            "algorithm"
        )
    assert prepared(maml, 0, 9).algorithm == "maml" and [*trainers([maml, *arms_of(plan())])].count("maml") == 1
    with pytest.raises(BadInput, match=r"plan\.arms.*there is no 'mamml \+ fine-tuning'"):
        plan(arms=["mamml + fine-tuning"])


def test_arms_share_all_that_is_not_their_own() -> None:
    given = DENSITIES.with_value("training.outer_lr", 0.02).with_value("model.width", 9)
    for arm in arms_of(plan(given, arms=(*BASELINES, "maml", "reptile"))):
        assert arm.experiment.config("training").outer_lr == 0.02 and arm.experiment.config("model").width == 9
    (reptile,) = (arm for arm in arms_of(plan(given, arms=("maml", "reptile"))) if arm.name == "reptile")
    assert not reptile.experiment.values["algorithm"], "rates of one algorithm do not suit another"


def test_a_warm_up_that_leaves_no_step_is_refused() -> None:
    (arm,) = (arm for arm in arms_of(plan(DENSITIES.with_value("training.warmup_steps", 9))) if arm.name == "maml")
    with pytest.raises(BadInput, match="warm-up"):
        prepared(arm, 0, 9)


SPEEDS = {"joint": (0.1, 0.1), "maml": (0.0, 0.5), "null": (0.0, 4.0)}


def test_seconds_are_shared_out_as_equal_time_and_as_equal_steps() -> None:
    made = plan(seconds=10.0, steps=None)
    shared = share_out(made, arms_of(made), SPEEDS)
    assert shared["equal compute"] == {"joint": 100, "maml": 20, "null": 2}
    assert shared["equal steps"]["joint"] == shared["equal steps"]["maml"] == 20, "the null does not hold others up"


def test_steps_are_shared_out_by_the_slowest_arm() -> None:
    made = plan(steps=20)
    shared = share_out(made, arms_of(made), SPEEDS)
    assert shared["equal compute"] == {"joint": 100, "maml": 20, "null": 2}
    assert set(shared["equal steps"].values()) == {20}


def test_a_warm_up_counts_at_its_own_speed() -> None:
    made = plan(DENSITIES.with_value("training.warmup_steps", 10), seconds=10.0, steps=None, arms=("joint", "maml"))
    shared = share_out(made, arms_of(made), {"joint": (0.1, 0.1), "maml": (0.1, 0.5)})
    assert shared["equal compute"] == {"joint": 100, "maml": 10 + 18}


def test_no_run_is_queued_twice_and_the_null_once() -> None:
    made = plan(seconds=10.0, steps=None, seeds=(0, 1))
    arms = arms_of(made)
    names = [training.folder for training in queue(made, arms, share_out(made, arms, SPEEDS))]
    assert len(names) == len(set(names)) == 2 * 4
    assert sum(name.startswith("null") for name in names) == 2 and sum(name.startswith("maml") for name in names) == 2


def test_a_step_is_timed_in_every_phase() -> None:
    small = {"model.width": 6, "training.meta_batch_size": 2, "training.shots": 3, "training.query_size": 4}
    given = DENSITIES
    for path, value in {**small, "training.warmup_steps": 3, "training.device": "cpu"}.items():
        given = given.with_value(path, value)
    for name, arm in trainers(arms_of(plan(given, arms=("joint", "maml")))).items():
        warm, after = seconds_per_step(arm, seed=0)
        assert warm > 0 and after > 0 and (warm == after) == (name == "joint")
