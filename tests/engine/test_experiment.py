"""An experiment as data: to JSON and back, defaults and suggestions, and one clear line about whatever is wrong."""

from __future__ import annotations

import itertools
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.events import Notice
from metagen_gui.engine.experiment import MAX_BYTES, REGISTRIES, SECTIONS, VERSION, Experiment
from metagen_gui.engine.models.base import models
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Setting

CHOICES = list(itertools.product(*(REGISTRIES[section].names() for section in SECTIONS[:3])))


def values_of(item: Setting, model: str) -> st.SearchStrategy[Any]:
    """Return the values that a form could give to a setting."""
    plugin = models.get(model)
    match item.kind:
        case "integer":
            return st.integers(int(item.low), int(item.high))
        case "number":
            return st.floats(item.low, item.high)
        case "flag":
            return st.booleans()
        case "choice" if item.choices:
            return st.sampled_from(item.choices)
        case "choice" if item.choices_from == "model.adapts":
            return st.sampled_from([*plugin.adapts, *plugin.groups, "default", "+".join(plugin.groups[:2])])
        case "rates":
            return st.dictionaries(st.sampled_from(plugin.groups), st.floats(0, 10))
        case "text" | "path":
            return st.text() if item.name != "device" else st.sampled_from(["auto", "cpu"])
    raise AssertionError(f"no values are known for {item}")


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    experiment = Experiment(*draw(st.sampled_from(CHOICES)))
    for section in SECTIONS:
        for item in draw(st.lists(st.sampled_from(experiment.settings(section)), max_size=4, unique_by=id)):
            value = draw(values_of(item, experiment.model))
            experiment = experiment.with_value(f"{section}.{item.name}", value)
    return experiment


@settings(deadline=None, max_examples=60)
@given(experiments())
def test_any_experiment_survives_its_file(experiment: Experiment) -> None:
    experiment.check()
    back = Experiment.from_json(experiment.to_json())
    assert back == experiment
    complete = experiment.to_json(complete=True)
    written_out = Experiment.from_json(complete)
    for section in SECTIONS:
        assert back.config(section) == experiment.config(section) == written_out.config(section)
    assert written_out.to_json(complete=True) == complete
    assert set(json.loads(complete)["training"]) == set(experiment.config_type("training").model_fields)


@pytest.mark.parametrize("chosen", CHOICES, ids="-".join)
def test_every_combination_is_sound_by_default(chosen: tuple[str, str, str]) -> None:
    experiment = Experiment(*chosen)
    experiment.check()
    for section in SECTIONS:
        for item in experiment.settings(section):
            assert getattr(experiment.config(section), item.name) == item.default


def test_choosing_sinusoids_brings_the_curve_and_leaving_them_takes_it_away() -> None:
    """A file that names the tasks only gets a model that suits them; a model that is named stays."""
    assert Experiment().with_plugin("tasks", "sinusoids").model == "curve"
    assert Experiment().with_plugin("tasks", "sinusoids").with_plugin("tasks", "strokes").model == "vae"
    assert Experiment(model="gan").with_plugin("tasks", "densities").model == "gan"
    assert Experiment.from_document({"tasks": {"name": "sinusoids"}}).model == "curve"
    assert Experiment.from_document({"tasks": {"name": "sinusoids"}, "model": {"name": "vae"}}).model == "vae"
    assert (
        Experiment().with_plugin("tasks", "sinusoids").with_plugin("model", "gan").with_plugin("tasks", "strokes").model
        == "gan"
    )


def test_reptile_adapts_a_vae_by_plain_steps_and_a_gan_by_adam() -> None:
    chosen = {model: Experiment("densities", model, "reptile").config("algorithm") for model in ("vae", "gan")}
    assert {model: settings.inner_optimizer for model, settings in chosen.items()} == {"vae": "sgd", "gan": "adam"}


def test_suggestions_overrule_declarations_and_a_person_overrules_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks first, then model, then algorithm, then the person."""
    experiment = Experiment("densities", "vae", "maml")
    paths = [f"training.{name}" for name in ("shots", "query_size", "meta_steps", "seed")]
    for number, section in enumerate(SECTIONS[:3], start=1):
        suggested = dict.fromkeys(paths[number - 1 :], 10 * number)
        monkeypatch.setattr(experiment.plugin(section), "suggests", {**suggested, "model.no_such": 1})
    experiment = experiment.with_value("training.seed", 40)
    training = experiment.config("training")
    assert (training.shots, training.query_size, training.meta_steps, training.seed) == (10, 20, 30, 40)
    shown = {item.name: item.default for item in experiment.settings("training")}
    assert (shown["shots"], shown["query_size"], shown["meta_steps"], shown["seed"]) == (10, 20, 30, 30)
    assert experiment.without_value("training.seed").config("training").seed == 30
    assert training.meta_batch_size == type(training)().meta_batch_size


def test_another_plugin_keeps_the_settings_that_fit() -> None:
    experiment = Experiment("strokes", "vae", "reptile").with_value("model.width", 32).with_value("model.beta", 2.0)
    experiment = experiment.with_value("algorithm.inner_optimizer", "sgd").with_value("algorithm.inner_lr", 0.5)
    changed = experiment.with_plugin("model", "gan").with_plugin("algorithm", "maml")
    assert dict(changed.values["model"]) == {"width": 32}
    assert dict(changed.values["algorithm"]) == {"inner_lr": 0.5}
    assert changed.with_value("model.name", "vae").model == "vae"
    assert experiment.values["model"]["beta"] == 2.0, "an experiment is not changed by making another from it"


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("algorithm.inner_lr=0.01", "algorithm.inner_lr", 0.01),
        ("algorithm.inner_lr=1e-3", "algorithm.inner_lr", 0.001),
        ("training.meta_steps=12", "training.meta_steps", 12),
        ("training.device=cpu", "training.device", "cpu"),
        ("tasks.size=16", "tasks.size", 16),
        ("model.network=conv", "model.network", "conv"),
        ('algorithm.group_rates={"prior": 0.5}', "algorithm.group_rates", {"prior": 0.5}),
        ("algorithm.adapts=prior+context", "algorithm.adapts", "prior+context"),
    ],
)
def test_an_assignment_as_text(text: str, path: str, value: object) -> None:
    section, _, name = path.partition(".")
    assert getattr(Experiment().with_text(text).config(section), name) == value


def test_text_stays_text_where_text_is_meant() -> None:
    """A folder called 5, or one whose name has an equals sign, is a folder."""
    images = Experiment().with_text("tasks.name=images")
    assert images.tasks == "images"
    assert images.with_text("tasks.path=5").config("tasks").path == "5"
    assert images.with_text("tasks.path=a=b c").config("tasks").path == "a=b c"


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        ("algorithm.inner_lr", "algorithm.inner_lr", "write PATH=VALUE"),
        ("inner_lr=1", "inner_lr", "begins with one of tasks, model, algorithm, training"),
        ("algorithm=maml", "algorithm", "begins with one of"),
        ("algorithm.inner_lr=fast", "algorithm.inner_lr", "'fast' is not a number"),
        ("algorithm.inner_lr=-1", "algorithm.inner_lr", "-1 is too low"),
        ("algorithm.inner_lr=NaN", "algorithm.inner_lr", "nan is not a finite number"),
        ("algorithm.inner_rl=1", "algorithm.inner_rl", "there is no such setting; there are inner_lr, "),
        ("algorithm.name=mamel", "algorithm.name", "there is no 'mamel'; there are "),
        ("training.name=x", "training.name", "there is no such setting"),
        ("training.seed=" + "1" * 5000, "training.seed", "is not a whole number"),
        ("training.seed=" + "[" * 100_000, "training.seed", "is not a whole number"),
    ],
)
def test_a_wrong_assignment_is_named(text: str, where: str, why: str) -> None:
    with pytest.raises(BadInput) as caught:
        Experiment().with_text(text)
    assert caught.value.where == where and why in caught.value.why


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


def test_a_rate_that_would_climb_is_refused_and_one_of_zero_is_not() -> None:
    with pytest.raises(BadInput, match=r"^algorithm.group_rates: 'context': -0.5 is too low; the lowest value is 0$"):
        Experiment().with_value("algorithm.group_rates", {"prior": 1.0, "context": -0.5})
    Experiment().with_value("algorithm.group_rates", {"prior": 0.0}).check()


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"algorithm.adapts": "toes"}, "algorithm.adapts"),
        ({"algorithm.adapts": "prior+toes"}, "algorithm.adapts"),
        ({"algorithm.group_rates": {"toes": 1.0}}, "algorithm.group_rates"),
    ],
)
def test_what_does_not_go_together_is_found_by_the_check(values: dict[str, Any], where: str) -> None:
    experiment = Experiment()
    for path, value in values.items():
        experiment = experiment.with_value(path, value)
    with pytest.raises(BadInput, match="toes") as caught:
        experiment.check()
    assert caught.value.where == where


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


def test_a_rate_that_is_given_twice_on_a_command_line_is_refused() -> None:
    with pytest.raises(BadInput, match="prior: stands twice in one place"):
        Experiment().with_text('algorithm.group_rates={"prior": 1, "prior": 0}')


def test_what_metagen_wrote_of_a_misspelt_file_is_read_as_it_was_trained(tmp_path: Path) -> None:
    """Earlier versions trained the defaults and kept the name: such a run still goes on."""
    (tmp_path / "experiment.json").write_text(json.dumps(Experiment().document() | {"trainning": {"shots": 3}}))
    assert Experiment.load(tmp_path).others == {"trainning": {"shots": 3}}
    with pytest.raises(BadInput, match="did you mean training"):
        Experiment.load(tmp_path / "experiment.json")
