from __future__ import annotations

import pytest


@pytest.fixture
def factored() -> str:
    """Steps are computed here as runs compute them by default."""
    return "auto"
