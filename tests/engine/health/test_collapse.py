from __future__ import annotations

import numpy as np
import pytest

from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.health.mode_collapse import GRACE, diversity_share, mean_distances
from tests.engine.health.reports import GAN, SETTINGS, alarms, kinds, points, validation


def test_mean_distances_are_those_of_every_pair() -> None:
    examples = np.random.default_rng(0).normal(size=(2, 5, 1, 3, 3))
    by_hand = [
        np.mean([np.linalg.norm(task[a] - task[b]) for a in range(5) for b in range(5) if a != b]) for task in examples
    ]
    assert np.allclose(mean_distances(examples), by_hand)


def test_the_share_is_of_the_last_step_and_of_the_median_task() -> None:
    assert diversity_share(points(1, 0.5)) == pytest.approx(0.5, abs=0.1)
    one_alike = points(1, 1.0)
    one_alike.samples[0, -1] = 3.0
    assert diversity_share(one_alike) == pytest.approx(1, abs=0.2)


def test_images_are_compared_as_points_are() -> None:
    rng = np.random.default_rng(0)

    def noise(*lead: int, most: int) -> np.ndarray:
        return rng.integers(0, most, (*lead, 1, 8, 8)).astype(np.uint8)

    grey = Snapshot(1, ("a",), (0, 1), noise(1, 5, most=250), noise(1, 10, most=250), noise(1, 2, 6, most=5))
    assert diversity_share(grey) == pytest.approx(0.02, abs=0.01)


def test_what_cannot_be_compared_shows_nothing() -> None:
    lost = points(1, 1.0)
    lost.samples[0, -1, 0] = np.nan
    assert diversity_share(lost) is None
    single = points(1, 1.0)
    assert diversity_share(Snapshot(1, ("a",), (0, 1), single.support, single.query, single.samples[:, :, :1])) is None
    same = points(1, 1.0)
    same.support[:], same.query[:] = 1.0, 1.0
    assert diversity_share(same) is None


def test_mode_collapse_comes_and_goes() -> None:
    spreads = [1.0] * GRACE + [0.05, 0.04, 0.03, 0.03] + [0.15] * 3 + [0.5] * 3
    told = alarms((points(50 * place, spread) for place, spread in enumerate(spreads)), GAN)
    (first, begun), (last, over) = told
    assert (begun.kind, begun.meta_step, first) == ("mode_collapse", 50 * GRACE, 50 * (GRACE + 2))
    assert {remedy.path for remedy in begun.remedies} == {"model.mode_seeking", "model.mmd_weight"}
    assert over.over and last == 50 * (GRACE + 8), "0.15 is between; two well ones end it"


def test_the_beginning_of_a_run_is_not_judged() -> None:
    assert kinds(points(50 * place, 0.03) for place in range(GRACE)) == []
    assert kinds(points(50 * place, 0.03) for place in range(GRACE + 3)) == ["mode_collapse"]


def test_a_snapshot_that_is_taken_again_counts_once() -> None:
    assert kinds(points(50 * (place // 2), 0.03) for place in range(GRACE + 5)) == []


def vae(kl: float, active: float, reports: int, first: int = 0) -> list:
    return [validation(first + 50 * place, 100.0, kl=kl, active_units=active) for place in range(reports)]


def test_posterior_collapse_comes_and_goes() -> None:
    ((told, alarm),) = alarms(vae(0.01, 0.0, 4, 50))
    assert (alarm.kind, alarm.meta_step, told) == ("posterior_collapse", 50, 200)
    assert alarm.text.startswith(
        "The latents carry almost nothing: a KL of 0.01 nats per example, and 0.0 of 8 latents"
    )
    assert [(remedy.path, remedy.value) for remedy in alarm.remedies] == [
        ("model.beta", 0.1),
        ("training.ramp_steps", 1600),
    ]
    _, (told, over) = alarms([*vae(0.01, 0, 5), *vae(0.2, 2, 4, 250), *vae(2, 2, 3, 450)])
    assert over.over and told == 500, "0.2 is between; two well ones end it"


@pytest.mark.parametrize(("kl", "active", "ill"), [(6.0, 8, False), (0.05, 8, True), (6.0, 0.4, True), (0.2, 2, False)])
def test_either_figure_tells(kl: float, active: float, ill: bool) -> None:
    assert kinds(vae(kl, active, 6)) == ["posterior_collapse"] * ill


def test_a_kl_weight_above_that_of_the_bound_is_brought_back_to_it() -> None:
    ((_, alarm),) = alarms(vae(0.01, 0.0, 4, 50), {**SETTINGS, "model.beta": 100.0})
    assert (alarm.remedies[0].path, alarm.remedies[0].value) == ("model.beta", 1.0)


def test_no_posterior_collapse_while_the_kl_weight_grows_nor_without_figures() -> None:
    assert kinds(vae(0.01, 0.0, 8), {**SETTINGS, "training.ramp_steps": 400}) == []
    assert kinds([validation(50 * place, 100.0) for place in range(8)]) == []
    assert kinds(vae(float("nan"), 0.0, 8)) == [], "that is another illness"
