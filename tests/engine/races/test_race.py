"""A race as data: what may race, and its file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.races.race import Lane, Race, lane_for
from metagen_gui.engine.settings.bad_input import BadInput

Tiny = Callable[..., Experiment]


def race_of(*experiments: Experiment, equal: Any = "steps", amount: float = 6) -> Race:
    """Return the race of these experiments."""
    return Race(tuple(Lane(f"lane {place}", one) for place, one in enumerate(experiments)), equal, amount)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("training.seed", 5),
        ("training.shots", 2),
        ("training.query_size", 3),
        ("training.device", "auto"),
        ("tasks.noise", 0.3),
        ("tasks.name", "strokes"),
    ],
)
def test_lanes_that_do_not_see_the_same_are_refused_with_what_differs(tiny: Tiny, path: str, value: Any) -> None:
    race = race_of(tiny("sinusoids"), tiny("sinusoids").with_value(path, value))
    with pytest.raises(BadInput) as refused:
        race.check()
    assert (
        refused.value.where == f"lane 1: {path}" and repr(value) in refused.value.why and "lane 0" in refused.value.why
    )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("algorithm.name", "reptile"),
        ("algorithm.inner_lr", 0.3),
        ("model.name", "gan"),
        ("model.width", 7),
        ("training.outer_lr", 0.1),
        ("training.meta_batch_size", 3),
        ("training.meta_steps", 50),
        ("training.validation_tasks", 5),
    ],
)
def test_everything_else_may_differ(tiny: Tiny, path: str, value: Any) -> None:
    race_of(tiny(), tiny().with_value(path, value)).check()


def test_lanes_are_looked_at_alike_and_about_as_often_however_many_steps_they_get(tiny: Tiny) -> None:
    race = race_of(tiny(), tiny(values={"training.validation_tasks": 7, "training.preview_samples": 9}))
    for steps, every in ((3, 1), (100, 4), (101, 5)):
        first, second = (race.experiment(place, steps).config("training") for place in (0, 1))
        for name in ("meta_steps", "validate_every", "validation_tasks", "preview_samples"):
            assert getattr(first, name) == getattr(second, name)
        assert (second.validation_tasks, second.validate_every, second.meta_steps) == (2, every, steps)


def test_a_lane_whose_warm_up_leaves_nothing_of_it_is_refused(tiny: Tiny) -> None:
    race = race_of(tiny(), tiny(values={"training.warmup_steps": 6}))
    assert race.experiment(1, 7).config("training").warmup_steps == 6
    with pytest.raises(BadInput, match="lane 1: gets 6 outer steps"):
        race.experiment(1, 6)


@pytest.mark.parametrize(
    ("changes", "where", "why"),
    [
        ({"lanes": []}, "race.lanes", "0 cannot race"),
        ({"lanes": [{"experiment": "gone.json"}] * 9_000}, "race.lanes", "9,000 cannot race"),
        ({"amount": 10**400}, "race.amount", "0000 steps are not possible"),
        ({"amount": 0}, "race.amount", "0 steps are not possible"),
        ({"amount": 2.5}, "race.amount", "2.5 steps"),
        ({"amount": True}, "race.amount", "True is not a number"),
        ({"amount": None}, "race.amount", "None is not a number"),
        ({"equal": "luck"}, "race.equal", "steps and seconds are"),
        ({"equal": ["steps"]}, "race.equal", "steps and seconds are"),
        ({"version": 9}, "race", "version 9"),
        ({"version": True}, "race", "version True"),
        ({"lane": []}, "race", "'lane' is nothing"),
        ({"lanes": "two"}, "race.lanes", "a list"),
        ({"lanes": [{"name": "a"}] * 2}, "race.lanes.1", "an experiment is a JSON object"),
        ({"lanes": [{"title": "a"}] * 2}, "race.lanes.1", "a lane is"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(tiny: Tiny, changes: dict[str, Any], where: str, why: str) -> None:
    document = {**race_of(tiny(), tiny()).document(), **changes}
    with pytest.raises(BadInput) as refused:
        Race.from_document(document)
    assert refused.value.where.startswith(where) and why in refused.value.why


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "a\nb"])
def test_what_is_no_name_of_a_file_is_refused(tiny: Tiny, tmp_path: Path, name: str) -> None:
    document = race_of(tiny(), tiny()).document()
    document["lanes"][0]["experiment"] = name
    (tmp_path / "race.json").write_text(json.dumps(document))
    with pytest.raises(BadInput, match="is no name of a file"):
        Race.load(tmp_path / "race.json")


def test_names_from_a_file_are_one_line_that_can_be_printed(tiny: Tiny) -> None:
    document = race_of(tiny(), tiny()).document()
    document["lanes"][0]["name"] = "<b>a\n\x1b[31m\u202e"
    assert Race.from_document(document).lanes[0].name == "<b>a\\n\\x1b[31m\\u202e"


def test_every_lane_has_a_name_of_its_own(tiny: Tiny) -> None:
    for names in (("a", "a"), ("a", " "), ("a", "b" * 81)):
        with pytest.raises(BadInput, match="a name of its own"):
            Race(tuple(Lane(name, tiny()) for name in names), "steps", 5).check()


def test_lanes_are_called_by_what_sets_them_apart(tiny: Tiny) -> None:
    lanes: list[Lane] = []
    others = (("model.name", "gan"), ("training.outer_lr", 0.1), ("algorithm.name", "reptile"))
    for path, value in (("training.seed", 0), *others, ("training.seed", 0)):
        lanes.append(lane_for(tiny().with_value(path, value), lanes))
    gan = tiny(model="gan").plugin("model").title
    vae = tiny().plugin("model").title
    assert [lane.name for lane in lanes] == ["MAML", f"MAML, {gan}", "MAML, outer_lr 0.1", "Reptile", f"MAML, {vae}"]


def test_another_model_is_told_before_another_rate(tiny: Tiny) -> None:
    lanes = [lane_for(tiny(), ())]
    for rate in (0.3, 0.2):
        lanes.append(lane_for(tiny(model="gan").with_value("algorithm.inner_lr", rate), lanes))
    gan = tiny(model="gan").plugin("model").title
    assert [lane.name for lane in lanes] == ["MAML", f"MAML, {gan}", "MAML, inner_lr 0.2"]


def test_a_race_is_written_and_read_again(tiny: Tiny, tmp_path: Path) -> None:
    race = race_of(tiny(), tiny(algorithm="reptile"), equal="seconds", amount=1.5)
    file = tmp_path / "race.json"
    file.write_text(race.to_json(), "utf-8")
    assert Race.load(file) == race


def test_lanes_may_be_files_beside_it(tiny: Tiny, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(tiny().to_json())
    document = race_of(tiny(), tiny()).document()
    document["lanes"][0] = {"experiment": "one.json"}
    (tmp_path / "race.json").write_text(json.dumps(document))
    assert Race.load(tmp_path / "race.json").lanes[0] == Lane("MAML", tiny())
