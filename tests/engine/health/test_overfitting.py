from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from metagen_gui.engine.events import Event, SettingChanged
from tests.engine.health.reports import GAN, SETTINGS, alarms, kinds, step, validation

EVERY = 10


def run(reports: int, train: Callable[[int], float], held_out: Callable[[int], float]) -> Iterator[Event]:
    """A run as losses of the report's number: `EVERY` steps, then a score."""
    for number in range(reports):
        yield from (step(EVERY * number + place + 1, train(number)) for place in range(EVERY))
        yield validation(EVERY * (number + 1), held_out(number))


def learns(number: int) -> float:
    return 60 + 100 * 0.7**number


def by_heart(number: int) -> float:
    return learns(number) - 0.5 * number


def worse_from_ten(number: int) -> float:
    return learns(number) + (1.5 * (number - 10) if number > 10 else 0)


def test_told_with_the_best_step_and_both_losses() -> None:
    ((told, alarm),) = alarms(run(30, by_heart, worse_from_ten))
    assert alarm.kind == "overfitting" and alarm.meta_step == 110
    assert 150 <= told <= 200
    assert alarm.text.startswith("The loss on held-out tasks has been rising since step 110, from 62.82 to ")
    assert ("training.meta_steps", 110) in [(remedy.path, remedy.value) for remedy in alarm.remedies]


def test_over_when_held_out_tasks_do_as_well_again() -> None:
    def recovers(number: int) -> float:
        return worse_from_ten(number) if number < 22 else learns(number)

    assert kinds(run(30, by_heart, recovers)) == ["overfitting", "over overfitting"]


def test_healthy_courses() -> None:
    assert kinds(run(60, by_heart, learns)) == []
    assert kinds(run(60, by_heart, lambda number: learns(number) + 4 * (number % 2))) == [], "unsteady, not rising"
    wave = kinds(run(60, by_heart, lambda number: learns(number) + 3 * math.sin(number * math.pi / 3)))
    assert wave == [], "a loss that goes up and down by as much at every report"
    assert "overfitting" not in kinds(run(60, worse_from_ten, worse_from_ten)), "both rise: that is divergence"


def test_a_change_of_the_measure_starts_over() -> None:
    events = list(run(30, by_heart, worse_from_ten))
    place = next(i for i, event in enumerate(events) if event == events[11 * (EVERY + 1)])
    higher = [*events[:place], SettingChanged(110, "model.beta", 2.0), *events[place:]]
    begun = [alarm.meta_step for _, alarm in alarms(higher)]
    assert begun and begun[0] > 110


def test_opponents_and_a_growing_kl_weight_are_left_alone() -> None:
    def opponents(number: int) -> Event:
        return validation(EVERY * number, {"discriminator": 1.0, "generator": 1.0 + 0.2 * number})

    assert kinds((opponents(number) for number in range(40)), GAN) == []
    assert kinds(run(30, by_heart, worse_from_ten), {**SETTINGS, "training.ramp_steps": 400}) == []
