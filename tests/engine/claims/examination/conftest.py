"""What tests of claims train, they train in the process of the test, and they measure few samples."""

from __future__ import annotations

import pytest

from metagen_gui.engine.data.spec import PointSpec
from tests.engine.queue.here import Here, train_here


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[Here]:
    """Return what has been started."""
    monkeypatch.setattr(PointSpec, "free_samples", 24)
    return train_here(monkeypatch)
