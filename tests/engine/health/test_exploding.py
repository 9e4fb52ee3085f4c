from __future__ import annotations

from tests.engine.health.reports import SETTINGS, alarms, kinds, step

NAN = float("nan")


def exploded(first: int, steps: int, tasks: int, **more: object) -> list:
    return [step(first + place, NAN if tasks else 100.0, diverged=tasks, **more) for place in range(steps)]


def test_counted_and_told_before_the_run_gives_up() -> None:
    ((told, alarm),) = alarms([*exploded(1, 30, 0), *exploded(31, 20, 4, median_loss={"vae": 120.0})])
    assert alarm.kind == "exploding" and alarm.meta_step == 31
    assert told == 34
    assert alarm.text.startswith("16 of the 160 tasks of the last 10 outer steps exploded (10%)")
    assert "The median loss of the others is 120." in alarm.text


def test_over_when_hardly_any_explode() -> None:
    events = [*exploded(1, 20, 4), *exploded(21, 9, 0), *exploded(30, 1, 1), *exploded(31, 20, 0)]
    assert kinds(events) == ["exploding", "over exploding"]
    flicker = [report for place in range(20) for report in exploded(20 + place, 1, 2 * (place % 2))]
    assert kinds([*exploded(1, 19, 4), *flicker]) == ["exploding"], "between the two shares nothing ends"


def test_a_stray_task_is_no_illness_and_neither_is_a_warm_up() -> None:
    strays = [report for place in range(20) for report in exploded(10 * place + 1, 10, 0)[:-1] + exploded(0, 1, 1)]
    assert kinds(strays) == []
    assert kinds(exploded(1, 40, 16, phase="warm-up")) == []


def test_the_outer_rate_is_to_blame_where_all_explode_after_sound_steps() -> None:
    def first_remedy(events: list) -> str:
        ((_, alarm),) = alarms(events)
        return alarm.remedies[0].path

    assert first_remedy([*exploded(1, 3, 0), *exploded(4, 20, 16)]) == "training.outer_lr"
    assert first_remedy(exploded(1, 20, 16)) == "algorithm.inner_lr"
    assert first_remedy([*exploded(1, 3, 0), *exploded(4, 20, 5)]) == "algorithm.inner_lr"


def test_a_limit_is_offered_where_there_is_none_and_lowered_where_there_is() -> None:
    def limit(settings: dict) -> float:
        ((_, alarm),) = alarms(exploded(1, 20, 5), settings)
        return next(remedy.value for remedy in alarm.remedies if remedy.path == "algorithm.inner_clip")

    assert limit({**SETTINGS, "algorithm.inner_clip": 0.0}) == 5
    assert limit(SETTINGS) == 1
