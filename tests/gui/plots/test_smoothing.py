from __future__ import annotations

import numpy as np
import pytest

from metagen_gui.gui.plots.smoothing import SmoothingKind, make_smoother, window_of

KINDS: list[SmoothingKind] = ["exponential", "moving average"]
STRENGTHS = [0.0, 0.03, 0.5, 0.9, 0.99]


def plain(values: np.ndarray, kind: SmoothingKind, strength: float) -> np.ndarray:
    """The definition, written out."""
    if kind == "moving average":
        window = window_of(strength)
        return np.array([values[max(0, end - window) : end].mean() for end in range(1, len(values) + 1)])
    state, smoothed = 0.0, []
    for count, value in enumerate(values, 1):
        state = strength * state + (1 - strength) * value
        smoothed.append(state / (1 - strength**count))
    return np.array(smoothed)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("strength", STRENGTHS)
def test_smoothing_in_pieces_is_the_definition(kind: SmoothingKind, strength: float) -> None:
    generator = np.random.default_rng(1)
    values = generator.normal(size=1300) + 5
    smoother, pieces, start = make_smoother(kind, strength), [], 0
    while start < len(values):
        end = start + int(generator.integers(0, 700))
        pieces.append(smoother.extend(values[start:end]))
        start = end
    assert np.allclose(np.concatenate(pieces), plain(values, kind, strength), rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_gaps_stay_gaps_and_do_not_count(kind: SmoothingKind) -> None:
    values = np.array([1.0, np.nan, 3.0, np.inf, 5.0])
    smoothed = make_smoother(kind, 0.5).extend(values)
    assert np.isnan(smoothed[1]) and not np.isfinite(smoothed[3])
    assert np.allclose(smoothed[[0, 2, 4]], plain(np.array([1.0, 3.0, 5.0]), kind, 0.5))


@pytest.mark.parametrize("kind", KINDS)
def test_one_huge_value_does_not_spoil_the_rest(kind: SmoothingKind) -> None:
    values = np.concatenate([[1e150], np.full(5000, 2.0)])
    assert make_smoother(kind, 0.9).extend(values)[-1] == pytest.approx(2.0)


def test_the_window_lags_as_the_weight_does() -> None:
    ramp = np.arange(4000.0)
    lags = [ramp[-1] - make_smoother(kind, 0.9).extend(ramp)[-1] for kind in KINDS]
    assert lags[0] == pytest.approx(lags[1]) == pytest.approx(9.0)
