"""Lessons: what comes back is what was saved, and nothing else is taken for one."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.play.drawn_task import DrawnTask
from metagen_gui.engine.play.lesson import MARK, MOST_BYTES, Lesson, _checksum
from metagen_gui.engine.settings.bad_input import BadInput

DRAWN = np.zeros((5, 1, 28, 28), np.float32)
DRAWN[:, :, 5:20, 12:16] = 1.0
LESSON = Lesson(
    Experiment("strokes", "vae", "reptile").with_value("training.shots", 3),
    title="Reptile",
    text="Draw an A, five times.\nThen lower the inner rate.",
    layout="narrow",
    panels=("experiment", "samples", "playground"),
    hidden=("training", "algorithm.inner_lr"),
    tools={"playground": {"model": "strokes", "task": DrawnTask("images", DRAWN).to_text()}},
)


def word_of(document: Any, *, packed: bytes | None = None) -> str:
    """Return a word whose checksum is right, whatever it holds."""
    data = zlib.compress(json.dumps(document).encode()) if packed is None else packed
    text = base64.urlsafe_b64encode(data).decode().rstrip("=")
    return f"{MARK}{text}.{_checksum(text)}"


def test_a_lesson_comes_back_from_its_file_and_from_its_word(tmp_path: Path) -> None:
    file = tmp_path / "one.metagen-lesson"
    LESSON.save(file)
    word = LESSON.to_text()
    assert Lesson.load(file) == Lesson.from_text(word) == LESSON
    assert quote(word, safe=":") == word and len(word) < 2_000  # a link holds it
    assert Lesson.from_text("\n ".join(word[place : place + 76] for place in range(0, len(word), 76))) == LESSON


@given(place=st.integers(0, len(LESSON.to_text()) - 1), letter=st.sampled_from("aZ0-_.: "))
def test_no_changed_letter_goes_unnoticed(place: int, letter: str) -> None:
    word = LESSON.to_text()
    changed = word[:place] + letter + word[place + 1 :]
    if changed != word:
        with pytest.raises(BadInput):
            Lesson.from_text(changed)


@pytest.mark.parametrize(
    ("changes", "where", "why"),
    [
        ({"version": 2}, "lesson", "version 2"),
        ({"version": None}, "lesson", "version None"),
        ({"command": "rm"}, "lesson", "'command' is nothing"),
        ({"experiment": {"algorithm": {"name": "magic"}}}, "algorithm", "magic"),
        ({"experiment": {"training": {"shots": -1}}}, "training.shots", "-1"),
        ({"experiment": "/etc/passwd"}, "lesson.experiment", "a JSON object"),
        ({"title": 3}, "lesson.title", "not a text"),
        ({"text": "a" * 10_001}, "lesson.text", "10,000 letters"),
        ({"panels": "all"}, "lesson.panels", "a list"),
        ({"hidden": [1]}, "lesson.hidden", "a list"),
        ({"tools": {"race": 1}}, "lesson.tools", "an object of objects"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], where: str, why: str) -> None:
    with pytest.raises(BadInput) as refused:
        Lesson.from_text(word_of({**LESSON.document(), **changes}))
    assert refused.value.where.startswith(where) and why in refused.value.why


@pytest.mark.parametrize(
    "text",
    [
        "", "metagen-task:abc", MARK, f"{MARK}abc", f"{MARK}\ud800.abc", word_of(None, packed=b"no zlib"), word_of([]),
        "a" * (3 * MOST_BYTES), word_of(None, packed=zlib.compress(b" " * (MOST_BYTES + 1))),
        word_of(None, packed=zlib.compress(b"{}")[:-3]),
        word_of(None, packed=zlib.compress(b"\xff")), word_of(None, packed=zlib.compress(b"[" * 100_000)),
    ],
)  # fmt: skip
def test_what_is_no_lesson_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        Lesson.from_text(text)
    assert "\n" not in str(refused.value)


def test_what_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    large = Lesson(Experiment(), tools={"playground": {"task": "a" * MOST_BYTES}})
    for attempt in (large.to_text, lambda: large.save(tmp_path / "large")):
        with pytest.raises(BadInput, match="are possible"):
            attempt()
    assert not (tmp_path / "large").exists()
    for path, why in ((tmp_path / "none", "No such file"), (tmp_path, "directory")):
        with pytest.raises(BadInput, match=why):
            Lesson.load(path)
