"""Work that is done the same way turn by turn, and says so, that whoever records it may write one turn down for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")


Hearing = Callable[[object, int | None], None]
"""Told of each turn that begins, by the work and the number of the turn, and by None that the last one is over."""
_hears: ContextVar[Hearing | None] = ContextVar("hears", default=None)


def in_turn(items: Iterable[T]) -> Iterator[T]:
    """Yield `items`, with each of which the same is done, but for numbers and for which earlier turns are looked at."""
    work, hear = object(), _hears.get()
    for number, item in enumerate(items):
        if hear:
            hear(work, number)
        yield item
    if hear:
        hear(work, None)


@contextmanager
def hearing(hear: Hearing | None) -> Iterator[None]:
    """Within it `hear` is told of every turn."""
    before = _hears.set(hear)
    try:
        yield
    finally:
        _hears.reset(before)
