from __future__ import annotations

import numpy as np
import pytest

from metagen_gui.engine.data.glyphs import hershey, invented
from metagen_gui.engine.data.glyphs.alphabet import Alphabet, resample
from metagen_gui.engine.data.glyphs.likeness import signature

ALPHABETS = hershey.alphabets() + invented.alphabets()
NEARLY_ONE = 0.89
"""Characters more alike than this look the same when drawn by different hands."""


def test_names_are_distinct() -> None:
    assert len({alphabet.name for alphabet in ALPHABETS}) == len(ALPHABETS)


@pytest.mark.parametrize("source", [hershey, invented])
def test_each_source_has_alphabets_in_every_split(source: object) -> None:
    assert {alphabet.split for alphabet in source.alphabets()} == {"train", "validation", "test"}


@pytest.mark.parametrize("alphabet", ALPHABETS, ids=lambda alphabet: alphabet.name)
def test_characters_fill_the_unit_box(alphabet: Alphabet) -> None:
    assert alphabet.characters >= 13
    for number in range(alphabet.characters):
        points = np.concatenate(alphabet.glyph(number))
        assert all(len(stroke) > 1 for stroke in alphabet.glyph(number))
        assert points.min(0) + points.max(0) == pytest.approx(np.zeros(2), abs=1e-9)
        assert np.ptp(points, axis=0).max() == pytest.approx(1)


def test_no_character_is_in_two_splits_and_no_invented_one_is_another() -> None:
    entries = [(alphabet, number) for alphabet in ALPHABETS for number in range(alphabet.characters)]
    marks = np.array([signature(alphabet.glyph(number)) for alphabet, number in entries])
    likeness = marks @ marks.T
    alike = np.argwhere(np.triu(likeness, 1) > NEARLY_ONE)
    assert len(entries) > 300 and len(alike), "C and G at least are nearly one"
    for i, j in alike:
        one, other = entries[i], entries[j]
        assert one[0].split == other[0].split, (one, other, likeness[i, j])
        # Real scripts do have C and G, P and R; what we invent need not.
        assert not other[0].name.startswith("invented"), (one, other, likeness[i, j])
        assert likeness[i, j] < 0.94, (one, other)


def test_alphabets_are_as_the_pool_version_says() -> None:
    # Other strokes under the same version would be mixed with drawings from people's caches: raise pool.VERSION, then
    # these numbers.
    travelled = [
        sum(np.hypot(*np.diff(stroke, axis=0).T).sum() for number in range(13) for stroke in alphabet.glyph(number))
        for alphabet in (ALPHABETS[0], ALPHABETS[4], ALPHABETS[8], ALPHABETS[-1])
    ]
    assert travelled == pytest.approx([32.69, 39.43, 30.93, 31.90], rel=1e-3)


def test_resampling_keeps_the_line_and_its_ends() -> None:
    corner = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    points = resample(corner, 0.25)
    assert points[[0, -1]].tolist() == corner[[0, -1]].tolist()
    assert len(points) == 9
    assert np.hypot(*np.diff(points, axis=0).T) == pytest.approx(np.full(8, 0.25))
