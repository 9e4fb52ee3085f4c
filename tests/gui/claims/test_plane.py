"""The plane of recognizability and diversity: what is drawn where, what is read out, and when there is none."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from metagen_gui.engine.held_out.landmarks import Place
from metagen_gui.engine.held_out.measures import Measure
from metagen_gui.engine.held_out.summaries import Summary
from metagen_gui.engine.metrics import metrics
from metagen_gui.engine.metrics.base import Axis
from metagen_gui.gui.claims.plane import ClaimsPlane
from metagen_gui.gui.look.theme import plot_colours

NAMES: dict[Axis, str] = {
    "recognizability": "class_consistency",
    "diversity": "diversity",
    "originality": "support_distance",
}


def measures() -> list[Measure]:
    found = [metrics.get(name)() for name in NAMES.values()]
    return [
        Measure(name, one.title, "", one.better, None, one) for name, one in zip(NAMES.values(), found, strict=True)
    ]


def place(title: str, right: float, up: float, *, is_landmark: bool = False, colour: int = 0) -> Place:
    along: dict[Axis, float] = {"recognizability": up, "diversity": right, "originality": right}
    figures = {axis: Summary(value, 0.02, value, 9, 9) for axis, value in along.items()}
    return Place(title, figures, is_landmark, colour)


def findings(**places: list[Place]) -> Any:
    by_footing = {name.replace("_", " "): each for name, each in places.items()}
    return SimpleNamespace(
        shared=by_footing, notes=("It puts 97 % right.",), measures=measures(), places=by_footing.__getitem__
    )


def at(image: QImage, right: float, up: float, number: int) -> QColor:
    """Return the colour at a place of plane `number` of two."""
    width, far = image.width() / 2, 1.4
    x = number * width + 44 + (width - 44 - 12) * right / far
    y = image.height() - 40 - (image.height() - 10 - 40) * up
    return image.pixelColor(round(x), round(y))


def test_arms_have_their_colours_and_landmarks_are_rings_in_both_planes(qtbot: QtBot) -> None:
    view = ClaimsPlane()
    qtbot.addWidget(view)
    view.resize(900, 500)
    view.show()
    here = [place("Real examples", 1.0, 0.95, is_landmark=True), place("MAML", 0.5, 0.5, colour=2)]
    view.show_findings(findings(equal_compute=[*here, place("lost", math.nan, 0.2)], equal_steps=here[:1]))
    assert view.has_places and view.footing.isVisible() and view.footing.count() == 2
    assert "97 %" in view.judge.text() and "copies are always recognised" in view.note.text()
    image = view.drawing.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    look = plot_colours()
    for number in (0, 1):
        assert at(image, 0.5, 0.5, number) == look.series[2] != at(image, 0.8, 0.5, number)
    told = view.drawing.accessibleDescription()
    assert "MAML: recognizability 0.5, diversity 0.5, originality 0.5" in told
    view.footing.setCurrentIndex(1)
    assert (
        "MAML" not in view.drawing.accessibleDescription() and "Real examples" in view.drawing.accessibleDescription()
    )


def test_of_points_there_is_no_plane(qtbot: QtBot) -> None:
    view = ClaimsPlane()
    qtbot.addWidget(view)
    view.show()
    view.show_findings(findings(equal_compute=[]))
    assert not view.has_places and not view.footing.isVisible()
    view.drawing.grab()
