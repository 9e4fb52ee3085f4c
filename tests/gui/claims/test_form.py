from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot

from metagen_gui.engine.claims import outlook
from metagen_gui.engine.claims.plan import CLAIMS, QUICK, ClaimPlan
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.claims.form import CLAIMS as SHOWN
from metagen_gui.gui.claims.form import ClaimsForm
from metagen_gui.gui.claims.words import claim_sentence
from tests.gui.claims_stand_ins import tiny


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlook, "side_by_side", lambda: 2)


@pytest.fixture
def form(qtbot: QtBot) -> ClaimsForm:
    made = ClaimsForm()
    qtbot.addWidget(made)
    made.show_experiment(Experiment())
    return made


def test_untouched_the_form_is_the_quick_plan(form: ClaimsForm) -> None:
    plan = form.plan()
    quick = ClaimPlan.of(Experiment(), QUICK)
    assert sorted(plan.arms) == sorted(quick.arms) and plan.meta_arms == ("maml",)
    assert {**plan.document(), "arms": []} == quick.document()
    assert form.takes.text() == "About 3 min: 4 runs to train, 7 arms to score."


def test_claims_are_those_of_the_engine_in_its_words() -> None:
    assert {name: claim_sentence(name) for name in SHOWN} == CLAIMS


def test_a_budget_of_ones_own(form: ClaimsForm) -> None:
    assert not form.claims["steady"].isEnabled() and form.budget.seeds.value() == 1
    form.budget.by_seconds.setChecked(True)
    form.budget.seconds.setValue(30)
    plan = form.plan().settings
    assert (plan.seconds, plan.steps, plan.seeds, plan.candidates) == (30, None, (0, 1, 2, 3, 4), 8)
    assert "steady" in plan.claims
    form.budget.by_steps.setChecked(True)
    form.budget.seeds.setValue(2)
    plan = form.plan().settings
    assert (plan.seconds, plan.steps, plan.seeds) == (None, 1_000, (0, 1))
    assert "How long that takes is told once" in form.takes.text()
    form.claims["steady"].setChecked(False)
    form.budget.quick.setChecked(True)
    form.budget.by_steps.setChecked(True)
    assert not form.claims["steady"].isChecked() and form.budget.seeds.value() == 2, "as it was before"


def test_algorithms_may_be_fine_tuned_as_well(form: ClaimsForm) -> None:
    box = form.arms.findChild(QCheckBox, "claims_arm.fine_tuned")
    assert box is not None and not box.isChecked()
    box.setChecked(True)
    form.arms.boxes["reptile"].setChecked(True)
    *_, maml, tuned, reptile, reptile_tuned, null = form.plan().arms
    assert (maml, tuned, reptile, reptile_tuned) == ("maml", "maml + fine-tuning", "reptile", "reptile + fine-tuning")
    assert null == "null"


def test_shots_tasks_and_arms(form: ClaimsForm) -> None:
    form.tasks.shots.setValue(3)
    form.tasks.tasks.setValue(20)
    form.arms.boxes["reptile"].setChecked(True)
    form.arms.boxes["null"].setChecked(False)
    form.claims["collapses"].setChecked(False)
    plan = form.plan()
    assert (plan.settings.shots, plan.settings.tasks) == (3, 20)
    assert set(plan.arms) == {"random", "joint", "joint + fine-tuning", "maml", "reptile"}
    assert plan.settings.claims == ("adapts", "generalises")


def test_a_shift_is_offered_where_the_shapes_agree(form: ClaimsForm, tmp_path: Path) -> None:
    shift = form.tasks.shift
    assert [shift.itemText(place) for place in range(shift.count())] == ["nothing else", "Images"]
    shift.setCurrentIndex(1)
    assert not form.tasks.folder.isHidden()
    form.tasks.folder.set_path(tmp_path)
    wanted = {"name": "images", "settings": {"size": 28, "pixels": "grey", "path": str(tmp_path)}}
    assert form.plan().settings.shift == wanted
    form.show_experiment(tiny())
    assert "Images" not in [shift.itemText(place) for place in range(shift.count())]
    assert form.tasks.folder.isHidden()


def test_what_does_not_suit_the_model_cannot_be_chosen_and_says_why(form: ClaimsForm) -> None:
    assert form.arms.boxes["imaml"].isEnabled()
    form.show_experiment(Experiment(model="gan", algorithm="reptile"))
    box = form.arms.boxes["imaml"]
    assert not box.isEnabled() and "one player" in box.toolTip()
    assert form.plan().meta_arms == ("reptile",)


def test_a_changed_setting_leaves_the_choice_of_arms_alone(form: ClaimsForm) -> None:
    form.arms.boxes["leo"].setChecked(True)
    form.show_experiment(Experiment().with_value("algorithm.inner_lr", 0.02))
    assert form.plan().meta_arms == ("maml", "leo")


def test_what_cannot_be_is_named(form: ClaimsForm) -> None:
    form.tasks.tasks.lineEdit().setText("many")
    with pytest.raises(BadInput, match="Held-out tasks"):
        form.plan()
    form.tasks.tasks.show_value(50)
    for box in form.claims.values():
        box.setChecked(False)
    assert form.takes.text() == "Claims: there must be at least one"
    form.claims["adapts"].setChecked(True)
    form.arms.boxes["maml"].setChecked(False)
    assert form.takes.text().startswith("Arms: a claim is about meta-learning")


def test_a_change_of_the_seeds_is_said(form: ClaimsForm) -> None:
    budget = form.budget
    assert budget.seeds.value() == 1 and budget.seeds_note.isHidden()
    budget.by_steps.setChecked(True)
    assert budget.seeds.value() == 5 and not budget.seeds_note.isHidden()
    assert "at least five" in budget.seeds_note.text()
