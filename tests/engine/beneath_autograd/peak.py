"""The most memory that a computation takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from metagen_gui.engine.beneath_autograd.memory import course_of_bytes


def peak_bytes(step: Callable[[], Any]) -> int:
    """Compute `step` and return how many bytes its tensors took at most, beyond those that were there before."""
    return max(course_of_bytes(step), default=0)
