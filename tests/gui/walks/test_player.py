"""The player: there and back, or round and round, by keys and as fast as is said."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from metagen_gui.gui.walks.player import Player


@pytest.fixture
def player(qtbot: QtBot) -> Player:
    made = Player()
    qtbot.addWidget(made)
    made.show()
    return made


def played(player: Player, frames: int, *, closed: bool, ticks: int) -> list[int]:
    player.set_frames(frames, closed=closed)
    player.toggle()
    seen = []
    for _ in range(ticks):
        player._play_on()
        seen.append(player.frame)
        if not player.playing:
            break
    player.stop()
    return seen


def test_what_is_closed_goes_round_and_anything_else_there_and_back(player: Player) -> None:
    assert played(player, 4, closed=True, ticks=6) == [1, 2, 3, 0, 1, 2]
    assert played(player, 4, closed=False, ticks=8) == [1, 2, 3, 2, 1, 0, 1, 2]
    player.loop_button.setChecked(False)
    for closed in (True, False):
        assert played(player, 4, closed=closed, ticks=8) == [1, 2, 3], "then it stays"
    player.set_frames(4, closed=False)
    player.slider.setValue(3)
    player.toggle()
    assert player.frame == 0 and player.playing, "it begins again"
    player.set_frames(0, closed=False)
    assert not player.playing and not player.isEnabled()


def test_it_is_played_by_keys_and_as_fast_as_is_said(player: Player, qtbot: QtBot) -> None:
    player.set_frames(5, closed=True)
    qtbot.keyClick(player.slider, Qt.Key.Key_Right)
    assert player.frame == 1
    player.rate.setValue(50)
    qtbot.keyClick(player.play_button, Qt.Key.Key_Space)
    assert player.playing and player._timer.interval() == 20 and player.play_button.accessibleName() == "Pause"
    player.rate.setValue(10)
    assert player._timer.interval() == 100
    qtbot.waitUntil(lambda: player.frame == 3)
    qtbot.keyClick(player.play_button, Qt.Key.Key_Space)
    assert not player.playing and player.play_button.accessibleName() == "Play"
