"""The lessons that come along, which are the figures of the documentation's course, and where Help leads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from metagen_gui.engine.play.lesson import Lesson
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.playground.tool import Playground
from metagen_gui.gui.slow_motion.scene import Scene
from metagen_gui.gui.slow_motion.tool import SlowMotionTool
from metagen_gui.gui.window import help_dialogs
from tests.gui.window.test_lessons import opened

TOY = {"toy": "wave", "steps": 2, "rate": 0.05, "theta": [1.0, 0.5], "drawn": ["maml"], "current": "maml"}


def test_every_lesson_of_the_course_opens(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    window = opened(qtbot, tmp_path)
    warned: list[str] = []
    monkeypatch.setattr(window.banner, "warn", warned.append)
    lessons = [(action.text(), action.data()) for action in window.lessons.course.actions()]
    assert len(lessons) == 10
    for title, path in lessons:
        lesson = Lesson.load(path)
        window.lessons.open_file(path)
        assert lesson.title == title and window.panel.experiment() == lesson.experiment
        tools = [window.tools.by_name[name] for name in lesson.tools]
        qtbot.waitUntil(lambda tools=tools: all(tool.isVisible() and tool.contents for tool in tools))
        for tool in tools:
            if isinstance(tool, SlowMotionTool):
                page, wanted = tool.toy_page, lesson.tools["slow_motion"]
                qtbot.waitUntil(lambda page=page: page._contest is not None)
                assert page.isVisible() and page.surface.theta == tuple(wanted["theta"])
                assert [*page.table.places] == wanted["drawn"] and tool.lesson() == wanted
            if isinstance(tool, Playground):
                hand = tool.page.hand if tool.page else None
                qtbot.waitUntil(lambda hand=hand: hand.support() is not None)
    assert not warned


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("toy", "tide", "lesson.toy: 'tide' is not one of wave, mode"),
        ("steps", 6, "lesson.steps: 6 is no number of 1 to 5"),
        ("rate", True, "lesson.rate: True is no number"),
        ("theta", [1.0, float("inf")], "lesson.theta: [1.0, inf] is not two numbers"),
        ("drawn", "maml", "lesson.drawn: not a list of names"),
    ],
)
def test_a_toy_that_cannot_be_is_told(name: str, value: object, said: str) -> None:
    assert Scene.from_document(json.loads(json.dumps(TOY)), "lesson").document() == TOY
    with pytest.raises(BadInput) as refused:
        Scene.from_document({**TOY, name: value}, "lesson")
    assert said in str(refused.value)


def test_help_opens_the_pages_or_tells_how_they_are_built(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened(qtbot, tmp_path)
    shown: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: shown.append(url.toLocalFile()) or True)
    monkeypatch.setattr(help_dialogs, "documentation", lambda: tmp_path / "index.html")
    window.actions_by_name["documentation"].trigger()
    assert shown == [QUrl.fromLocalFile(str(tmp_path / "index.html")).toLocalFile()] and not window.banner.isVisible()
    monkeypatch.setattr(help_dialogs, "documentation", lambda: None)
    window.actions_by_name["documentation"].trigger()
    assert shown[-1].endswith("README.md") and "make docs" in window.banner.text()
