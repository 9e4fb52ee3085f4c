from __future__ import annotations

import pytest

from metagen_gui.engine.data.image_files.listing import is_clutter, is_image_name, is_text, some
from metagen_gui.engine.settings.plain_text import printable, shortened


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Alphabet_of_the_Magi (1)-é", "Alphabet_of_the_Magi (1)-é"),
        ("two\nlines", "two\\nlines"),
        ("caf\udce9.png", "caf\\xe9.png"),
        ("\ud800", "\\ud800"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
    ],
)
def test_names_are_shown_on_one_line_as_valid_text(name: str, shown: str) -> None:
    assert printable(name) == shown
    shown.encode("utf-8")


def test_what_counts_as_an_image() -> None:
    assert is_image_name("A.PNG") and is_image_name("b.jpeg")
    assert not any(is_image_name(name) for name in ("notes.txt", "png", ".png", "inner.zip"))


def test_clutter_and_text() -> None:
    assert all(is_clutter(name) for name in (".DS_Store", "._a.png", "__MACOSX", "Thumbs.db"))
    assert not is_clutter("a.b.png")
    assert is_text("ünï") and not is_text("\udcff")


def test_long_lists_are_cut() -> None:
    assert some(["a", "b"]) == "a, b"
    assert some(list("abcdefgh")) == "a, b, c, d, e and 3 more"


def test_long_names_are_cut_in_the_middle() -> None:
    assert shortened("x" * 100) == "x" * 100
    assert shortened("a" * 65_000 + ".png (empty)") == "a" * 50 + "…" + "a" * 37 + ".png (empty)"
    assert len(some(["x" * 65_000] * 9)) < 600
