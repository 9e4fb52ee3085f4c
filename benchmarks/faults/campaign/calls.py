"""The calls by which a save reaches the disk, seen one by one: each may be refused, or be the last thing done."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Seen = Callable[[str, Path | None], None]
"""Told of a call before it happens: which, and the file if that is known. May raise what the call is to raise."""

FUNCTIONS = [
    (os, "fsync"), (os, "write"), (os, "ftruncate"), (os, "replace"),
    (Path, "replace"), (Path, "rename"), (Path, "unlink"), (Path, "mkdir"), (Path, "write_text"),
]  # fmt: skip


@contextmanager
def watched(seen: Seen) -> Iterator[None]:
    """Tell `seen` of every call that changes files, while this lasts; files that are written, in two halves."""
    kept = [(owner, name, getattr(owner, name)) for owner, name in FUNCTIONS]
    opened = Path.open

    def told(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def calling(*given: Any, **more: Any) -> Any:
            seen(name, given[0] if isinstance(given[0], Path) else None)
            done = call(*given, **more)
            seen(f"after {name}", given[0] if isinstance(given[0], Path) else None)
            return done

        return calling

    def opening(self: Path, mode: str = "r", *given: Any, **more: Any) -> Any:
        if mode != "wb":
            return opened(self, mode, *given, **more)
        seen("open", self)
        return _Halves(self, seen)

    for owner, name, call in kept:
        setattr(owner, name, told(name, call))
    Path.open = opening  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        for owner, name, call in kept:
            setattr(owner, name, call)
        Path.open = opened  # type: ignore[method-assign]


class _Halves(io.FileIO):
    """A file whose content comes in two halves, with a look before each."""

    def __init__(self, path: Path, seen: Seen) -> None:
        super().__init__(path, "wb")
        self.path, self.seen = path, seen

    def write(self, data: Any) -> int:
        half = len(data) // 2
        for part in (data[:half], data[half:]):
            self.seen("write", self.path)
            super().write(part)
        return len(data)
