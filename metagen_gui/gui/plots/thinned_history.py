"""The history of a run in bounded memory: evenly spaced items, and always the newest."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class ThinnedHistory(Generic[T]):
    """Keeps every n-th item and the newest; when more than `limit` are held, every other is dropped and n doubles."""

    def __init__(self, limit: int) -> None:
        self.limit = max(2, limit)
        self._items: list[T] = []
        self._stride = 1
        self._added = 0

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> T:
        return self._items[index]

    @property
    def items(self) -> tuple[T, ...]:
        """Oldest first."""
        return tuple(self._items)

    def add(self, item: T) -> None:
        """Append `item`; an older newest one that falls between the strides makes room for it."""
        if self._items and (self._added - 1) % self._stride:
            self._items.pop()
        self._items.append(item)
        self._added += 1
        while len(self._items) > self.limit:
            on_stride = (self._added - 1) % (2 * self._stride) == 0
            self._items = self._items[::2] if on_stride else [*self._items[:-1:2], item]
            self._stride *= 2

    def cut(self, length: int) -> None:
        """Keep only the oldest `length` items, as when a run goes on from an earlier step."""
        if length < len(self._items):
            self._items = self._items[:length]
            self._added = max(0, length - 1) * self._stride + 1 if length else 0
