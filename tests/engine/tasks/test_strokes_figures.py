"""Strokes measure like Omniglot at 28×28, ink 1 on 0, whole data set: pairs and trials over all characters."""

from __future__ import annotations

import numpy as np
import pytest

from metagen_gui.engine.data.glyphs.drawer import HANDS
from metagen_gui.engine.data.glyphs.pool import Pool
from metagen_gui.engine.tasks.base import STREAMS
from metagen_gui.engine.tasks.strokes import Strokes, StrokesSettings

A_FEW_PER_CENT = 0.05


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """Every character by the first hands: (characters, HANDS, pixels)."""
    family = Strokes(StrokesSettings(), 0)
    family.pool = Pool(family.pool.style, tmp_path_factory.mktemp("pool"))
    every = [each for stream in STREAMS for each in family.characters[stream]]
    drawn = np.stack([family.pool.drawings(alphabet, number, HANDS) for alphabet, number in every])
    return drawn.reshape(len(drawn), HANDS, -1) / np.float32(255)


def one_shot_accuracy(drawings: np.ndarray, ways: int, trials: int) -> float:
    """Nearest neighbour by pixels: one hand's drawings are recognised by those of another."""
    rng = np.random.default_rng(0)
    right = []
    for _ in range(trials):
        characters = rng.choice(len(drawings), ways, replace=False)
        one, other = rng.choice(HANDS, 2, replace=False)
        known, asked = drawings[characters, one], drawings[characters, other]
        # |a − b|² without |a|², which is the same for every candidate
        distance = (known**2).sum(1) - 2 * asked @ known.T
        right.append((distance.argmin(1) == np.arange(ways)).mean())
    return float(np.mean(right))


def test_mean_ink(drawings: np.ndarray) -> None:
    assert drawings.mean() == pytest.approx(0.081, rel=A_FEW_PER_CENT)


def test_distance_within_and_between_characters(drawings: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    characters, pairs = len(drawings), 10_000
    one, hand = rng.integers(characters, size=pairs), rng.integers(HANDS, size=pairs)
    other = (one + rng.integers(1, characters, size=pairs)) % characters
    other_hand = (hand + rng.integers(1, HANDS, size=pairs)) % HANDS
    within = np.linalg.norm(drawings[one, hand] - drawings[one, other_hand], axis=1).mean()
    between = np.linalg.norm(drawings[one, hand] - drawings[other, other_hand], axis=1).mean()
    # A ratio near 1 hides much in a per cent: 0.9 would already be another data set.
    assert within / between == pytest.approx(0.931, rel=A_FEW_PER_CENT / 3)


def test_five_way_accuracy(drawings: np.ndarray) -> None:
    assert one_shot_accuracy(drawings, 5, 4000) == pytest.approx(0.417, rel=A_FEW_PER_CENT)


def test_twenty_way_accuracy(drawings: np.ndarray) -> None:
    assert one_shot_accuracy(drawings, 20, 1500) == pytest.approx(0.214, rel=A_FEW_PER_CENT)
