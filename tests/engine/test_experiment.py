"""An experiment as data: to JSON and back, defaults and suggestions, and one clear line about whatever is wrong."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metagen_gui.engine.experiment import REGISTRIES, SECTIONS, Experiment
from metagen_gui.engine.models.base import models
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


def test_a_rate_that_is_given_twice_on_a_command_line_is_refused() -> None:
    with pytest.raises(BadInput, match="prior: stands twice in one place"):
        Experiment().with_text('algorithm.group_rates={"prior": 1, "prior": 0}')
