from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from metagen_gui.engine import demonstration
from metagen_gui.engine.events import Snapshot, StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.teaching.pages.picture import LivePicture
from tests.gui.snapshots import image_snapshot
from tests.gui.stand_ins import jobs


def shown(qtbot: QtBot) -> LivePicture:
    made = LivePicture(None)
    qtbot.addWidget(made)
    made.resize(700, 400)
    made.show()
    return made


def test_what_it_learns_comes_into_sight(qtbot: QtBot) -> None:
    made = shown(qtbot)
    made.show_plugin("algorithm", "maml")
    qtbot.waitUntil(lambda: made.view.shown is not None and made.view.shown.meta_step > 3)
    assert made.says.text().startswith("MAML · Curve · Sinusoids: outer step")
    made.stop()
    qtbot.waitUntil(lambda: not jobs())


def test_who_reads_files_has_no_picture_and_says_so(qtbot: QtBot) -> None:
    made = shown(qtbot)
    made.show_plugin("tasks", "images")
    qtbot.waitUntil(lambda: not made.busy)
    assert not made.view.isVisible() and not made.again.isVisible()
    assert "examples of yours" in made.says.text()


def test_the_latest_page_wins(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, finish, ended = threading.Event(), threading.Event(), threading.Event(), []

    def demonstrate(section: str, name: str, seed: int) -> Iterator[Experiment | Snapshot | StepReport]:
        try:
            yield Experiment(algorithm=name)
            if name == "maml":
                begun.set()
                go_on.wait(10)
                yield image_snapshot(9)
            else:
                finish.wait(10)
                yield image_snapshot(2)
                yield StepReport(2, 0.1, {})
        finally:
            ended.append(name)

    monkeypatch.setattr(demonstration, "demonstrate", demonstrate)
    made = shown(qtbot)
    made.show_plugin("algorithm", "maml")
    qtbot.waitUntil(begun.is_set)
    made.show_plugin("algorithm", "reptile")
    go_on.set()
    qtbot.waitUntil(lambda: ended == ["maml"] and len(jobs()) == 1)
    assert made.busy
    finish.set()
    qtbot.waitUntil(lambda: sorted(ended) == ["maml", "reptile"] and not jobs() and not made.busy)
    assert made.says.text() == "Reptile · VAE · Strokes: outer step 2"
    assert made.view.shown is not None and made.view.shown.meta_step == 2


def test_what_goes_wrong_is_told(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def demonstrate(section: str, name: str, seed: int) -> Iterator[Experiment]:
        yield Experiment()
        raise BadInput("model.width", "too wide")

    monkeypatch.setattr(demonstration, "demonstrate", demonstrate)
    made = shown(qtbot)
    made.show_plugin("model", "vae")
    qtbot.waitUntil(lambda: not made.busy)
    assert made.says.text() == "model.width: too wide"
