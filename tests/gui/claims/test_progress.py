from __future__ import annotations

import pytest

from metagen_gui.gui.claims.progress import ClaimsPace


def test_between_two_reports_the_share_grows_and_the_time_left_falls() -> None:
    pace = ClaimsPace()
    assert (pace.share(3), pace.seconds_left(3)) == (0, None)
    pace.hear(0.5, 100, now=10)
    assert pace.share(10) == 0.5
    assert 0.6 < pace.share(40) < 0.7
    assert pace.seconds_left(40) == pytest.approx(70)


def test_what_takes_longer_than_expected_is_not_said_to_be_done_and_nothing_goes_back() -> None:
    pace = ClaimsPace()
    pace.hear(0.5, 10, now=0)
    far = pace.share(1_000)
    assert far < 1
    assert pace.seconds_left(1_000) is None
    pace.hear(0.6, 40, now=1_000)
    assert pace.share(1_001) == far
    assert pace.seconds_left(1_001) == pytest.approx(39)
