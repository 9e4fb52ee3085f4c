"""Processes of a run as threads of this one, with a store and connections as processes have them."""

from __future__ import annotations

from threading import Thread

import pytest
from torch._C._distributed_c10d import HashStore

from metagen_gui.engine.ranks import following, leader
from metagen_gui.engine.ranks.learner import SharingLearner
from metagen_gui.engine.ranks.meeting import arrive
from metagen_gui.engine.ranks.place import Place


class InThreads:
    """What follows the leader, by rank; `broke` are those that have ended in an exception."""

    def __init__(self) -> None:
        self.store = HashStore()
        self.learners: dict[int, SharingLearner] = {}
        self.broke: list[str] = []
        self.threads: list[Thread] = []

    def __call__(self, ranks: int, address: str) -> InThreads:
        self.threads = [Thread(target=self._follow, args=(Place(r, ranks, r, ranks),)) for r in range(1, ranks)]
        for thread in self.threads:
            thread.start()
        return self

    def _follow(self, place: Place) -> None:
        try:
            following.attend(place, self.store, arrive(self.store, place.rank), "127.0.0.1")
        except Exception as error:
            self.broke.append(f"{place.rank}: {error}")

    def check(self, patience: float) -> None:
        assert not self.broke

    def end(self) -> None:
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()


@pytest.fixture
def in_threads(monkeypatch: pytest.MonkeyPatch) -> InThreads:
    """Let threads be the other processes of a run."""
    made = InThreads()

    class Kept(SharingLearner):
        def __init__(self, *given: object) -> None:
            super().__init__(*given)  # type: ignore[arg-type]
            made.learners[self.rank] = self

    monkeypatch.setattr(leader, "Started", made)
    monkeypatch.setattr(leader, "own_store", lambda: made.store)
    monkeypatch.setattr(HashStore, "port", 0, raising=False)
    monkeypatch.setattr(following, "SharingLearner", Kept)
    return made
