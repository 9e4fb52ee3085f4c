from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metagen_gui.engine.events import Event, Remedy, StepReport
from metagen_gui.engine.health.base import Detector, Finding
from metagen_gui.engine.health.remedies import lower, put
from tests.engine.health.reports import step


class Scripted(Detector):
    """Finds what the loss of a step stands for: 2 is ill, 1 between, 0 well."""

    name, title = "scripted", "Scripted"
    patience = 3
    recovery = 2

    def look(self, event: Event, settings: Mapping[str, Any]) -> Finding | None:
        if not isinstance(event, StepReport):
            return None
        return Finding(("well", "between", "ill")[int(event.query_loss["vae"])], f"ill at {event.meta_step}")


def told(script: str) -> list[tuple[int, int, bool]]:
    """Return when an alarm was told, since when, and whether it was over, for one digit per step."""
    detector = Scripted()
    found = [(number, detector.watch(step(number, float(digit)), {})) for number, digit in enumerate(script)]
    return [(number, alarm.meta_step, alarm.over) for number, alarm in found if alarm is not None]


def test_illness_has_to_last_and_begins_with_the_first_of_its_row() -> None:
    assert told("0022022022") == []
    assert told("0022212222") == [(4, 2, False)]
    assert told("2202220") == [(5, 3, False)], "a row that was broken does not count"
    assert told("2212220") == [(5, 3, False)], "nor one that was only between"


def test_health_has_to_last_too_before_it_is_over() -> None:
    assert told("222" + "0" + "2" + "0" + "1" + "0" + "00")[1:] == [(8, 0, True)]
    assert told("222" + "020202" + "101010") == [(2, 0, False)]


def test_it_may_come_again() -> None:
    assert told("22200222") == [(2, 0, False), (4, 0, True), (7, 5, False)]


def test_rates_are_lowered_to_two_digits_and_not_to_nothing() -> None:
    settings = {"training.outer_lr": 0.0037, "model.width": 255, "model.flag": True, "training.tiny": 5e-7}
    assert lower(settings, "training.outer_lr", "Lower", 3) == (Remedy("Lower", "training.outer_lr", 0.0012),)
    assert lower(settings, "model.width", "Halve", 2) == (Remedy("Halve", "model.width", 128),)
    for path in ("model.flag", "training.tiny", "model.none"):
        assert lower(settings, path, "Lower", 2) == ()


def test_what_holds_already_or_does_not_exist_is_not_offered() -> None:
    settings = {"tasks.turned": False}
    assert put(settings, "tasks.turned", "Turn", True) == (Remedy("Turn", "tasks.turned", True),)
    assert put({"tasks.turned": True}, "tasks.turned", "Turn", True) == ()
    assert put({}, "tasks.turned", "Turn", True) == ()
