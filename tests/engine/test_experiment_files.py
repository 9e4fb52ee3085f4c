"""Files of experiments: what is wrong is named by its place, what is not ours is kept, anything else is refused."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.events import Notice
from metagen_gui.engine.experiment import MAX_BYTES, SECTIONS, VERSION, Experiment
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput


@pytest.mark.parametrize(
    ("document", "where", "why"),
    [
        ([], "experiment", "an experiment is a JSON object"),
        ({"version": VERSION + 1}, "experiment", f"written by a newer MetaGen (version {VERSION + 1}; this one reads"),
        ({"version": 0}, "experiment", "version 0 is not"),
        ({"version": "1"}, "experiment", "version '1' is not"),
        ({"model": "vae"}, "model", "expected {"),
        ({"model": {"name": 5}}, "model", "expected {"),
        ({"model": {"name": "vea"}}, "model.name", "there is no 'vea'; there are curve, flow, "),
        ({"tasks": {"name": ""}}, "tasks.name", "there is no ''"),
        ({"model": {"settings": [1]}}, "model", "settings are a JSON object"),
        ({"training": None}, "training", "settings are a JSON object"),
        ({"model": {"settings": {"latent_size": 0}}}, "model.latent_size", "0 is too low; the lowest value is 1"),
        ({"model": {"settings": {"latent_size": "many"}}}, "model.latent_size", "is not a whole number"),
        ({"model": {"settings": {"name": "gan"}}}, "model.name", "stands beside"),
        ({"training": {"shot": 5}}, "training.shot", "there is no such setting"),
        ({"training": {"": 5}}, "training.", "a setting's path begins"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_by_its_path(document: object, where: str, why: str) -> None:
    with pytest.raises(BadInput) as caught:
        Experiment.from_json(json.dumps(document))
    assert caught.value.where == where and why in caught.value.why


def test_a_path_that_is_not_valid_text_comes_back_from_a_file(tmp_path: Path) -> None:
    path = os.fsdecode(b"/media/caf\xe9/\xf0\x9f\x96\x8b \\")
    experiment = Experiment(tasks="images").with_value("tasks.path", path)
    for complete in (False, True):
        (tmp_path / "experiment.json").write_bytes(experiment.to_json(complete=complete).encode())
        assert Experiment.load(tmp_path).config("tasks").path == path


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 40) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


PART = st.fixed_dictionaries(
    {}, optional={"name": st.sampled_from(["vae", "gan", "maml", "images"]) | JSON, "settings": JSON}
)


@settings(deadline=None, max_examples=100)
@given(st.fixed_dictionaries({}, optional={"version": JSON, **dict.fromkeys(SECTIONS, PART | JSON)}) | JSON)
def test_any_json_is_an_experiment_or_bad_input(document: object) -> None:
    try:
        experiment = Experiment.from_json(json.dumps(document))
    except BadInput:
        return
    assert Experiment.from_json(experiment.to_json()) == experiment


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{\n"version": 1,\n"model" 3}', "not JSON (line 3)"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b" " * (MAX_BYTES + 1), "larger than 4 MB"),
        (b"[" * 200_000, "nested too deep"),
        (b'{"version": ' + b"1" * 5000 + b"}", "not JSON that can be read"),
    ],
    ids=["not JSON", "not UTF-8", "too large", "too deep", "long number"],
)
def test_a_file_that_is_no_experiment_is_named(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "mine.json"
    path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        Experiment.load(path)
    assert caught.value.where == str(path) and why in caught.value.why


def test_a_run_folder_is_read_and_other_folders_are_named(tmp_path: Path) -> None:
    for missing in (tmp_path, tmp_path / "nowhere.json"):
        with pytest.raises(BadInput, match="No such file") as caught:
            Experiment.load(missing)
        assert str(missing) in caught.value.where
    experiment = Experiment().with_value("training.seed", 7)
    (tmp_path / "experiment.json").write_text(experiment.to_json())
    assert Experiment.load(tmp_path) == Experiment.load(tmp_path / "experiment.json") == experiment


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")
@pytest.mark.parametrize(("to", "why"), [("/dev/zero", "not a regular file"), ("x" * 300, "File name too long")])
def test_files_without_end_and_names_that_cannot_be_are_named(tmp_path: Path, to: str, why: str) -> None:
    with pytest.raises(BadInput) as caught:
        Experiment.load(tmp_path / to)
    assert caught.value.where == str(tmp_path / to) and caught.value.why == why


def test_what_a_file_holds_besides_is_kept(tmp_path: Path) -> None:
    document = {"version": 1, "remark": "for Tuesday", "algorithm": {"name": "reptile"}, "tags": ["a", 1]}
    experiment = Experiment.from_document(document)
    changed = (
        experiment.with_value("algorithm.inner_lr", 0.5).with_plugin("algorithm", "maml").with_plugin("model", "gan")
    )
    written = json.loads(changed.to_json())
    assert written["remark"] == "for Tuesday" and written["tags"] == ["a", 1]
    assert written["algorithm"]["name"] == "maml"


@pytest.mark.parametrize(
    ("wrong", "line"), [("algorithm.inner_lr", 9), ("training.shots", 13), ("model.width", 5), ("algorithm.adapts", 10)]
)
def test_a_file_edited_by_hand_is_complained_of_with_the_line(wrong: str, line: int) -> None:
    lines = [
        "{", ' "remark": [{"inner_lr": 0 }],', ' "model": {"name": "vae", "settings": {', '   "latent_size": 3,',
        '   "width": 32', " }},", ' "algorithm": {"settings":', "  {", '   "inner_lr": 0.1,',
        '   "adapts": "everything"', " }},", ' "training": {"seed": 1,', '  "shots": 5}', "}",
    ]  # fmt: skip
    Experiment.from_json("\n".join(lines))
    name = wrong.partition(".")[2]
    lines[line - 1] = re.sub(rf'("{name}": )[^,}}]+', r'\1"much"' if name != "adapts" else r"\g<1>7", lines[line - 1])
    with pytest.raises(BadInput, match=rf"\(line {line}\)$") as caught:
        Experiment.from_json("\n".join(lines))
    assert caught.value.where == wrong


def test_a_setting_that_was_taken_out_is_read_with_a_notice(tiny: Callable[..., Experiment]) -> None:
    document = tiny().document()
    document["training"]["compile"] = "when ready"
    experiment = Experiment.from_document(document)
    assert experiment == tiny() and "compile" not in experiment.document()["training"]
    (notice,) = experiment.notices
    assert notice.startswith("training.compile is left out")
    told = [event.text for event in meta_train(experiment) if isinstance(event, Notice)]
    assert notice in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"trainning": {"shots": 3}}', "trainning: there is no such section; did you mean training?"),
        ('{"algorithms": {"name": "fomaml"}}', "algorithms: there is no such section; did you mean algorithm?"),
        ('{\n"Model": {"name": "gan"}}', "Model: there is no such section; did you mean model? (line 2)"),
        ('{"TASKS": {}}', "TASKS: there is no such section; did you mean tasks? (line 1)"),
        ('{"shots": 3}', "shots: stands beside the sections; it is a setting of training (line 1)"),
        ('{"settings": {}}', "settings: stands beside the sections; an experiment has"),
        ('{"experiment": {"model": {"name": "gan"}}}', "experiment: stands beside the sections"),
        ('{"model": {"name": "vae",\n"setings": {}}}', "model.setings: a section holds a name and settings"),
        ('{"algorithm": {"inner_lr": 0.1}}', "algorithm.inner_lr: a section holds a name and settings"),
        ('{"training": {"shots": 3,\n"seed": 1,\n"shots": 5}}', "shots: stands twice in one place; leave one"),
        ('{"model": {"name": "vae"},\n"model": {"name": "gan"}}', "model: stands twice in one place"),
        ('{"a\\u0062": 1,\n"ab": 2}', "ab: stands twice in one place; leave one of them (line 2)"),
        ('{"training": {"shots": true}}', "training.shots: True is not a number (line 1)"),
        ('{"training": {"outer_lr": false}}', "training.outer_lr: False is not a number (line 1)"),
        ('{"training": {"replay": 1}}', "training.replay: 1 is neither true nor false (line 1)"),
        ('{"training": {"replay": "yes"}}', "training.replay: 'yes' is neither true nor false (line 1)"),
        ('{"algorithm": {"settings": {"group_rates": {"head": true}}}}', "algorithm.group_rates: {'head': True} is"),
        ('{"version": true}', "experiment: version True is not a number of 1 or more"),
    ],
)  # fmt: skip
def test_what_is_misspelt_stands_twice_or_is_of_another_type_is_told(text: str, told: str) -> None:
    with pytest.raises(BadInput) as refused:
        Experiment.from_json(text)
    assert str(refused.value).startswith(told)


def test_remarks_are_kept_and_told_and_text_in_them_is_no_key() -> None:
    text = '{"remark": "\\"shots\\": 3", "who": ["}{", [{"shots": 1}, {"shots": 2}]], "training": {}}'
    experiment = Experiment.from_json(text)
    assert dict(experiment.others) == {name: json.loads(text)[name] for name in ("remark", "who")}
    assert experiment.notices == ("kept as a remark: remark, who.",)
    assert Experiment.from_json(experiment.to_json()) == experiment
    assert Experiment.from_json('{"about": {"title": "A preset"}}').notices == ()
    assert Experiment.from_json(text, ours=True).notices == () == Experiment.from_json("{}").notices


@pytest.mark.parametrize("text", ['{"algo": {"name": "reptile"}}', '{"learner": {}}', '{"config": {"training": {}}}'])
def test_settings_under_a_name_that_is_no_section_are_refused(text: str, tmp_path: Path) -> None:
    told = "there is no such section; an experiment has tasks, model, algorithm, training"
    with pytest.raises(BadInput, match=told):
        Experiment.from_json(text)
    plan = tmp_path / "plan.json"
    plan.write_text(f'{{"experiment": {text}, "steps": 2}}')
    with pytest.raises(BadInput, match=told):
        ClaimPlan.load(plan)
    (tmp_path / "experiment.json").write_text(text)
    assert Experiment.load(tmp_path).others == json.loads(text), "a run that was trained with it still opens"


def test_what_metagen_wrote_of_a_misspelt_file_is_read_as_it_was_trained(tmp_path: Path) -> None:
    """Earlier versions trained the defaults and kept the name: such a run still goes on."""
    (tmp_path / "experiment.json").write_text(json.dumps(Experiment().document() | {"trainning": {"shots": 3}}))
    assert Experiment.load(tmp_path).others == {"trainning": {"shots": 3}}
    with pytest.raises(BadInput, match="did you mean training"):
        Experiment.load(tmp_path / "experiment.json")
