"""The snapshots of a run in bounded memory, thinned evenly, with what they have in common held once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from metagen_gui.engine.events import Snapshot
from metagen_gui.gui.plots.thinned_history import ThinnedHistory

_MOST, _FEWEST = 200, 16
_BYTES = 96 * 2**20
_SHARED = ("support", "query", "density", "truth", "curve_x")


class SnapshotStore:
    """At most 200 snapshots of a run, fewer where they are large; oldest first, evenly spaced, the newest always."""

    def __init__(self) -> None:
        self._history: ThinnedHistory[Snapshot] = ThinnedHistory(_MOST)

    def __len__(self) -> int:
        return len(self._history)

    def __getitem__(self, index: int) -> Snapshot:
        return self._history[index]

    @property
    def snapshots(self) -> Sequence[Snapshot]:
        """Oldest first."""
        return self._history.items

    def add(self, snapshot: Snapshot) -> None:
        """Add the newest; one of the same outer step is replaced, later ones go, as when a run goes on from there."""
        known = [held.meta_step for held in self._history.items]
        self._history.cut(int(np.searchsorted(known, snapshot.meta_step)))
        if len(self._history):
            snapshot = _share(snapshot, self._history[-1])
        self._history.limit = min(_MOST, max(_FEWEST, _BYTES // max(1, _own_bytes(snapshot))))
        self._history.add(snapshot)

    def nearest(self, meta_step: int) -> int:
        """Return the place of the snapshot whose outer step is nearest to `meta_step`; the store is not empty."""
        distances = [abs(held.meta_step - meta_step) for held in self._history.items]
        return int(np.argmin(distances))


def _share(snapshot: Snapshot, held: Snapshot) -> Snapshot:
    """Return `snapshot` with the arrays of `held` where they are the same: validation tasks do not change in a run."""
    same: dict[str, Any] = {}
    for name in _SHARED:
        old, new = getattr(held, name), getattr(snapshot, name)
        if old is not None and new is not None and np.array_equal(old, new):
            same[name] = old
    return replace(snapshot, **same)


def _own_bytes(snapshot: Snapshot) -> int:
    return snapshot.samples.nbytes + sum(each.nbytes for each in (snapshot.field, snapshot.curves) if each is not None)
