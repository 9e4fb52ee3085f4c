from __future__ import annotations

from pathlib import Path

import pytest

from metagen_gui.engine.data.glyphs import kept

CONTENT = bytes(range(200))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "new folder" / "sheet"
    kept.write(file, CONTENT)
    return file


def test_what_is_written_is_read_and_no_draft_is_left(file: Path) -> None:
    assert kept.read(file, len(CONTENT)) == CONTENT
    assert list(file.parent.iterdir()) == [file]


def test_a_file_of_another_length_or_none_is_not_read(file: Path) -> None:
    assert kept.read(file, len(CONTENT) - 1) is None
    assert kept.read(file.parent / "none", len(CONTENT)) is None


@pytest.mark.parametrize("place", [0, 20, -1])
def test_a_flipped_bit_is_noticed(file: Path, place: int) -> None:
    found = bytearray(file.read_bytes())
    found[place] ^= 1
    file.write_bytes(found)
    assert kept.read(file, len(CONTENT)) is None


def test_a_file_cut_short_is_noticed(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])
    assert kept.read(file, len(CONTENT)) is None


def test_a_place_that_cannot_be_written_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    kept.write(tmp_path / "file" / "sheet", CONTENT)
    (tmp_path / "taken").mkdir()
    kept.write(tmp_path / "taken", CONTENT)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "taken"]
