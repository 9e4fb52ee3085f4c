"""Work that tells how far it is: its result arrives, and giving it up reaches whoever does it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

from metagen_gui.engine.held_out.work import Work, at_once


class Count:
    """Counts to a number; knows whether it was given up."""

    given_up = False

    def up_to(self, last: int, *, result: str = "done") -> Generator[int, None, str]:
        try:
            yield from range(last)
        except GeneratorExit:
            self.given_up = True
            raise
        return result


def test_the_result_is_there_when_all_has_been_told() -> None:
    work = Work(Count().up_to(3))
    assert [*work] == [0, 1, 2] and work.result == "done"
    assert at_once(Count().up_to)(5, result="at once") == "at once"


def test_what_is_given_up_is_closed_and_has_no_result() -> None:
    counting = Count()
    work = Work(counting.up_to(3))
    with closing(iter(work)) as told:
        next(told)
    assert counting.given_up and not hasattr(work, "result")
