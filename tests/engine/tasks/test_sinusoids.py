"""Sinusoids: the laws of the papers, exact points, and independence of the numbers asked for."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.tasks.sinusoids import FREQUENCIES, REACH, Sinusoids, SinusoidSettings


def family(seed: int = 0, **settings: object) -> Sinusoids:
    return Sinusoids(SinusoidSettings(**settings), seed)


@pytest.mark.parametrize("frequency", ["one", "varied"])
def test_amplitude_phase_frequency_and_x_follow_the_papers_laws(frequency: str) -> None:
    tasks = family(frequency=frequency)
    waves = np.array([tasks._draw(tasks.generator("train", index)) for index in range(4000)])
    for column, (low, high) in enumerate([(0.1, 5.0), FREQUENCIES, (0.0, math.pi)]):
        values = waves[:, column]
        if column == 1 and frequency == "one":
            assert (values == 1).all()
            continue
        assert low <= values.min() and values.max() <= high
        deciles = np.quantile(values, np.linspace(0.1, 0.9, 9))
        assert deciles == pytest.approx(low + (high - low) * np.linspace(0.1, 0.9, 9), abs=0.03 * (high - low))
    x = np.concatenate([tasks.task("train", index, 10, 10).support[:, 0] for index in range(400)])
    assert np.abs(x).max() <= REACH and np.quantile(x, [0.25, 0.75]) == pytest.approx([-2.5, 2.5], abs=0.15)


def test_every_point_lies_on_the_curve_and_the_name_tells_it() -> None:
    tasks = family(frequency="varied")
    for index in range(20):
        task = tasks.task("test", index, 7, 9)
        for points in (task.support, task.query, tasks.grid("test", index, 50)):
            assert points.dtype == np.float32
            assert points[:, 1] == pytest.approx(tasks.curve("test", index, points[:, 0]), abs=1e-5)
        amplitude, turn, phase = map(float, re.fullmatch(r"(.+) sin\((.+) x \+ (.+)\)", task.name).groups())
        assert amplitude * np.sin(turn * task.query[:, 0] + phase) == pytest.approx(task.query[:, 1], abs=0.6)


def test_the_grid_is_even_and_reaches_both_ends() -> None:
    grid = family().grid("validation", 3, 101)
    assert grid[0, 0] == -REACH and grid[-1, 0] == REACH and np.ptp(np.diff(grid[:, 0])) < 1e-5


@given(st.integers(0, 1000), st.integers(1, 20), st.integers(1, 20))
def test_the_query_does_not_depend_on_the_number_of_shots(index: int, shots: int, more: int) -> None:
    tasks = family()
    few, many = tasks.task("train", index, shots, 6), tasks.task("train", index, shots + more, 6)
    assert np.array_equal(few.query, many.query) and np.array_equal(few.support, many.support[:shots])


def test_noise_is_on_the_support_only() -> None:
    clean, noisy = family().task("train", 0, 200, 50), family(noise=0.5).task("train", 0, 200, 50)
    assert np.array_equal(clean.query, noisy.query) and np.array_equal(clean.support[:, 0], noisy.support[:, 0])
    assert (noisy.support - clean.support)[:, 1].std() == pytest.approx(0.5, rel=0.2)


def test_bounds_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(BadInput, match=r"^tasks.smallest: 3 is above tasks.largest \(2\)$"):
        family(smallest=3, largest=2)
