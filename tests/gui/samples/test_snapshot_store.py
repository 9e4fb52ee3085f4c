from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from metagen_gui.gui.samples import snapshot_store
from metagen_gui.gui.samples.snapshot_store import SnapshotStore
from tests.gui.snapshots import curve_snapshot, image_snapshot


def test_at_most_two_hundred_and_the_newest_among_them() -> None:
    store = SnapshotStore()
    for step in range(700):
        store.add(image_snapshot(step, tasks=1, steps=1, count=1))
    steps = [held.meta_step for held in store.snapshots]
    assert 100 <= len(steps) <= 200
    assert steps[0] == 0 and steps[-1] == 699
    assert len(set(np.diff(steps)[:-1])) == 1


def test_large_snapshots_are_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    size = image_snapshot(0).samples.nbytes
    monkeypatch.setattr(snapshot_store, "_BYTES", 30 * size)
    store = SnapshotStore()
    for step in range(100):
        store.add(image_snapshot(step))
    assert len(store) <= 30


def test_what_does_not_change_is_held_once() -> None:
    store = SnapshotStore()
    store.add(image_snapshot(1))
    store.add(image_snapshot(2))
    assert store[1].support is store[0].support and store[1].query is store[0].query
    assert not np.array_equal(store[0].samples, store[1].samples)
    other = image_snapshot(3)
    store.add(replace(other, support=other.support + 1))
    assert np.array_equal(store[2].support, other.support + 1)


def test_the_same_step_again_replaces_and_an_earlier_one_goes_back() -> None:
    store = SnapshotStore()
    for step in (0, 50, 100, 150):
        store.add(image_snapshot(step))
    store.add(replace(image_snapshot(150), names=("a", "b")))
    assert [held.meta_step for held in store.snapshots] == [0, 50, 100, 150] and store[3].names == ("a", "b")
    store.add(image_snapshot(60))
    assert [held.meta_step for held in store.snapshots] == [0, 50, 60]


def test_nearest() -> None:
    store = SnapshotStore()
    for step in (0, 50, 100):
        store.add(image_snapshot(step))
    assert [store.nearest(step) for step in (-5, 20, 30, 1000)] == [0, 0, 1, 2]


def test_the_true_curves_are_held_once_and_those_of_the_model_count() -> None:
    store = SnapshotStore()
    store.add(curve_snapshot(1))
    store.add(curve_snapshot(2))
    assert store[1].truth is store[0].truth and store[1].curve_x is store[0].curve_x
    assert not np.array_equal(store[0].curves, store[1].curves)


def test_large_curves_are_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = curve_snapshot(0)
    monkeypatch.setattr(snapshot_store, "_BYTES", 30 * (snapshot.curves.nbytes + snapshot.samples.nbytes))
    store = SnapshotStore()
    for step in range(100):
        store.add(curve_snapshot(step))
    assert len(store) <= 30
