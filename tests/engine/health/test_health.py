from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from metagen_gui.engine.events import Alarm, Event, Remedy, SettingChanged
from metagen_gui.engine.experiment import SECTIONS, Experiment
from metagen_gui.engine.health import Health, detectors
from metagen_gui.engine.health.remedies import put
from metagen_gui.engine.health.signs import PosteriorSigns
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.models.base import models
from metagen_gui.engine.models.gan import Gan
from metagen_gui.engine.models.vae import Vae
from metagen_gui.engine.run.commands import Commands
from metagen_gui.engine.run.training_run import TrainingRun
from metagen_gui.engine.store.run_folder import RunFolder
from metagen_gui.engine.tasks.base import task_families
from tests.engine.health.reports import GAN, SETTINGS, alarms, falling, points, step, validation, watch_over

NAN = float("nan")


def troubled_run() -> list[Event]:
    """Every illness of a VAE, one after the other, and an end of some."""
    events: list[Event] = [*falling(200)]
    events += [step(201 + place, 400.0) for place in range(60)]
    events += [validation(50 * place, 100.0, kl=0.01, active_units=0.0) for place in range(6)]
    events += [points(50 * place, 0.02) for place in range(12)]
    events += [step(261 + place, NAN, diverged=9) for place in range(12)]
    events += [step(273 + place, 110.0) for place in range(80)]
    return events


def said(health: Health, events: list[Event]) -> list[Alarm]:
    return [alarm for event in events for alarm in health.watch(event)]


@pytest.mark.parametrize("cut", [0, 100, 212, 230, 262, 270, 284, 300])
def test_a_run_that_is_cut_anywhere_goes_on_alike(cut: int) -> None:
    whole = said(watch_over(SETTINGS), troubled_run())
    assert {alarm.kind for alarm in whole} == {"divergence", "exploding", "posterior_collapse", "mode_collapse"}
    first = watch_over(SETTINGS)
    before = said(first, troubled_run()[:cut])
    kept = json.dumps(first.state(), allow_nan=False)
    second = watch_over(SETTINGS)
    second.restore(json.loads(kept))
    assert before + said(second, troubled_run()[cut:]) == whole
    assert json.dumps(first.state(), allow_nan=False) == kept, "what is restored is not shared"


def test_what_stands_is_told_again_after_a_restart() -> None:
    first, second = watch_over(SETTINGS), watch_over(SETTINGS)
    told = said(first, troubled_run()[:260])
    second.restore(json.loads(json.dumps(first.state())))
    assert second.standing() == told == first.standing()
    assert [(alarm.kind, alarm.title) for alarm in told] == [("divergence", "Divergence")]


def test_an_alarm_of_a_checkpoint_that_knew_no_titles_has_one() -> None:
    health = watch_over(SETTINGS)
    raised = {"meta_step": 5, "kind": "overfitting", "text": "By heart.", "remedies": [], "over": False}
    health.restore({"overfitting": {"raised": raised}})
    assert health.standing() == [Alarm(5, "overfitting", "By heart.", title="Over-fitting")]
    assert [Alarm(5, "mode_collapse", "").called, health.standing()[0].called] == ["Mode collapse", "Over-fitting"]


def test_a_state_of_another_version_is_taken_as_far_as_it_is_known() -> None:
    health = watch_over(SETTINGS)
    health.restore({"divergence": {"best": 3.0, "from_the_future": 1}, "fatigue": {"ill": 9}})
    assert health.state()["divergence"]["best"] == 3.0
    assert "from_the_future" not in health.state()["divergence"]


def test_a_run_without_trouble_is_told_nothing() -> None:
    events: list[Event] = [*falling(400)]
    events += [validation(50 * place, 100.0 - place, kl=6.0, active_units=8.0) for place in range(12)]
    events += [points(50 * place, 0.7) for place in range(12)]
    assert said(watch_over(SETTINGS), events) == []


def test_remedies_follow_the_settings_as_they_are_now() -> None:
    health = watch_over(SETTINGS)
    health.watch(SettingChanged(5, "training.outer_lr", 0.5))
    (alarm,) = said(health, [*falling(400), *(step(401 + place, 400.0) for place in range(60))])
    assert [remedy.value for remedy in alarm.remedies if remedy.path == "training.outer_lr"] == [0.05]


@pytest.mark.parametrize("experiment", [Experiment(), Experiment("densities", "gan", "reptile")])
def test_what_detectors_read_and_remedies_set_are_settings_and_figures_that_exist(experiment: Experiment) -> None:
    """A renamed setting or figure would silence a detector without a word."""
    real = {f"{section}.{name}" for section in SECTIONS for name, _ in experiment.config(section)}
    assert set(SETTINGS if experiment.model == "vae" else GAN) <= real
    signs = experiment.plugin("model").signs.values()
    paths = {each.latents if isinstance(each, PosteriorSigns) else each.form for each in signs}
    assert paths and paths <= real


def test_what_models_declare_is_of_watchers_details_and_players_that_exist() -> None:
    """A misspelt name would silence a watcher, or its advice, without a word."""
    declared = [(plugin.remedies, {}) for _, plugin in task_families.items()]
    declared += [(plugin.remedies, plugin.signs) for _, plugin in models.items()]
    assert any(remedies for remedies, _ in declared) and any(signs for _, signs in declared)
    for remedies, signs in declared:
        assert {*remedies, *signs} <= set(detectors.names())
    posterior, contest = Vae.signs["posterior_collapse"], Gan.signs["discriminator_wins"]
    assert {posterior.kl, posterior.active} <= set(Vae.detail_names) and contest.margin in Gan.detail_names
    assert {contest.generator, contest.discriminator} == set(Gan.players)
    assert contest.won.keys() <= set(get_args(Gan.Settings.model_fields["loss"].annotation))


class Unlike(Vae):
    """A model whose beta is no weight of a KL, and whose figures and remedy go by other names."""

    signs = {"posterior_collapse": PosteriorSigns("told", "used")}
    remedies = {"posterior_collapse": lambda settings: put(settings, "model.gamma", "Count codes less", 0.5)}


def test_a_model_of_another_kind_is_told_by_its_own_figures_and_offered_what_it_declares() -> None:
    settings = {**SETTINGS, "model.gamma": 2.0}
    empty = [validation(50 * place, 100.0, told=0.01, used=0.0) for place in range(1, 5)]
    ((_, alarm),) = alarms(empty, settings, Unlike)
    assert alarm.kind == "posterior_collapse" and alarm.remedies == (Remedy("Count codes less", "model.gamma", 0.5),)
    assert "0.0 latents are active" in alarm.text
    assert alarms(empty, settings, Vae) == [], "those are no figures of a VAE"


def test_a_setting_called_beta_means_nothing_where_nobody_says_so() -> None:
    class Silent(Vae):
        signs = {}
        remedies = {}

    empty = [validation(50 * place, 100.0, kl=0.01, active_units=0.0) for place in range(1, 5)]
    assert alarms(empty, SETTINGS, Silent) == []
    alike = [points(50 * place, 0.02) for place in range(12)]
    ((_, alarm),) = alarms(alike, SETTINGS, Silent)
    assert (alarm.kind, alarm.remedies) == ("mode_collapse", ())


def test_a_run_hears_what_its_own_plugins_declare(tmp_path: Path) -> None:
    experiment = Experiment("densities", "gan", "reptile", {"training": {"meta_steps": 1}})
    folder = RunFolder.create(experiment, tmp_path / "run", ())
    run = TrainingRun(MetaLearner(experiment), folder, Commands(), previews=False)
    told = {detector.name: (detector.signs, len(detector.advice)) for detector in run.health.detectors.values()}
    assert told["discriminator_wins"] == (Gan.signs["discriminator_wins"], 1)
    assert told["posterior_collapse"] == (None, 0) and told["overfitting"] == (None, 0)
