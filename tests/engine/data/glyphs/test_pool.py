from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from metagen_gui.engine.data.glyphs import hershey, pool
from metagen_gui.engine.data.glyphs.alphabet import Alphabet
from metagen_gui.engine.data.glyphs.drawer import HANDS, Style
from metagen_gui.engine.data.glyphs.pool import Pool

WHOLE = hershey.alphabets()[0]
ALPHABET = Alphabet(WHOLE.name, WHOLE.split, 4, WHOLE.glyph)


def every(drawn: Pool, examples: int = HANDS) -> bytes:
    return b"".join(drawn.drawings(ALPHABET, number, examples).tobytes() for number in range(ALPHABET.characters))


def files(folder: Path) -> list[Path]:
    return sorted(each for each in folder.rglob("*") if each.is_file())


def test_drawings_are_the_same_with_and_without_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = every(Pool(Style(), tmp_path))
    assert len(files(tmp_path)) == 1
    cached = Pool(Style(), tmp_path)
    monkeypatch.setattr(pool, "draw", None)  # whoever draws now fails
    assert every(cached) == fresh


def test_drawings_do_not_depend_on_the_order_of_asking(tmp_path: Path) -> None:
    forwards, backwards = Pool(Style(), tmp_path / "a"), Pool(Style(), tmp_path / "b")
    found = [forwards.drawings(ALPHABET, number, 1).tobytes() for number in (0, 1, 2, 3)]
    assert [backwards.drawings(ALPHABET, number, 1).tobytes() for number in (3, 2, 1, 0)] == found[::-1]
    assert len(set(found)) == 4


@pytest.mark.parametrize("spoil", [lambda found: found[:-7], lambda found: found[:-1] + b"\x77", lambda found: b""])
def test_a_spoilt_cache_is_drawn_anew_and_mended(tmp_path: Path, spoil: object) -> None:
    fresh = every(Pool(Style(), tmp_path))
    (file,) = files(tmp_path)
    sound = file.read_bytes()
    file.write_bytes(spoil(sound))
    assert every(Pool(Style(), tmp_path)) == fresh
    assert file.read_bytes() == sound


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert every(Pool(Style(), tmp_path / "file")) == every(Pool(Style(), tmp_path / "folder"))


def test_a_character_has_more_hands_on_request(tmp_path: Path) -> None:
    drawn = Pool(Style(), tmp_path)
    many = drawn.drawings(ALPHABET, 2, 2 * HANDS + 1)
    assert many.shape == (3 * HANDS, 28, 28)
    assert len({each.tobytes() for each in many}) == 3 * HANDS
    assert np.array_equal(many[:HANDS], drawn.drawings(ALPHABET, 2, HANDS))


def test_styles_versions_and_hands_are_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [Pool(style, tmp_path).folder for style in (Style(), Style(pen=1.5), Style(variation=0.9), Style(16))]
    monkeypatch.setattr(pool, "VERSION", pool.VERSION + 1)
    folders.append(Pool(Style(), tmp_path).folder)
    monkeypatch.setattr(pool, "VERSION", pool.VERSION - 1)
    monkeypatch.setattr("metagen_gui.engine.data.glyphs.drawer._bend", lambda points, rng: 0 * points)
    folders.append(Pool(Style(), tmp_path).folder)
    assert len(set(folders)) == len(folders)


def test_only_a_few_styles_stay_on_the_disk(tmp_path: Path) -> None:
    for age in range(8):
        drawn = Pool(Style(pen=1 + age / 10), tmp_path)
        every(drawn)
        os.utime(drawn.folder, (age, age))
    assert len(list(tmp_path.iterdir())) == pool.STYLES_KEPT
    assert drawn.folder.exists()
