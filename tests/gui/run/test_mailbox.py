from __future__ import annotations

import math
import threading

from metagen_gui.engine.events import Notice, RatesReport
from metagen_gui.gui.run.mailbox import (
    MOST_MESSAGES,
    MOST_STEPS,
    MOST_VALIDATIONS,
    Delivery,
    RunMailbox,
    merged_in_pairs,
)
from tests.gui.stand_ins import snapshot, step, validation


def test_what_was_taken_is_gone() -> None:
    mailbox = RunMailbox()
    for event in (step(1), validation(1), RatesReport(1, ()), Notice("hello"), snapshot(1)):
        mailbox.put(event)
    delivery = mailbox.take()
    assert [report.meta_step for report in delivery.steps] == [1]
    assert [report.meta_step for report in delivery.validations] == [1]
    assert delivery.messages == [Notice("hello")]
    assert delivery.rates == RatesReport(1, ())
    again = mailbox.take()
    assert not again.steps and again.rates is None
    assert mailbox.take_snapshot() is not None
    assert mailbox.take_snapshot() is None


def test_the_latest_snapshot_wins() -> None:
    mailbox = RunMailbox()
    for number in range(5):
        mailbox.put(snapshot(number))
    taken = mailbox.take_snapshot()
    assert taken is not None
    assert taken.meta_step == 4


def test_the_latest_rates_win() -> None:
    mailbox = RunMailbox()
    for number in range(5):
        mailbox.put(RatesReport(number, ()))
    assert mailbox.take().rates == RatesReport(4, ())


def test_nothing_grows_without_bound_and_the_newest_stays() -> None:
    mailbox = RunMailbox(most_steps=64)
    for number in range(1, 10_001):
        mailbox.put(step(number, loss=3.0, diverged=1))
        mailbox.put(validation(number))
        mailbox.put(Notice(str(number)))
    delivery = mailbox.take()
    steps = [report.meta_step for report in delivery.steps]
    assert len(steps) <= 64
    assert steps == sorted(set(steps))
    assert steps[-1] == 10_000
    assert sum(report.diverged for report in delivery.steps) == 10_000
    assert {report.query_loss["model"] for report in delivery.steps} == {3.0}
    assert len(delivery.validations) <= MOST_VALIDATIONS
    assert delivery.validations[-1].meta_step == 10_000
    assert len(delivery.messages) == MOST_MESSAGES


def test_a_pair_is_its_mean_at_the_later_step_and_keeps_what_was_not_finite() -> None:
    merged = merged_in_pairs([step(1, 2.0), step(2, 4.0), step(3, math.nan), step(4, 1.0), step(5, 7.0)])
    assert [report.meta_step for report in merged] == [2, 4, 5]
    assert merged[0].query_loss["model"] == 3.0
    assert math.isnan(merged[1].query_loss["model"])
    assert merged[2].query_loss["model"] == 7.0


def test_a_thread_may_put_while_another_takes() -> None:
    mailbox = RunMailbox()
    seen: list[int] = []

    def fill() -> None:
        for number in range(2000):
            mailbox.put(step(number))

    thread = threading.Thread(target=fill)
    thread.start()
    while thread.is_alive():
        seen += [report.meta_step for report in mailbox.take().steps]
    seen += [report.meta_step for report in mailbox.take().steps]
    assert seen == list(range(2000))


def test_what_waits_is_bounded_too_and_leaves_what_came_alone() -> None:
    waiting, blocks = Delivery(), 2 * MOST_STEPS // 100
    for block in range(blocks):
        numbers = range(1 + 100 * block, 101 + 100 * block)
        rates = RatesReport(400, ()) if block == 3 else None
        came = Delivery(
            [step(number, diverged=1) for number in numbers], [validation(number) for number in numbers], rates
        )
        waiting = waiting.with_curves_of(came)
        assert len(came.steps) == len(came.validations) == 100
    assert len(waiting.steps) <= MOST_STEPS and waiting.steps[-1].meta_step == 100 * blocks
    assert sum(report.diverged for report in waiting.steps) == 100 * blocks, "merged, not dropped"
    assert len(waiting.validations) <= MOST_VALIDATIONS and waiting.validations[-1].meta_step == 100 * blocks
    assert waiting.rates == RatesReport(400, ()), "later deliveries without rates do not take them away"
