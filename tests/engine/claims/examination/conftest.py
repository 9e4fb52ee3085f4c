"""What tests of claims train, they train in the process of the test."""

from __future__ import annotations

import pytest

from tests.engine.queue.here import Here, train_here


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[Here]:
    """Return what has been started."""
    return train_here(monkeypatch)
