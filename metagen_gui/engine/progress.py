"""How far a long piece of work has come: told from deep within it to whoever began it, and may end it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Hears = Callable[[str, float | None], bool]
"""Told what is being done and which share of it is behind, None if that is not known; returns whether to go on."""

_hears: ContextVar[Hears | None] = ContextVar("hears", default=None)


class Ended(Exception):
    """Whoever began the work has ended it."""


def tell(what: str, share: float | None = None) -> None:
    """Tell, if anybody hears it; raise `Ended` if the work is not to go on. An empty `what` only asks that."""
    hears = _hears.get()
    if hears and not hears(what, share):
        raise Ended


@contextmanager
def heard_by(hears: Hears | None) -> Iterator[None]:
    """Within it, in this thread, `hears` is told."""
    before = _hears.set(hears)
    try:
        yield
    finally:
        _hears.reset(before)
