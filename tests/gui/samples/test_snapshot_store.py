from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from metagen_gui.gui.samples import snapshot_store
from metagen_gui.gui.samples.snapshot_store import SnapshotStore
from tests.gui.snapshots import curve_snapshot, image_snapshot


def held(store: SnapshotStore) -> list[int]:
    return [step for step in store.steps if store.get(step) is not None]


def test_at_most_two_hundred_and_the_newest_among_them() -> None:
    store = SnapshotStore()
    for step in range(700):
        store.add(image_snapshot(step, tasks=1, steps=1, count=1))
    steps = held(store)
    assert 100 <= len(steps) == len(store) <= 200
    assert steps[0] == 0 and steps[-1] == 699
    assert max(np.diff(steps)) <= 8, "evenly"


@pytest.mark.parametrize("make", [image_snapshot, curve_snapshot])
def test_large_snapshots_are_fewer(monkeypatch: pytest.MonkeyPatch, make) -> None:
    first = make(0)
    size = first.samples.nbytes + (0 if first.curves is None else first.curves.nbytes)
    monkeypatch.setattr(snapshot_store, "_BYTES", 30 * size)
    store = SnapshotStore()
    for step in range(100):
        store.add(make(step))
    assert 15 <= len(store) <= 30
    for step in range(100):  # read again one by one, as by who looks at all
        store.keep(make(step))
        assert len(store) <= 30 and store.get(step) is not None and store.get(99) is not None


def test_what_does_not_change_is_held_once() -> None:
    store = SnapshotStore()
    store.add(image_snapshot(2))
    store.keep(image_snapshot(1))
    assert store.get(1).support is store.get(2).support and store.get(1).query is store.get(2).query
    assert not np.array_equal(store.get(1).samples, store.get(2).samples)
    other = image_snapshot(3)
    store.add(replace(other, support=other.support + 1))
    assert np.array_equal(store.get(3).support, other.support + 1)


def test_the_same_step_again_replaces_and_an_earlier_one_goes_back() -> None:
    store = SnapshotStore()
    for step in (0, 50, 100, 150):
        store.add(image_snapshot(step))
    store.add(replace(image_snapshot(150), names=("a", "b")))
    assert store.steps == [0, 50, 100, 150] and store.get(150).names == ("a", "b")
    store.add(image_snapshot(60))
    assert store.steps == [0, 50, 60]


def test_the_folder_may_hold_more_and_what_lies_beyond_the_newest_is_of_before() -> None:
    store = SnapshotStore()
    store.list_folder([0, 50, 100, 150])
    assert list(store.steps) == []
    store.add(image_snapshot(100))
    assert store.steps == [0, 50, 100] and held(store) == [100]
    store.leave_out(50)
    store.list_folder([0, 50, 100, 150])
    assert store.steps == [0, 100], "it is as unreadable as before"
    store.add(image_snapshot(150))
    assert store.steps == [0, 100, 150]


def test_nearest() -> None:
    store = SnapshotStore()
    store.add(image_snapshot(100))
    store.list_folder([0, 50])
    assert [store.nearest(step) for step in (-5, 20, 30, 1000)] == [0, 0, 1, 2]


def test_the_true_curves_are_held_once() -> None:
    store = SnapshotStore()
    store.add(curve_snapshot(1))
    store.add(curve_snapshot(2))
    assert store.get(2).truth is store.get(1).truth and store.get(2).curve_x is store.get(1).curve_x
    assert not np.array_equal(store.get(1).curves, store.get(2).curves)
