from __future__ import annotations

import pytest

from metagen_gui.gui.run.drawing_pace import LONGEST, SHARE, DrawingPace


class Time:
    """A clock and the processor time of a thread, both set by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.worked = 7.0
        self.pace = DrawingPace(lambda: self.now, lambda: self.worked)

    def draw(self, cost: float) -> None:
        """Draw a picture that costs so many seconds."""
        self.pace.begin()
        self.worked += cost
        self.now += cost


def test_the_first_picture_does_not_wait() -> None:
    assert Time().pace.wait() == 0


@pytest.mark.parametrize("cost", [0.001, 0.005, 0.02])
def test_drawing_takes_its_share_of_the_time(cost: float) -> None:
    time = Time()
    begun, pictures = time.now, 200
    for _ in range(pictures):
        assert time.pace.wait() == 0
        time.draw(cost)
        assert time.pace.wait() > 0
        time.now += time.pace.wait() / 1000
    assert pictures * cost / (time.now - begun) == pytest.approx(SHARE, rel=0.05)


def test_other_work_of_the_window_counts_too() -> None:
    time = Time()
    time.draw(0.001)
    before = time.pace.wait()
    time.worked += 0.004  # a person scrolls
    assert time.pace.wait() > before + 100


def test_however_dear_a_picture_is_there_is_a_next_one() -> None:
    time = Time()
    time.draw(5.0)
    assert time.pace.wait() == 0, "the five seconds are over as well"
    time.pace.begin()
    time.worked += 5.0
    assert 0 < time.pace.wait() <= 1000 * LONGEST
