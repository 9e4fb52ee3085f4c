from __future__ import annotations

import numpy as np
import pytest

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import parse_settings
from metagen_gui.engine.tasks.base import STREAMS, task_families
from metagen_gui.engine.tasks.strokes import MOST_EXAMPLES, Strokes, StrokesSettings


def strokes(seed: int = 0, **settings: object) -> Strokes:
    return Strokes(parse_settings(StrokesSettings, settings, "tasks"), seed)


def test_is_registered() -> None:
    assert task_families.get("strokes") is Strokes


@pytest.mark.parametrize("size", [16, 28, "32", 64])
def test_images_have_the_size_asked_for_and_ink_from_0_to_1(size: int | str) -> None:
    family = strokes(size=size)
    task = family.task("train", 3, 5, 10)
    assert family.spec.kind == "images"
    assert family.spec.shape == (1, int(size), int(size))
    assert task.support.shape == (5, *family.spec.shape)
    assert task.query.shape == (10, *family.spec.shape)
    assert task.support.dtype == task.query.dtype == np.float32
    images = np.concatenate([task.support, task.query])
    assert images.min() == 0
    assert 0.7 < images.max() <= 1
    assert 0.02 < images.mean() < 0.2


@pytest.mark.parametrize("size", [20, "27", "big", None, 28.5])
def test_another_size_is_refused(size: object) -> None:
    with pytest.raises(BadInput, match=r"tasks\.size"):
        strokes(size=size)


@pytest.mark.parametrize(("shots", "query_size"), [(1, 1), (5, 15), (12, 20), (30, 30)])
def test_no_drawing_is_in_a_task_twice(shots: int, query_size: int) -> None:
    task = strokes().task("train", 1, shots, query_size)
    images = [*task.support, *task.query]
    assert len({image.tobytes() for image in images}) == shots + query_size


def test_more_examples_than_drawings_are_refused() -> None:
    family = strokes()
    family.check(30, 30)
    with pytest.raises(BadInput, match=rf"training\.shots.* {MOST_EXAMPLES}") as refused:
        family.check(50, 11)
    assert refused.value.where == "training.shots"
    with pytest.raises(BadInput):
        family.task("train", 0, 50, 11)


@pytest.mark.parametrize("characters", ["all", "hershey", "invented"])
def test_splits_share_no_alphabet_and_each_has_enough_characters(characters: str) -> None:
    family = strokes(characters=characters)
    names = {stream: {alphabet.name for alphabet, _ in family.characters[stream]} for stream in STREAMS}
    assert not names["train"] & names["validation"]
    assert not names["train"] & names["test"]
    assert not names["validation"] & names["test"]
    assert all(len(family.characters[stream]) >= 20 for stream in STREAMS)


def test_tasks_come_from_their_own_split_and_from_all_of_it() -> None:
    family = strokes(characters="hershey")
    for stream in STREAMS:
        seen = {family.task(stream, index, 1, 1).name.split("/")[0] for index in range(120)}
        assert seen == {alphabet.name for alphabet, _ in family.characters[stream]}


def test_a_task_is_one_character() -> None:
    # Without variation between drawers, every drawing of a character is the same picture.
    task = strokes(drawer_variation=0).task("test", 4, 4, 4)
    assert len({image.tobytes() for image in (*task.support, *task.query)}) == 1


def test_training_turns_characters_and_validation_does_not() -> None:
    """Images, support and query alike, are those without turning, turned by what the name says."""
    turned, upright = strokes(), strokes(turned=False)
    seen = set()
    for index in range(24):
        task, plain = (family.task("train", index, 3, 4) for family in (turned, upright))
        assert "turned" not in plain.name
        name, _, angle = task.name.partition(", turned ")
        quarters = int(angle.removesuffix("°") or 0) // 90
        assert name == plain.name
        np.testing.assert_array_equal(task.support, np.rot90(plain.support, quarters, axes=(2, 3)))
        np.testing.assert_array_equal(task.query, np.rot90(plain.query, quarters, axes=(2, 3)))
        seen.add(quarters)
    assert seen == {0, 1, 2, 3}
    for stream in ("validation", "test"):
        task, plain = (family.task(stream, 5, 3, 4) for family in (turned, upright))
        assert task.name == plain.name
        np.testing.assert_array_equal(task.support, plain.support)


@pytest.mark.parametrize("turned", [True, False])
def test_pixels_are_grey_or_above_one_half_or_drawn_with_their_grey_as_probability(turned: bool) -> None:
    grey, binary, drawn = (strokes(pixels=pixels, turned=turned) for pixels in ("grey", "binary", "drawn"))
    assert grey.spec == strokes().spec and [each.spec.binary for each in (grey, binary, drawn)] == [False, True, True]
    sure, chances = [], []
    for index in range(12):
        plain, cut, thrown = (each.task("train", index, 5, 10) for each in (grey, binary, drawn))
        assert plain.name == cut.name == thrown.name and {*np.unique(thrown.query)} == {0, 1}
        np.testing.assert_array_equal(cut.support, (plain.support > 0.5).astype(np.float32))
        np.testing.assert_array_equal(cut.query, (plain.query > 0.5).astype(np.float32))
        between = (plain.query > 0) & (plain.query < 1)
        sure.append(bool((thrown.query == plain.query)[~between].all()))
        chances.append((thrown.query - plain.query)[between])
    off = np.concatenate(chances)
    assert all(sure) and abs(off.mean()) < 4 * off.std() / len(off) ** 0.5
    again = strokes(pixels="drawn", turned=turned).task("train", 3, 5, 10)
    np.testing.assert_array_equal(again.query, drawn.task("train", 3, 5, 10).query)
    assert not np.array_equal(again.support, strokes(pixels="drawn", seed=1).task("train", 3, 5, 10).support)


def test_the_group_of_a_character_is_its_alphabet_which_is_what_was_held_out() -> None:
    batch = strokes().batch("test", 0, 12, 1, 2)
    assert batch.groups == tuple(name.split("/")[0] for name in batch.names) and len({*batch.groups}) > 2
    assert not {*batch.groups} & {task.group for task in (strokes().task("train", index, 1, 2) for index in range(60))}
