"""Who leads is said of what all lanes have come to, of how far that was, and never before any has learned."""

from __future__ import annotations

from collections.abc import Callable

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.races.leading import Leading
from metagen_gui.engine.races.looks import Look
from metagen_gui.engine.races.race import LOOKS, Lane, Race

Tiny = Callable[..., Experiment]


def leading(tiny: Tiny) -> Leading:
    return Leading(Race((Lane("one", tiny()), Lane("two", tiny())), "steps", 50))


def look(loss: float) -> Look:
    return Look(0, 0.0, 0.0, (loss, loss + 0.01, loss - 0.01))


def test_nobody_leads_before_anything_was_learned(tiny: Tiny) -> None:
    race = leading(tiny)
    for lane in (0, 1):
        race.hear(lane, 0, look(5.0 - lane))
    assert race.news([0, 1]) is None


def test_it_is_said_how_far_the_lanes_were_then(tiny: Tiny) -> None:
    race = leading(tiny)
    for number, lanes in ((0, (0, 1)), (LOOKS // 5, (0, 1)), (LOOKS, (0,))):
        for lane in lanes:
            race.hear(lane, number, look(5.0 - lane))
    led = race.news([0, 1])
    assert led is not None and led.leader == 1
    assert led.sentence.startswith("two leads one by 1 ±") and "20 % into the race" in led.sentence
