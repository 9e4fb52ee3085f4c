from __future__ import annotations

import json

import pytest

from metagen_gui.engine.events import Alarm, Event, SettingChanged
from metagen_gui.engine.experiment import SECTIONS, Experiment
from metagen_gui.engine.health import Health
from metagen_gui.engine.models.gan import Gan
from metagen_gui.engine.models.vae import Vae
from tests.engine.health.reports import GAN, SETTINGS, falling, points, step, validation

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
    whole = said(Health(SETTINGS), troubled_run())
    assert {alarm.kind for alarm in whole} == {"divergence", "exploding", "posterior_collapse", "mode_collapse"}
    first = Health(SETTINGS)
    before = said(first, troubled_run()[:cut])
    kept = json.dumps(first.state(), allow_nan=False)
    second = Health(SETTINGS)
    second.restore(json.loads(kept))
    assert before + said(second, troubled_run()[cut:]) == whole
    assert json.dumps(first.state(), allow_nan=False) == kept, "what is restored is not shared"


def test_what_stands_is_told_again_after_a_restart() -> None:
    first, second = Health(SETTINGS), Health(SETTINGS)
    told = said(first, troubled_run()[:260])
    second.restore(json.loads(json.dumps(first.state())))
    assert second.standing() == told == first.standing()
    assert [(alarm.kind, alarm.title) for alarm in told] == [("divergence", "Divergence")]


def test_an_alarm_of_a_checkpoint_that_knew_no_titles_has_one() -> None:
    health = Health(SETTINGS)
    raised = {"meta_step": 5, "kind": "overfitting", "text": "By heart.", "remedies": [], "over": False}
    health.restore({"overfitting": {"raised": raised}})
    assert health.standing() == [Alarm(5, "overfitting", "By heart.", title="Over-fitting")]
    assert [Alarm(5, "mode_collapse", "").called, health.standing()[0].called] == ["Mode collapse", "Over-fitting"]


def test_a_state_of_another_version_is_taken_as_far_as_it_is_known() -> None:
    health = Health(SETTINGS)
    health.restore({"divergence": {"best": 3.0, "from_the_future": 1}, "fatigue": {"ill": 9}})
    assert health.state()["divergence"]["best"] == 3.0
    assert "from_the_future" not in health.state()["divergence"]


def test_a_run_without_trouble_is_told_nothing() -> None:
    events: list[Event] = [*falling(400)]
    events += [validation(50 * place, 100.0 - place, kl=6.0, active_units=8.0) for place in range(12)]
    events += [points(50 * place, 0.7) for place in range(12)]
    assert said(Health(SETTINGS), events) == []


def test_remedies_follow_the_settings_as_they_are_now() -> None:
    health = Health(SETTINGS)
    health.watch(SettingChanged(5, "training.outer_lr", 0.5))
    (alarm,) = said(health, [*falling(400), *(step(401 + place, 400.0) for place in range(60))])
    assert [remedy.value for remedy in alarm.remedies if remedy.path == "training.outer_lr"] == [0.05]


@pytest.mark.parametrize("experiment", [Experiment(), Experiment("densities", "gan", "reptile")])
def test_what_detectors_read_and_remedies_set_are_settings_and_figures_that_exist(experiment: Experiment) -> None:
    """A renamed setting or figure would silence a detector without a word."""
    real = {f"{section}.{name}" for section in SECTIONS for name, _ in experiment.config(section)}
    assert set(SETTINGS if experiment.model == "vae" else GAN) <= real
    assert set(Vae.detail_names) >= {"kl", "active_units"} and "margin" in Gan.detail_names
