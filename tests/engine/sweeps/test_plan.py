"""A plan is checked part by part, and whatever is wrong is one line that names it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.sweeps.plan import SweepPlan

RATE = "algorithm.inner_lr"
EXPERIMENT = {"tasks": {"name": "sinusoids"}, "model": {"name": "curve"}, "algorithm": {"name": "maml"}}
PLAN: dict[str, Any] = {
    "version": 1,
    "experiment": EXPERIMENT,
    "ranges": {
        RATE: {"low": 0.001, "high": 1},
        "algorithm.adaptation_steps": {"low": 1, "high": 5},
        "training.outer_optimizer": {"choices": ["adam", "sgd"]},
    },
    "trials": 5,
}


def ranges(**given: Any) -> dict[str, Any]:
    return {**PLAN, "ranges": {RATE: given}}


def test_a_plan_is_read_written_back_and_read_the_same(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(EXPERIMENT))
    (tmp_path / "plan.json").write_text(json.dumps({**PLAN, "experiment": "one.json"}))
    plan = SweepPlan.load(tmp_path / "plan.json")
    assert [place.path for place in plan.ranges] == [*PLAN["ranges"]]
    rate, steps, optimizer = plan.ranges
    assert rate.log and not steps.log and steps.whole and optimizer.choices == ("adam", "sgd")
    again = SweepPlan.from_document(json.loads(json.dumps(plan.document())), ours=True)
    assert again.document() == plan.document() and again.ranges == plan.ranges


def test_the_plan_of_the_documentation_is_one() -> None:
    page = (Path(__file__).parents[3] / "docs/how-to/seek-settings.md").read_text(encoding="utf-8")
    plan = SweepPlan.from_document({**json.loads(page.split("```json")[1].split("```")[0]), "experiment": EXPERIMENT})
    assert len(plan.ranges) == 3 and plan.settings.trials == 40


def test_what_the_experiment_has_itself_is_tried_where_it_lies_in_the_ranges() -> None:
    assert SweepPlan.from_document(PLAN).own_values() == {
        RATE: 0.01, "algorithm.adaptation_steps": 1, "training.outer_optimizer": "adam",
    }  # fmt: skip
    assert SweepPlan.from_document(ranges(low=0.02, high=0.5)).own_values() == {}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "plan: a plan is a JSON object"),
        ({**PLAN, "version": 2}, "plan: version 2 is not one"),
        ({**PLAN, "version": True}, "plan: version True is not one"),
        ({**PLAN, "experiment": 3}, "plan.experiment: a plan names an experiment"),
        ({**PLAN, "experiment": {"algorithm": {"name": "kite"}}}, "kite"),
        ({**PLAN, "experiment": "nowhere.json"}, "nowhere.json: No such file"),
        ({**PLAN, "ranges": {}}, "plan.ranges: name what is sought"),
        ({**PLAN, "ranges": [1]}, "plan.ranges: name what is sought"),
        ({**PLAN, "trails": 3}, "plan.trails: there is no such setting"),
        ({**PLAN, "trials": 0}, "plan.trials: 0 is too low"),
        ({**PLAN, "trials": 10**400}, "plan.trials: "),
        ({**PLAN, "trials": True}, "plan.trials: True is not a number"),
        ({**PLAN, "seeds": []}, "plan.seeds: 0 are not possible"),
        ({**PLAN, "seeds": [1, 1]}, "plan.seeds: nothing may stand there twice"),
        ({**PLAN, "seeds": [2**31]}, "plan.seeds: 2147483648 is not possible"),
        ({**PLAN, "objective": "kite"}, "plan.objective: there is no 'kite'; there are loss"),
        ({**PLAN, "pruning": "axe"}, "plan.pruning: 'axe' is not one of"),
        ({**PLAN, "tasks": float("nan")}, "plan.tasks: nan is not a"),
        (ranges(low=1, high=0.5), f"plan.ranges.{RATE}: low 1 has to be below high 0.5"),
        (ranges(low=0.1, high=0.1), f"plan.ranges.{RATE}: low 0.1 has to be below high 0.1"),
        (ranges(low=0, high=1, log=True), f"plan.ranges.{RATE}.low: 0 is not possible with log"),
        (ranges(low=0.1, high=1e9), f"plan.ranges.{RATE}.high: 1000000000.0 is too high; the highest value is 10"),
        (ranges(low=-1, high=1), f"plan.ranges.{RATE}.low: -1 is too low"),
        (ranges(low=float("nan"), high=1), f"plan.ranges.{RATE}.low: nan is not a finite number"),
        (ranges(low=0.1, high=10**400), f"plan.ranges.{RATE}.high: "),
        (ranges(low="0.1", high=1), f"plan.ranges.{RATE}.low: '0.1' is not a number"),
        (ranges(low=True, high=1), f"plan.ranges.{RATE}.low: True is not a number"),
        (ranges(low=0.1), f"plan.ranges.{RATE}.high: is missing"),
        (ranges(low=0.1, high=1, log="yes"), f"plan.ranges.{RATE}.log: 'yes' is neither"),
        (ranges(low=0.1, high=1, step=2), f"plan.ranges.{RATE}.step: a range of this setting has choices, low"),
        (ranges(choices=[0.1], low=1), f"plan.ranges.{RATE}: give either choices, or low and high"),
        (ranges(choices=[0.1]), f"plan.ranges.{RATE}.choices: choices are a list of 2 to 100"),
        (ranges(choices=[0.1, 0.1]), f"plan.ranges.{RATE}.choices: nothing may stand there twice"),
        (ranges(choices=[0.1, [2]]), f"plan.ranges.{RATE}.choices: [2] is not possible"),
        (ranges(choices=[0.1, 9999]), f"plan.ranges.{RATE}.choices: 9999 is too high"),
        ({**PLAN, "ranges": {RATE: 3}}, f"plan.ranges.{RATE}: a range is"),
        ({**PLAN, "ranges": {"algorithm.kite": {}}}, "plan.ranges.algorithm.kite: there is no such setting; there are"),
        ({**PLAN, "ranges": {"kite": {}}}, "plan.ranges.kite: a setting's path begins with one of"),
        ({**PLAN, "ranges": {"algorithm.name": {"choices": ["maml", "leo"]}}}, "another plugin has other settings"),
        ({**PLAN, "ranges": {"training.seed": {"low": 0, "high": 9}}}, "plan.ranges.training.seed: has no range"),
        ({**PLAN, "ranges": {"tasks.noise": {"low": 0.0, "high": 0.1}}}, "plan.ranges.tasks.noise: "),
        ({**PLAN, "ranges": {"algorithm.group_rates": {"choices": [1, 2]}}}, "neither a number nor a choice"),
        ({**PLAN, "ranges": {"algorithm.adapts": {"choices": ["everything", "kites"]}}}, "kites"),
        ({**PLAN, "ranges": {"algorithm.adapts": {"low": 0, "high": 1}}}, "a range of this setting has choices"),
        ({**PLAN, "ranges": {"algorithm.adaptation_steps": {"low": 1.5, "high": 3}}}, "1.5 is not a whole number"),
    ],
)
def test_what_is_wrong_with_a_plan_is_one_line_that_names_it(document: Any, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        SweepPlan.from_document(document)
    assert said in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON (line 1)"),
        ('{"ranges": {}, "ranges": {}}', "ranges: stands twice in one place"),
        ("[" * 10**5, "not JSON that can be read"),
    ],
)
def test_a_file_that_is_no_plan_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(BadInput) as refused:
        SweepPlan.load(tmp_path)
    assert said in str(refused.value)
