"""Every algorithm's arrow on a toy is its own outer gradient, and the slope of its surface if it is exact."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from metagen_gui.engine.adaptation.inner_loop import gradient_field
from metagen_gui.engine.algorithms.base import algorithms
from metagen_gui.engine.slow_motion.arrows import Arrow, Contender, contenders
from metagen_gui.engine.slow_motion.toys import PLAYER, THETA, TOYS, Toy

EXACT = 1e-5
NAMES = ("maml", "fomaml", "reptile")
ABLE = {(toy, steps): contenders(TOYS[toy](), steps, TOYS[toy]().inner_lr) for toy in TOYS for steps in (1, 2)}


@pytest.mark.parametrize("toy", TOYS)
def test_every_algorithm_has_an_arrow_or_a_reason(toy: str) -> None:
    able, refused = ABLE[toy, 1]
    assert {*able} | {*refused} == {*algorithms.names()} and not {*able} & {*refused}
    assert {"maml", "fomaml", "reptile", "meta_sgd"} <= {*able}
    assert all(refused.values())
    kinds = [(one.besides > 100, bool(one.approximates)) for one in able.values()]
    assert kinds == sorted(kinds)


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("toy", TOYS)
def test_exact_gradients_agree_with_differences(toy: str, steps: int) -> None:
    left, right, bottom, top = TOYS[toy]().extent
    exact = set()
    for name, contender in ABLE[toy, steps][0].items():
        for across, down in ((0.2, 0.3), (0.6, 0.8), (0.9, 0.1)):
            theta = left + across * (right - left), bottom + down * (top - bottom)
            arrow = contender.arrow(theta)
            assert math.isnan(arrow.error) and math.isnan(arrow.angle) and arrow.differences is None
            checked = contender.checked(arrow)
            np.testing.assert_array_equal(checked.gradient, arrow.gradient)
            if arrow.exact:
                exact.add(name)
                assert checked.error <= EXACT and checked.angle <= 1e-3, name
    assert {"maml", "meta_sgd"} <= exact and not {"fomaml", "reptile"} & exact


@settings(deadline=None, max_examples=15)
@given(st.sampled_from(sorted(TOYS)), st.tuples(st.floats(-3, 3), st.floats(-3, 3)))
def test_maml_agrees_with_differences_anywhere(toy: str, theta: tuple[float, float]) -> None:
    contender = ABLE[toy, 2][0]["maml"]
    assert contender.checked(contender.arrow(theta)).error <= EXACT


@pytest.mark.parametrize("toy", TOYS)
def test_first_order_and_reptile_say_what_they_approximate(toy: str) -> None:
    able = ABLE[toy, 2][0]
    maml, first, reptile = (able[name].checked(able[name].arrow(able[name].toy.start)) for name in NAMES)
    for arrow in (first, reptile):
        assert arrow.error > 1e-3 and 0 < arrow.angle < 90 and arrow.approximates
    assert maml.angle < 1e-6 and not maml.approximates
    # all three adapt alike, so they look at one and the same surface
    for arrow in (first, reptile):
        np.testing.assert_allclose(arrow.differences, maml.differences, rtol=1e-9)


@pytest.mark.parametrize("toy", TOYS)
def test_meta_sgd_begins_with_the_rate_of_the_others_and_learns_it(toy: str) -> None:
    able, start = ABLE[toy, 1][0], TOYS[toy]().start
    np.testing.assert_allclose(able["meta_sgd"].arrow(start).gradient, able["maml"].arrow(start).gradient, rtol=1e-6)
    assert able["meta_sgd"].arrow(start).besides == 2 and able["reptile"].arrow(start).besides == 0


@pytest.mark.parametrize("toy", TOYS)
def test_reptile_points_back_from_where_plain_steps_end(toy: str) -> None:
    chosen, theta = TOYS[toy](), torch.tensor(TOYS[toy]().start, dtype=torch.float64)
    ends = []
    for support in chosen.support:
        at = theta
        for _ in range(2):
            params = {PLAYER: {THETA: at}}
            at = at - chosen.inner_lr * gradient_field(chosen.model, PLAYER, params, (THETA,), support, {})[THETA]
        ends.append(at)
    paths = ABLE[toy, 2][0]["reptile"].paths(chosen.start, 8)
    assert paths.shape == (8, 3, 2) and (paths[:, 0] == chosen.start).all()
    np.testing.assert_allclose(paths[:, -1], torch.stack(ends)[::8].numpy(), rtol=1e-9)
    expected = (theta - torch.stack(ends).mean(0)).numpy()
    np.testing.assert_allclose(ABLE[toy, 2][0]["reptile"].arrow(chosen.start).gradient, expected, rtol=1e-9)


@pytest.mark.parametrize("toy", TOYS)
def test_the_surface_is_the_loss_that_the_algorithm_reports(toy: str) -> None:
    contender: Contender = ABLE[toy, 1][0]["maml"]
    surface = contender.surface(6, 4)
    left, right, bottom, top = contender.toy.extent
    for row, column in ((0, 0), (3, 5), (1, 4)):
        theta = left + (column + 0.5) * (right - left) / 6, bottom + (row + 0.5) * (top - bottom) / 4
        assert surface[row, column] == pytest.approx(contender.arrow(theta).loss, rel=1e-12)


def test_the_loss_of_a_wave_is_that_of_its_formula() -> None:
    toy: Toy = TOYS["wave"]()
    params = {PLAYER: {THETA: torch.tensor([2.0, 0.5], dtype=torch.float64)}}
    x = toy.query[7, :, 0].numpy()
    amplitude, phase = 0.1 + 4.9 * 0.5 / 8, math.pi * 7.5 / 8
    expected = np.mean((2 * np.sin(x + 0.5) - amplitude * np.sin(x + phase)) ** 2)
    assert float(toy.model.loss(PLAYER, params, toy.query[7], {})) == pytest.approx(expected, rel=1e-12)


def test_the_loss_of_a_mode_is_that_of_students_t() -> None:
    toy: Toy = TOYS["mode"]()
    params = {PLAYER: {THETA: torch.tensor([0.3, -0.2], dtype=torch.float64)}}
    # log p of a t of freedom 2 in the plane is −2 log(1 + r²/2) and a constant
    away = (toy.query[3].numpy() - np.array([0.3, -0.2])) ** 2
    expected = np.mean(2 * np.log1p(away.sum(1) / 2))
    assert float(toy.model.loss(PLAYER, params, toy.query[3], {})) == pytest.approx(expected, rel=1e-12)


def test_errors_and_angles_of_an_arrow() -> None:
    arrow = Arrow("a", "A", (0.0, 0.0), np.array([3.0, 4.0]), 1.0)
    assert arrow.length == 5
    assert replace(arrow, differences=np.array([3.0, 4.0])).error == 0
    assert replace(arrow, differences=np.array([-4.0, 3.0])).angle == pytest.approx(90)
    assert replace(arrow, differences=np.array([0.0, 5.0])).error == pytest.approx(math.hypot(3, 1) / 5)
    assert replace(arrow, differences=np.zeros(2)).error == pytest.approx(5 / 1e-3)
