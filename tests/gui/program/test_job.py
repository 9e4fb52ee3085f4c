from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from metagen_gui.engine.events import RunBroken
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.program.job import Broken, Completed, Job, Outcome, Refused, Stopped, end_jobs, one_sentence
from tests.gui.stand_ins import jobs


def ended(qtbot: QtBot, job: Job) -> Outcome:
    with qtbot.waitSignal(job.ended) as told:
        job.start()
    assert told.args is not None
    outcome: Outcome = told.args[0]
    return outcome


def test_a_function_ends_with_what_it_returns_in_a_thread_of_its_own(qtbot: QtBot) -> None:
    outcome = ended(qtbot, Job(threading.get_ident))
    assert isinstance(outcome, Completed) and outcome.value != threading.get_ident()
    qtbot.waitUntil(lambda: not jobs())


def test_a_generator_is_pulled_and_ends_with_what_it_returns(qtbot: QtBot) -> None:
    def count() -> Generator[int | None, None, str]:
        yield 1
        yield None
        yield 3
        return "all"

    taken: list[Any] = []
    assert ended(qtbot, Job(count, taken.append)) == Completed("all")
    assert taken == [1, None, 3]


def test_stopping_closes_the_generator(qtbot: QtBot) -> None:
    closed: list[bool] = []

    def endless() -> Generator[int, None, None]:
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    job = Job(endless, lambda event: job.stop())
    assert ended(qtbot, job) == Stopped()
    assert closed == [True]


def raising(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


def test_input_that_cannot_be_used_is_refused(qtbot: QtBot) -> None:
    outcome = ended(qtbot, Job(raising(BadInput("tasks.path", "there is no such folder"))))
    assert outcome == Refused("tasks.path", "there is no such folder")
    assert isinstance(outcome, Refused) and outcome.sentence == "tasks.path: there is no such folder"


@pytest.mark.parametrize("error", [KeyError("x"), MemoryError(), SystemExit(3), KeyboardInterrupt()])
def test_whatever_breaks_is_told_with_its_trace(qtbot: QtBot, error: BaseException) -> None:
    outcome = ended(qtbot, Job(raising(error)))
    assert isinstance(outcome, Broken)
    assert outcome.sentence.startswith(type(error).__name__) and "Traceback" in outcome.details


def test_what_fails_while_the_generator_closes_is_heard(qtbot: QtBot) -> None:
    def full_disk() -> Generator[int, None, None]:
        try:
            yield 1
        finally:
            raise OSError(28, "No space left on device")

    job = Job(full_disk, lambda event: job.stop())
    outcome = ended(qtbot, job)
    assert isinstance(outcome, Broken) and "No space" in outcome.sentence


def test_threads_are_set_in_the_thread_before_anything_else(qtbot: QtBot) -> None:
    order: list[tuple[str, int]] = []

    def noted(what: str) -> Callable[[], None]:
        return lambda: order.append((what, threading.get_ident()))

    ended(qtbot, Job(noted("work"), use_threads=noted("threads")))
    assert [what for what, _ in order] == ["threads", "work"]
    assert len({thread for _, thread in order}) == 1 and order[0][1] != threading.get_ident()


def test_at_the_end_of_the_program_every_job_is_told_to_stop_and_waited_for(qtbot: QtBot) -> None:
    begun, asked = threading.Event(), threading.Event()

    def until_told() -> None:
        begun.set()
        while not job.told_to_stop():
            pass
        asked.set()

    job = Job(until_told)
    job.start()
    qtbot.waitUntil(begun.is_set)
    end_jobs()
    assert asked.is_set() and job.isFinished()


def test_one_sentence_is_short_and_names_the_type_unless_it_is_meant_for_a_person() -> None:
    assert one_sentence(ValueError("a\n b")) == "ValueError: a b"
    assert one_sentence(ValueError()) == "ValueError"
    assert one_sentence(RunBroken("the disk is full")) == "the disk is full"
    assert one_sentence(BadInput("a", "b")) == "a: b"
    assert len(one_sentence(RunBroken("x" * 1000))) == 200
