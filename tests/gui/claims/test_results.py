"""The whole of a test by the window's own way, in small: the real engine, and what is shown of its findings."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLabel, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.cli import turn
from metagen_gui.engine.claims.arms import Arm
from metagen_gui.engine.claims.best_possible import Gap
from metagen_gui.engine.claims.examination import runner
from metagen_gui.engine.claims.examination.events import ClaimsFinished
from metagen_gui.engine.claims.examination.kept_tests import examine_alone, kept_tests
from metagen_gui.engine.claims.verdicts import Verdict
from metagen_gui.engine.statistics import Comparison
from metagen_gui.gui.claims.controller import ClaimsController
from metagen_gui.gui.claims.dialog import ClaimsDialog
from metagen_gui.gui.claims.plot import ClaimsPlot
from metagen_gui.gui.claims.results import ClaimsResults
from metagen_gui.gui.claims.samples import ClaimsSamples
from metagen_gui.gui.claims.verdicts import ICONS, ClaimsVerdicts
from tests.engine.queue.here import train_here
from tests.gui.claims_stand_ins import run_controller, small_plan


@pytest.fixture(autouse=True)
def known_speeds(monkeypatch: pytest.MonkeyPatch) -> None:
    def known(arm: Arm, seed: int) -> tuple[float, float]:
        return (0.5, 0.5) if arm.run == "joint" else (0.0, 1.0)

    monkeypatch.setattr(runner, "seconds_per_step", known)
    train_here(monkeypatch)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> ClaimsFinished:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "seconds_per_step", lambda arm, seed: (1.0, 1.0))
        train_here(patch)
        *_, last = examine_alone(small_plan(), tmp_path_factory.mktemp("claims") / "test")
    assert isinstance(last, ClaimsFinished)
    return last


def test_from_start_to_verdict_and_shown_again(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = list[str]()
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    plan = small_plan(compare_at=("equal steps",), arms=("joint", "joint + fine-tuning", "fomaml"))
    control = ClaimsController(run_controller(tmp_path))
    dialog = ClaimsDialog(control, lambda: plan.experiment, tmp_path / "claims")
    qtbot.addWidget(dialog)
    dialog.show()
    monkeypatch.setattr(dialog.form, "plan", lambda: plan)
    with qtbot.waitSignal(control.finished) as told:
        dialog.start()
    assert told.args is not None
    assert dialog.pages.currentWidget() is dialog.results
    assert "4 held-out tasks, one seed" in dialog.results.title.text() and "Done in" in dialog.results.title.text()
    assert len(dialog.results.verdicts.lines) == len(told.args[0].findings.verdicts) > 2
    assert not dialog.results.tabs.isTabVisible(dialog.results.tabs.indexOf(dialog.results.plane)), "these are points"
    dialog.results.report_button.click()
    dialog.results.folder_button.click()
    (test,) = kept_tests(tmp_path / "claims")
    assert test.finished and not test.held, "the lock is given back"
    assert opened == [str(test.folder / "report.html"), str(test.folder)]
    monkeypatch.setattr(turn, "meta_train", None)  # what is done is not done again
    with qtbot.waitSignal(control.finished):
        dialog.earlier.menu().actions()[0].trigger()
    assert "Done in" not in dialog.results.title.text()
    control.wait()


def verdict(status: str, headline: str, control: str = "") -> Verdict:
    parts, null = ("KID better by 0.5",), bool(control)
    told = "adapts", "MAML", "equal compute", "here", status, headline, "MAML, here", parts, "Over 9.", null, control
    return Verdict(*told)  # type: ignore[arg-type]


def test_verdicts_are_told_by_icon_and_word(qtbot: QtBot) -> None:
    shown = ClaimsVerdicts()
    qtbot.addWidget(shown)
    claim = "Adaptation helps at all"
    shown.show_verdicts(
        [
            verdict("confirmed", f"{claim}: confirmed"),
            verdict("refuted", f"{claim}: refuted"),
            verdict("not shown", f"{claim}: not shown (the measures disagree)"),
            verdict("refuted", "The control holds: on shuffled classes no gain is shown", "holds"),
            verdict("confirmed", "The control fails: shuffled classes show a gain", "fails"),
            verdict("not shown", "The control says nothing: nothing could be measured", "says nothing"),
        ],
        ("adapts", "collapses"),
    )
    assert [line.kind for line in shown.lines] == [*ICONS]
    assert [line.word.text() for line in shown.lines][:3] == [
        "Confirmed",
        "Refuted",
        "Not shown (the measures disagree)",
    ]
    assert shown.lines[3].word.text() == "The control holds: on shuffled classes no gain is shown"
    line = shown.lines[0]
    assert line.numbers.isHidden()
    line.button.click()
    assert not line.numbers.isHidden() and line.numbers.text() == "• KID better by 0.5\nOver 9."
    assert line.button.accessibleName().startswith(f"Hide the numbers: {claim}, Confirmed")


def test_how_far_the_best_possible_is_stands_under_the_verdicts(qtbot: QtBot) -> None:
    shown = ClaimsVerdicts()
    qtbot.addWidget(shown)
    shown.show_verdicts([], ("adapts",), [("An error of measurement: <b>", True), ("MAML comes nearest", False)])
    labels = shown.findChildren(QLabel, "claims_best_possible")
    assert [(label.text(), label.property("tone")) for label in labels] == [
        ("An error of measurement: <b>", "error"),
        ("MAML comes nearest", None),
    ]
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels)
    shown.show_verdicts([], ("adapts",))
    assert not shown.widget().findChildren(QLabel, "claims_best_possible")


def test_results_tell_how_far_the_best_possible_is(qtbot: QtBot, finished: ClaimsFinished) -> None:
    found, one = finished.findings, Comparison(-0.5, -0.6, -0.4, 0.01, -1.0, 8, 1, 8)
    gap = Gap("equal steps", "MAML", found.measures[0], 2.0, one, -0.25, 0.01)
    shown = ClaimsResults()
    qtbot.addWidget(shown)
    shown.show_result(replace(finished, findings=replace(found, gaps=(gap,))), None)
    (label,) = shown.verdicts.findChildren(QLabel, "claims_best_possible")
    assert label.text().startswith("−ELBO, equal steps: MAML comes nearest, 0.500 nats (25.0 % of its 2.00)")


def test_the_tab_key_walks_through_the_verdicts_before_what_stands_beside(
    qtbot: QtBot, finished: ClaimsFinished
) -> None:
    shown = ClaimsResults()
    qtbot.addWidget(shown)
    shown.show_result(finished, None)
    order: list[QWidget] = [shown.verdicts]
    while order[-1] is not shown.tabs.tabBar():
        order.append(order[-1].nextInFocusChain())
    assert [widget for widget in order if isinstance(widget, QToolButton)] == [
        line.button for line in shown.verdicts.lines
    ]
    assert shown.tabs.tabBar().accessibleName()


def test_curves_are_those_of_the_report(qtbot: QtBot, finished: ClaimsFinished) -> None:
    plot = ClaimsPlot()
    qtbot.addWidget(plot)
    plot.show()
    plot.show_findings(finished.findings)
    found = finished.findings
    titles = [plot.measure.itemText(place) for place in range(plot.measure.count())]
    assert titles == [measure.title for measure in found.measures]
    assert plot.world.isHidden(), "there is but one"
    plot.show_findings(replace(found, notes=("Of grey pixels it is a cross-entropy.",)))
    assert plot.note.text().endswith("(median over seeds). Of grey pixels it is a cross-entropy.")
    names = [line.curve.name for line in plot._lines]
    assert names == [arm.title for arm in found.arms if not arm.is_null]
    tuned = next(line for line in plot._lines if line.curve.name == "Joint + fine-tuning")
    assert np.allclose(np.square(tuned.x), (0, 1, 4))
    for edge in tuned.edges:
        assert np.allclose(edge.getData()[0], tuned.x), "the band is as long as the line"
    at_start = f"{tuned.curve.means[0]:.4g}"
    plot._point_at(0.1)
    assert float(tuned.toggle.value.replace(",", "")) == pytest.approx(float(at_start), rel=1e-3)
    tuned.toggle.setChecked(False)
    plot.measure.setCurrentIndex(1)
    again = next(line for line in plot._lines if line.curve.name == "Joint + fine-tuning")
    assert again.curve.means != tuned.curve.means
    assert not again.toggle.isChecked(), "hidden in one measure, hidden in all"
    ticks = [text for _, text in plot.canvas._ticks[0]]
    assert ticks == ["0", "1", "4"]


def test_choosers_are_whole_however_narrow_the_window(qtbot: QtBot, finished: ClaimsFinished) -> None:
    """Beside the verdicts in a window of 900 pixels, and of 1280; with all three choosers there can be."""
    found = finished.findings
    shift = found.plan.settings.model_copy(update={"shift": {"name": "densities"}})
    shifted = replace(found, plan=replace(found.plan, settings=shift))
    plot = ClaimsPlot()
    qtbot.addWidget(plot)
    plot.show()
    plot.show_findings(shifted)
    boxes = plot.measure, plot.footing, plot.world
    for width, in_one_line in ((438, False), (818, True)):
        plot.resize(width, 480)
        qtbot.waitUntil(partial(lambda wanted: (len({box.y() for box in boxes}) == 1) == wanted, in_one_line))
        for box in boxes:
            assert box.isVisible() and box.width() >= box.sizeHint().width()
            assert box.mapTo(plot, box.rect().topRight()).x() < plot.log_button.x()
    plot.show_findings(found)
    qtbot.waitUntil(lambda: not plot.world.isVisible())


def test_samples_stand_side_by_side_in_the_arms_order(qtbot: QtBot, finished: ClaimsFinished) -> None:
    view = ClaimsSamples()
    qtbot.addWidget(view)
    view.show()
    view.show_findings(finished.findings)
    names = [picture.accessibleName() for picture in view.pictures()]
    assert names[:2] == ["given (support)", "held back (query)"]
    assert "Joint training, before adapting" in names
    assert not any(name.startswith("Null") for name in names)
    before = [picture.pixmap().toImage() for picture in view.pictures()]
    view.step.setCurrentIndex(view.step.findText("4"))
    after = [picture.accessibleName() for picture in view.pictures()]
    assert "First-order MAML, after 4 steps" in after
    view.task.setCurrentIndex(1)
    assert view.pictures()[0].pixmap().toImage() != before[0], "another task's support"
