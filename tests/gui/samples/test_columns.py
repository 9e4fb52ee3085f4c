from __future__ import annotations

import numpy as np
import pytest

from metagen_gui.gui.samples.columns import QUERY, SUPPORT, Column, arrange, columns_of, examples_of, heading_of
from tests.gui.snapshots import curve_snapshot, image_snapshot, point_snapshot

WIDTHS = [200, 260, 340, 450, 560, 800, 1400]
OMNIGLOT = image_snapshot(1, tasks=6, steps=6, count=6, shape=(1, 28, 28))


def test_columns_and_what_stands_in_them() -> None:
    snapshot = image_snapshot(1, steps=3)
    columns = columns_of(snapshot)
    assert [heading_of(snapshot, column) for column in columns] == ["support", "step 0", "step 1", "step 2", "query"]
    assert np.array_equal(examples_of(snapshot, 1, SUPPORT), snapshot.support[1])
    assert np.array_equal(examples_of(snapshot, 1, Column("samples", 2)), snapshot.samples[1, 2])
    assert np.array_equal(examples_of(snapshot, 0, QUERY), snapshot.query[0])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "snapshot",
    [
        OMNIGLOT,
        point_snapshot(1, tasks=6, steps=6),
        image_snapshot(1, steps=1),
        image_snapshot(1, steps=21),
        *(curve_snapshot(1, tasks=6, steps=steps) for steps in (1, 2, 3, 11)),
    ],
)
def test_everything_stands_inside_without_overlap(width: int, snapshot) -> None:
    arranged = arrange(snapshot, width, 600)
    ends = [left + arranged.cell[0] for left in arranged.lefts]
    assert arranged.lefts[0] >= 0 and ends[-1] <= width
    assert all(end < left for end, left in zip(ends, arranged.lefts[1:], strict=False))
    steps = [column.place for column in arranged.columns if column.kind == "samples"]
    assert arranged.columns[0] == SUPPORT and arranged.columns[-1] == QUERY
    assert steps[0] == 0 and steps[-1] == len(snapshot.steps) - 1
    assert steps == sorted(set(steps))


def test_a_wider_view_never_shows_less() -> None:
    shown = []
    for width in range(240, 1200, 20):
        arranged = arrange(OMNIGLOT, width, 600)
        shown.append((len(arranged.columns) - 2) * min(6, arranged.across * arranged.down))
    assert shown == sorted(shown)
    assert shown[-1] == 36


def test_at_the_usual_width_every_step_and_sample_is_seen_pixel_by_pixel() -> None:
    arranged = arrange(OMNIGLOT, 544, 690)
    assert len(arranged.columns) == 8 and arranged.across * arranged.down == 6
    assert arranged.thumb[0] - 1 == 28


def test_tasks_are_seen_at_once_where_that_is_possible() -> None:
    snapshot = point_snapshot(1, tasks=6, steps=4)
    arranged = arrange(snapshot, 560, 560)
    assert arranged.pitch * 6 <= 560
    assert arrange(snapshot, 560, 2000).thumb[0] > arranged.thumb[0]


def test_curves_show_the_first_steps_which_change_most() -> None:
    snapshot = curve_snapshot(1, tasks=6, steps=11)
    shown = {
        tuple(column.place for column in arrange(snapshot, width, 700).columns if column.kind == "samples")
        for width in range(200, 1700, 20)
    }
    assert {(0, 10), (0, 1, 10), (0, 1, 3, 10), tuple(range(11))} <= shown
    assert all(places[:2] == (0, 1) for places in shown if len(places) > 2)


def test_curves_are_as_high_as_the_room_allows() -> None:
    snapshot = curve_snapshot(1, tasks=6, steps=2)
    flat, high = arrange(snapshot, 700, 500), arrange(snapshot, 700, 1400)
    assert flat.pitch * 6 <= 500 and high.pitch * 6 <= 1400
    assert high.cell[1] / high.cell[0] > flat.cell[1] / flat.cell[0]
