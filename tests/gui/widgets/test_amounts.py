from __future__ import annotations

import pytest

from metagen_gui.gui.widgets.amounts import duration, size


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


def test_sizes() -> None:
    assert size(512_000_000) == "512 MB"
    assert size(1_234_000_000) == "1.2 GB"
