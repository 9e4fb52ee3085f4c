from __future__ import annotations

import numpy as np
import pytest

from metagen_gui.gui.plots.curves.buffer import CurveBuffer


def block(first: int, count: int) -> np.ndarray:
    x = np.arange(first, first + count, dtype=np.float64)
    return np.stack([x, 10 * x])


def test_blocks_of_any_size_come_back_in_order() -> None:
    buffer = CurveBuffer(rows=2)
    first = 0
    for count in (0, 1, 700, 2000, 3):
        buffer.append(block(first, count))
        first += count
    assert np.array_equal(buffer.rows, block(0, first))


def test_the_view_is_not_a_copy() -> None:
    buffer = CurveBuffer(rows=2)
    buffer.append(block(0, 5))
    assert np.shares_memory(buffer.rows, buffer.rows)


def test_at_the_limit_only_the_older_half_loses_points() -> None:
    buffer = CurveBuffer(rows=2, limit=100)
    buffer.append(block(0, 100))
    buffer.append(block(100, 10))
    x = buffer.rows[0]
    assert len(buffer) <= 100
    assert x[0] == 0 and x[-1] == 109
    assert np.all(np.diff(x) > 0)
    assert np.array_equal(x[-60:], np.arange(50, 110))
    assert np.array_equal(buffer.rows[1], 10 * x)


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_a_tiny_limit_holds(limit: int) -> None:
    buffer = CurveBuffer(rows=2, limit=limit)
    for first in range(40):
        buffer.append(block(first, 1))
        assert 1 <= len(buffer) <= limit
        assert buffer.rows[0, -1] == first
    buffer.append(block(40, 100))
    assert len(buffer) <= limit and buffer.rows[0, -1] == 139


def test_going_on_from_an_earlier_step_drops_what_came_after() -> None:
    buffer = CurveBuffer(rows=2)
    buffer.append(block(0, 10))
    assert not buffer.cut_from(10)
    assert buffer.cut_from(6)
    assert np.array_equal(buffer.rows, block(0, 6))
