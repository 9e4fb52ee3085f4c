from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.engine.claims.examination.events import ClaimsAdvanced
from metagen_gui.engine.claims.folder import ClaimFolder
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.lock import RunLock
from metagen_gui.gui.claims.controller import ClaimsController, ClaimsState
from metagen_gui.gui.claims.dialog import ClaimsDialog
from metagen_gui.gui.claims.progress import DONE, GOING, ClaimsProgress
from metagen_gui.gui.run.states import RunState
from tests.gui.claims_stand_ins import FakeExamine, run_controller, small_plan, tiny
from tests.gui.questions import answer

Open = Callable[[], ClaimsDialog]


@pytest.fixture
def examine() -> FakeExamine:
    return FakeExamine()


@pytest.fixture
def control(qtbot: QtBot, examine: FakeExamine, tmp_path: Path) -> Iterator[ClaimsController]:
    run = run_controller(tmp_path)
    made = ClaimsController(run, examine)
    yield made
    run.finish()
    made.wait()
    qtbot.waitUntil(lambda: not made.state.busy and not run.state.busy)


@pytest.fixture
def open_dialog(qtbot: QtBot, control: ClaimsController, tmp_path: Path) -> Open:
    def make() -> ClaimsDialog:
        dialog = ClaimsDialog(control, tiny, tmp_path / "claims")
        qtbot.addWidget(dialog)
        dialog.ask()
        dialog.show()
        return dialog

    return make


def click(qtbot: QtBot, button: QWidget) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def nameless(whole: QWidget) -> list[str]:
    """Controls that the keyboard comes to and a screen reader has no words for."""
    found = []
    for widget in whole.findChildren(QWidget):
        reached = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isVisibleTo(whole)
        if reached and widget.focusProxy() is None and type(widget) is not QScrollArea:
            spoken = QAccessible.queryAccessibleInterface(widget)
            if spoken is None or not spoken.text(QAccessible.Text.Name).strip():
                found.append(f"{type(widget).__name__} {widget.objectName()}")
    return found


def test_what_goes_on_side_by_side_is_listed_once_each_and_ticked_off_by_itself(qtbot: QtBot) -> None:
    progress = ClaimsProgress()
    qtbot.addWidget(progress)
    progress.begin("")
    for text in ("A: outer step 1 of 3 · B: outer step 1 of 3", "B: outer step 2 of 3 · C: outer step 1 of 3"):
        progress.hear(ClaimsAdvanced(text, 0.5, 9.0))
    items = [progress.stages.item(row) for row in range(progress.stages.count())]
    assert [(item.text(), item.data(Qt.ItemDataRole.UserRole)) for item in items] == [
        ("A: training", DONE),
        ("B: training", GOING),
        ("C: training", GOING),
    ]


def test_start_stop_and_the_offer_to_go_on(
    qtbot: QtBot, open_dialog: Open, control: ClaimsController, examine: FakeExamine, tmp_path: Path
) -> None:
    dialog = open_dialog()
    assert dialog.form.start_button.isDefault() and dialog.earlier.isHidden()
    click(qtbot, dialog.form.start_button)
    assert dialog.pages.currentWidget() is dialog.progress
    qtbot.waitUntil(lambda: dialog.progress.sentence.text().startswith("MAML, seed 0: outer step"))
    lines = [dialog.progress.stages.item(row).text() for row in range(dialog.progress.stages.count())]
    assert lines == [
        "4 runs to train, 7 arms to score",
        "Half of the images were skipped.",
        "MAML, seed 0: training",
    ]
    assert "left" in dialog.progress.left.text()
    assert not dialog.progress.stop_button.autoDefault(), "Return ends nothing"
    click(qtbot, dialog.progress.stop_button)
    qtbot.waitUntil(lambda: control.state is ClaimsState.IDLE)
    assert dialog.pages.currentWidget() is dialog.form
    assert "Go on with the test of" in dialog.message.text() and "VAE · First-order MAML" in dialog.message.text()
    (asked,) = examine.asked
    assert asked[1].parent == tmp_path / "claims"
    again = dialog.message.findChild(QPushButton, "banner_button")
    assert again is not None
    click(qtbot, again)
    qtbot.waitUntil(lambda: len(examine.asked) == 2)
    assert examine.asked[1][1] == asked[1] and examine.asked[1][0].document() == asked[0].document()


def test_an_offer_that_was_declined_is_not_made_again_but_stays_in_the_list(
    qtbot: QtBot, open_dialog: Open, examine: FakeExamine, tmp_path: Path
) -> None:
    ClaimFolder(tmp_path / "claims" / "one", small_plan())
    dialog = open_dialog()
    decline = dialog.message.findChild(QPushButton, "banner_decline_button")
    assert decline is not None
    click(qtbot, decline)
    dialog.ask()
    assert not dialog.message.text()
    assert "(go on)" in dialog.earlier.menu().actions()[0].text()
    dialog.earlier.menu().actions()[0].trigger()
    qtbot.waitUntil(lambda: bool(examine.asked))
    assert examine.asked[0][1] == tmp_path / "claims" / "one"


def test_a_test_that_somebody_else_writes_is_not_offered(open_dialog: Open, tmp_path: Path) -> None:
    ClaimFolder(tmp_path / "claims" / "one", small_plan())
    lock = RunLock(tmp_path / "claims" / "one")
    dialog = open_dialog()
    lock.release()
    assert not dialog.message.text()
    assert not dialog.earlier.menu().actions()[0].isEnabled()
    assert not dialog.earlier.trash.actions()[0].isEnabled()


@pytest.mark.parametrize("lost", ["deleted", "damaged"])
def test_a_test_that_has_gone_meanwhile_is_told_of_and_not_begun_anew(
    qtbot: QtBot, open_dialog: Open, control: ClaimsController, examine: FakeExamine, tmp_path: Path, lost: str
) -> None:
    folder = tmp_path / "claims" / "one"
    ClaimFolder(folder, small_plan())
    dialog = open_dialog()
    again = dialog.message.findChild(QPushButton, "banner_button")
    assert again is not None and again.text() == "Go on"
    if lost == "deleted":
        shutil.rmtree(folder)
    else:
        (folder / "plan.json").write_text("{")
    with qtbot.waitSignal(control.refused):
        click(qtbot, again)
    assert not examine.asked and folder.exists() == (lost == "damaged")
    said = dialog.form.problem.text()
    assert said.startswith(f"{folder}: this test is gone or damaged") and said.endswith("or start a new test")
    assert dialog.pages.currentWidget() is dialog.form
    assert dialog.earlier.isHidden() and not dialog.message.text(), "it is offered no longer"


def test_a_test_goes_to_the_trash_only_after_a_yes(open_dialog: Open, tmp_path: Path) -> None:
    folders = [tmp_path / "claims" / name for name in ("one", "two")]
    for began, folder in enumerate(folders):
        ClaimFolder(folder, small_plan())
        os.utime(folder / "plan.json", (began, began))
    dialog = open_dialog()
    assert "Go on with the test" in dialog.message.text()
    answer("Keep")
    dialog.earlier.trash.actions()[0].trigger()
    assert all(folder.is_dir() for folder in folders)
    for left in (1, 0):
        answer("Move to trash")
        dialog.earlier.trash.actions()[0].trigger()
        assert [folder.is_dir() for folder in folders] == [bool(left), False], "the newest first"
        assert len(dialog.earlier.trash.actions()) == left and "is in the trash" in dialog.message.text()
    assert dialog.earlier.isHidden()
    dialog.message._action.click()
    assert [folder.is_dir() for folder in folders] == [True, False], "the last that was thrown away is back"
    assert len(dialog.earlier.trash.actions()) == 1


def test_a_test_that_is_begun_meanwhile_is_not_thrown_away(open_dialog: Open, tmp_path: Path) -> None:
    ClaimFolder(folder := tmp_path / "claims" / "one", small_plan())
    dialog = open_dialog()
    lock = RunLock(folder)
    answer("Move to trash")
    dialog.earlier.trash.actions()[0].trigger()
    lock.release()
    assert folder.is_dir() and dialog.message.text().endswith("is going on; stop it first")


def test_where_there_is_no_trash_nothing_is_deleted(
    open_dialog: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ClaimFolder(folder := tmp_path / "claims" / "one", small_plan())
    dialog = open_dialog()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "metagen").write_text("no folder")
    answer("Move to trash")
    dialog.earlier.trash.actions()[0].trigger()
    assert folder.is_dir() and "could not be moved to the trash" in dialog.message.text()


def test_a_problem_is_one_plain_sentence_in_the_form(
    qtbot: QtBot, open_dialog: Open, control: ClaimsController, examine: FakeExamine
) -> None:
    dialog = open_dialog()
    examine.problem = BadInput("plan.query_size", "there are only 3 images of a class")
    with qtbot.waitSignal(control.refused):
        click(qtbot, dialog.form.start_button)
    assert dialog.pages.currentWidget() is dialog.form
    assert dialog.form.problem.text() == "Query size: there are only 3 images of a class"
    dialog.form.tasks.tasks.setValue(7)
    assert not dialog.form.problem.text(), "it may be mended"
    examine.problem = MemoryError("too much")
    with qtbot.waitSignal(control.failed):
        click(qtbot, dialog.form.start_button)
    assert dialog.message.text() == "MemoryError: too much"


def test_a_run_in_the_window_is_waited_for_and_told_of(
    qtbot: QtBot, open_dialog: Open, control: ClaimsController
) -> None:
    run = control._run
    run.start(Experiment())
    qtbot.waitUntil(lambda: run.state is RunState.RUNNING)
    dialog = open_dialog()
    assert not dialog.form.waits.isHidden()
    click(qtbot, dialog.form.start_button)
    assert dialog.progress.sentence.text().startswith("Waiting until the run in the main window")
    run.pause()
    assert control.state is ClaimsState.RUNNING
    run.resume()
    dialog.show_beside()
    assert not dialog.progress.beside.isHidden()


def test_a_test_goes_on_while_its_window_is_closed(qtbot: QtBot, open_dialog: Open, control: ClaimsController) -> None:
    dialog = open_dialog()
    click(qtbot, dialog.form.start_button)
    qtbot.waitUntil(lambda: control.state is ClaimsState.RUNNING)
    dialog.close()
    dialog.come_back()
    dialog.ask()
    assert control.state is ClaimsState.RUNNING and dialog.pages.currentWidget() is dialog.progress


def test_every_control_has_a_name(qtbot: QtBot, open_dialog: Open, control: ClaimsController, tmp_path: Path) -> None:
    ClaimFolder(tmp_path / "claims" / "one", small_plan())
    dialog = open_dialog()
    assert nameless(dialog) == []
    tips = [box for box in (*dialog.form.claims.values(), *dialog.form.arms.boxes.values()) if not box.toolTip()]
    assert not tips
    click(qtbot, dialog.form.start_button)
    assert nameless(dialog) == []


def test_plans_of_the_form_are_read_back_as_they_are(open_dialog: Open) -> None:
    dialog = open_dialog()
    plan = dialog.form.plan()
    assert ClaimPlan.from_document(plan.document()).document() == plan.document(), "or no test could be taken up"
