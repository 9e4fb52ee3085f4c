from __future__ import annotations

from pytestqt.qtbot import QtBot

from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.run.status.bar import StatusBar
from metagen_gui.gui.widgets.plain_text import plain_tip
from tests.gui.stand_ins import progress_at


def test_a_narrow_bar_leaves_out_whole_remarks(qtbot: QtBot) -> None:
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.resize(2000, 30)
    bar.show()
    remark = "validation loss discriminator 1.3 → 1.2, generator 0.7 → 0.8 after 5 adaptation steps"
    text = f"Running: step 10 of 40 · 8 steps/s · {remark}"
    bar.show_state(RunState.RUNNING, text, progress_at(412))
    assert bar._label.text() == bar.text() == text and bar._label.toolTip() == plain_tip(text)
    bar.resize(700, 30)
    assert bar._label.text() == "Running: step 10 of 40 · 8 steps/s"
    assert bar.text() == text and bar._label.toolTip() == plain_tip(text)
    font = bar.font()
    font.setPointSizeF(font.pointSizeF() * 2)
    bar.resize(560, 30)
    bar._label.setFont(font)
    assert bar._label.text() == "Running: step 10 of 40", "larger type needs more room"
    bar.resize(330, 30)
    assert bar._label.text().endswith("…") and text.startswith(bar._label.text()[:-1])


def test_the_bar_shows_what_belongs_to_the_state(qtbot: QtBot) -> None:
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.show()
    progress = progress_at(412)
    bar.show_state(RunState.RUNNING, "Running", progress)
    assert bar.text() == "Running"
    assert bar._bar.isVisible()
    assert (bar._bar.value(), bar._bar.maximum()) == (412, 2000)
    bar.show_state(RunState.PREPARING, "Preparing", progress)
    assert bar._bar.maximum() == 0
    bar.show_state(RunState.DONE, "Done", progress)
    assert bar._open.isVisible()
    assert not bar._bar.isVisible()
    bar.show_state(RunState.FAILED, "Failed", progress)
    assert bar._details.isVisible()
