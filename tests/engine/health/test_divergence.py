from __future__ import annotations

import math

import numpy as np
import pytest

from metagen_gui.engine.events import SettingChanged, StepReport
from tests.engine.health.reports import GAN, SETTINGS, alarms, falling, kinds, step

CLIMB = [step(401 + place, 110 + min(90.0, 3.0 * place)) for place in range(100)]


def test_a_loss_that_climbs_is_told_with_the_step_it_began_at_and_once() -> None:
    found = alarms([*falling(400), *CLIMB])
    ((told, alarm),) = found
    assert alarm.kind == "divergence" and not alarm.over
    assert 410 <= alarm.meta_step <= 425 < told < 450
    assert "far above its best of 108.4 around step 389" in alarm.text
    assert ("training.outer_lr", 0.0003) in [(remedy.path, remedy.value) for remedy in alarm.remedies]


def test_it_is_over_when_the_loss_has_come_back_for_a_while() -> None:
    back = [step(501 + place, 110.0) for place in range(60)]
    (_, begun), (told, over) = alarms([*falling(400), *CLIMB, *back])
    assert over.over and (over.meta_step, over.kind) == (begun.meta_step, begun.kind)
    assert told > 530, "a few good steps are not health"


def test_half_way_back_is_not_over() -> None:
    half_way = [step(501 + place, 108.4 + 35) for place in range(200)]
    assert kinds([*falling(400), *CLIMB, *half_way]) == ["divergence"]


def test_one_that_blows_up_at_once_began_there() -> None:
    ((_, alarm),) = alarms([step(1, 550.0), step(2, 400.0), *(step(n, 3e19 + n * 1e17) for n in range(3, 60))])
    assert alarm.kind == "divergence" and alarm.meta_step == 3


@pytest.mark.parametrize("noise", [0.5, 4.0, 40.0])
def test_scatter_and_single_bad_steps_are_no_divergence(noise: float) -> None:
    events = falling(2000, noise=noise)
    events[1200:1208] = [step(1201 + place, 5000.0) for place in range(8)]
    assert kinds(events) == []


def test_a_loss_that_never_falls_but_stays_where_it_was_is_none() -> None:
    assert kinds([step(number, 5.0 + 0.4 * math.sin(number)) for number in range(1, 500)]) == []


def test_luck_with_the_first_tasks_is_no_best_that_others_are_far_above() -> None:
    """The first losses of a curve on Gaussians in its defaults: the least of one or two was taken for the level."""
    random = np.random.default_rng(0)
    for _ in range(20):
        losses = [0.2663, *(0.295 + 0.017 * random.normal(size=200))]
        assert kinds([step(number, loss) for number, loss in enumerate(losses, start=1)]) == []


def test_what_changes_the_measure_starts_over() -> None:
    higher = [step(401 + place, 300.0) for place in range(100)]
    assert kinds([*falling(400), *higher]) == ["divergence"]
    assert kinds([*falling(400), SettingChanged(400, "model.beta", 10.0), *higher]) == []
    assert kinds([*falling(400), SettingChanged(400, "algorithm.inner_lr", 1.0), *higher]) == ["divergence"]
    warm = [step(report.meta_step, report.query_loss["vae"], phase="warm-up") for report in falling(400)]
    assert kinds([*warm, *higher]) == []
    assert kinds([*falling(400), *higher], {**SETTINGS, "training.ramp_steps": 500}) == []


def test_the_median_is_followed_where_there_is_one() -> None:
    means = [step(401 + place, 9000.0, median_loss={"vae": 110.0}) for place in range(100)]
    assert kinds([*falling(400), *means]) == []


def test_opponents_are_left_alone() -> None:
    events = [
        StepReport(number, 0.0, {"discriminator": 1.4 - 0.001 * number, "generator": 0.01 * number})
        for number in range(1, 500)
    ]
    assert kinds(events, GAN) == []
