"""Work that tells how far it is while it goes on, and returns something in the end: a generator, and how to pull it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Generic, ParamSpec, TypeVar

Told = TypeVar("Told")
Result = TypeVar("Result")
Given = ParamSpec("Given")


class Work(Generic[Told, Result]):
    """Iterates over what a generator tells; afterwards `result` is what it returned."""

    result: Result

    def __init__(self, work: Generator[Told, None, Result]) -> None:
        self._work = work

    def __iter__(self) -> Generator[Told, None, None]:
        """Yield what the generator yields; closed early, this closes it as well."""
        self.result = yield from self._work


def at_once(working: Callable[Given, Generator[object, None, Result]]) -> Callable[Given, Result]:
    """Return the function that does the work of a generator function in one go."""

    def do(*given: Given.args, **named: Given.kwargs) -> Result:
        work = Work(working(*given, **named))
        for _ in work:
            pass
        return work.result

    return do
