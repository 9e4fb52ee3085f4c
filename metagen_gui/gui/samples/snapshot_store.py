"""The snapshots of a run: which there are, in its folder and in memory, and as many of them as memory is given to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from metagen_gui.engine.events import Snapshot

_MOST = 200
_BYTES = 96 * 2**20
_SHARED = ("support", "query", "density", "truth", "curve_x")


class SnapshotStore:
    """Knows the outer steps of a run's snapshots, and holds at most 200 of them, evenly spaced, fewer where large."""

    def __init__(self) -> None:
        self._held: dict[int, Snapshot] = {}
        self._listed: Sequence[int] = ()
        self._unreadable: set[int] = set()
        self.steps: Sequence[int] = ()
        """The outer steps of all that are held, or lie in the run's folder, ascending."""

    def __len__(self) -> int:
        return len(self._held)

    @property
    def newest(self) -> Snapshot | None:
        """The newest of those that are held."""
        return self._held[max(self._held)] if self._held else None

    def get(self, meta_step: int) -> Snapshot | None:
        """Return the snapshot of an outer step if it is held."""
        return self._held.get(meta_step)

    def add(self, snapshot: Snapshot) -> Snapshot:
        """Add the newest and return what is held of it, as `keep` does.

        One of the same outer step is replaced, later ones go, as when a run goes on from there.
        """
        self._held = {step: held for step, held in self._held.items() if step < snapshot.meta_step}
        return self.keep(snapshot)

    def keep(self, snapshot: Snapshot) -> Snapshot:
        """Hold a snapshot, perhaps an earlier one, and return it with the arrays that others have as well.

        Where there are too many, those go whose neighbours are close.
        """
        if self._held:
            snapshot = _share(snapshot, self._held[max(self._held)])
        self._held[snapshot.meta_step] = snapshot
        sizes = {step: _own_bytes(held) for step, held in self._held.items()}
        while len(sizes) > 2 and (len(sizes) > _MOST or sum(sizes.values()) > _BYTES):
            steps = sorted(sizes)
            between = {step: later - before for before, step, later in zip(steps, steps[1:], steps[2:], strict=False)}
            between.pop(snapshot.meta_step, None)
            if not between:
                break
            goes = min(between, key=lambda step: between[step])
            del sizes[goes], self._held[goes]
        self._count()
        return snapshot

    def list_folder(self, steps: Sequence[int]) -> None:
        """Take the outer steps that the run's folder holds; those beyond the newest are of before it went on."""
        self._listed = steps
        self._count()

    def leave_out(self, meta_step: int) -> None:
        """Know one no more that lies in the folder and cannot be read."""
        self._unreadable.add(meta_step)
        self._count()

    def to_read_ahead(self) -> list[int]:
        """Return outer steps that are not held and that there is room for, spread over the run, the coarse ones first.

        As many as would fit if they were as large as those that are held; none while nothing is.
        """
        held = [_own_bytes(snapshot) for snapshot in self._held.values()]
        if not held:
            return []
        room = min(_MOST - len(held), int((_BYTES - sum(held)) / max(1.0, sum(held) / len(held))))
        missing = [step for step in self.steps if step not in self._held]
        if room <= 0 or not missing:
            return []
        spread = np.unique(np.linspace(0, len(missing) - 1, min(room, len(missing))).round().astype(int)).tolist()
        # Of places counted in twos, those come first that a coarser count has as well: 0, 8, 4, 12, 2, 6, …
        order = sorted(range(len(spread)), key=lambda place: -(place & -place) if place else -len(spread))
        return [missing[spread[place]] for place in order]

    def nearest(self, meta_step: int) -> int:
        """Return the place of the snapshot whose outer step is nearest to `meta_step`; there is one."""
        return int(np.argmin(np.abs(np.array(self.steps) - meta_step)))

    def _count(self) -> None:
        newest = max(self._held, default=-1)
        listed = {step for step in self._listed if step <= newest} - self._unreadable
        self.steps = sorted(self._held.keys() | listed)


def _share(snapshot: Snapshot, held: Snapshot) -> Snapshot:
    """Return `snapshot` with the arrays of `held` where they are the same: validation tasks do not change in a run."""
    same: dict[str, Any] = {}
    for name in _SHARED:
        old, new = getattr(held, name), getattr(snapshot, name)
        if old is not None and new is not None and np.array_equal(old, new):
            same[name] = old
    return replace(snapshot, **same)


def _own_bytes(snapshot: Snapshot) -> int:
    own = (snapshot.samples, snapshot.field, snapshot.curves, snapshot.path)
    return sum(each.nbytes for each in own if each is not None)
