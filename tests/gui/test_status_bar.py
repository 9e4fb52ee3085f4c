from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from stand_ins import step, validation

from metagen_gui.engine.events import RunStarted
from metagen_gui.gui.run_progress import RunProgress
from metagen_gui.gui.run_states import RunState
from metagen_gui.gui.status_bar import StatusBar, duration, sentence, size, speed, validation_remark


def progress_at(number: int) -> RunProgress:
    now = [0.0]
    progress = RunProgress(lambda: now[0])
    progress.started = RunStarted(Path("/runs/one"), ("model",), 5, 2000, "cpu", 10)
    for meta_step in (number - 10, number):
        now[0] += 10 / 8.3
        progress.add_step(step(meta_step))
    return progress


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (191, "3 min"),
        (3599, "1 h"),
        (7500, "2 h 5 min"),
        (300_000, "3 days"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_sizes_and_speeds() -> None:
    assert size(512_000_000) == "512 MB"
    assert size(1_234_000_000) == "1.2 GB"
    assert speed(8.31) == "8.3 steps/s"
    assert speed(0.05) == "20 s per step"
    assert speed(250.4) == "250 steps/s"


def test_the_sentence_of_a_run() -> None:
    progress = progress_at(412)
    said = sentence(RunState.RUNNING, progress, memory=1_200_000_000)
    assert said == "Running: step 412 of 2,000 · 8.3 steps/s · 3 min left · 1.2 GB"
    progress.validation = validation(400)
    assert sentence(RunState.RUNNING, progress).endswith("validation loss 0.52 → 0.31 after 2 adaptation steps")
    assert validation_remark(validation(1)) in sentence(RunState.PAUSED, progress)


def test_a_narrow_bar_leaves_out_whole_remarks(qtbot: QtBot) -> None:
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.resize(2000, 30)
    bar.show()
    remark = "validation loss discriminator 1.3 → 1.2, generator 0.7 → 0.8 after 5 adaptation steps"
    text = f"Running: step 10 of 40 · 8 steps/s · {remark}"
    bar.show_state(RunState.RUNNING, text, progress_at(412))
    assert bar._label.text() == bar.text() == bar._label.toolTip() == text
    bar.resize(700, 30)
    assert bar._label.text() == "Running: step 10 of 40 · 8 steps/s"
    assert bar.text() == bar._label.toolTip() == text
    font = bar.font()
    font.setPointSizeF(font.pointSizeF() * 2)
    bar.resize(560, 30)
    bar._label.setFont(font)
    assert bar._label.text() == "Running: step 10 of 40", "larger type needs more room"
    bar.resize(330, 30)
    assert bar._label.text().endswith("…") and text.startswith(bar._label.text()[:-1])


@pytest.mark.parametrize("state", list(RunState))
def test_every_state_has_a_sentence(state: RunState) -> None:
    for progress in (RunProgress(), progress_at(20)):
        said = sentence(state, progress, wanted=True, stepping=True, discarding=True)
        assert said
        assert said[0].isupper()
        assert "None" not in said


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
