from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def swept() -> Iterator[None]:
    """Let what an earlier test has left be swept between tests, and no widget while Qt goes through them all."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()
