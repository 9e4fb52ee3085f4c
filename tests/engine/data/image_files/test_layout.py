"""Classes, groups and streams from names alone."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from metagen_gui.engine.data.image_files.layout import Layout, SplitBy, arrange
from metagen_gui.engine.data.image_files.listing import ImageFile


def layout(names: Iterable[str], split_by: SplitBy = "auto") -> Layout:
    parts = [tuple(name.split("/")) for name in names]
    return arrange(sorted(ImageFile(part[:-1], part[-1]) for part in parts), split_by)


def omniglot(top: str = "images_background/", alphabets: int = 10, characters: int = 3) -> list[str]:
    return [
        f"{top}Alphabet_({a:02})/character{c:02}/{a:02}{c:02}_{drawer:02}.png"
        for a in range(alphabets)
        for c in range(characters)
        for drawer in range(4)
    ]


def flat(**classes: int) -> list[str]:
    return [f"{name}/{image}.png" for name, count in classes.items() for image in range(count)]


def names(found: Layout) -> dict[str, list[str]]:
    return {part: [one.name for one in classes] for part, classes in found.streams.items()}


def test_a_class_is_alphabet_and_character() -> None:
    found = layout(omniglot())
    assert len(found.classes) == 30
    assert "Alphabet_(00)/character01" in {one.name for one in found.classes}
    assert all(len(one.members) == 4 for one in found.classes)
    assert sorted(index for one in found.classes for index in one.members) == list(range(120))


def test_whole_alphabets_are_held_out() -> None:
    found = layout(omniglot(alphabets=30))
    held = {part: {one.group for one in classes} for part, classes in found.streams.items()}
    assert found.grouped
    assert [len(held[part]) for part in ("train", "validation", "test")] == [20, 5, 5]
    assert not held["train"] & held["validation"] and not (held["train"] | held["validation"]) & held["test"]


def test_few_alphabets_are_split_by_class() -> None:
    found = layout(omniglot(alphabets=4, characters=5))
    assert not found.grouped
    assert [len(classes) for classes in found.streams.values()] == [13, 4, 3]


def test_the_split_can_be_chosen() -> None:
    assert not layout(omniglot(), "class").grouped
    assert layout(omniglot(alphabets=4), "group").grouped


@pytest.mark.parametrize("top", ["", "images_background/", "python/images_background/", "a/b/c/"])
def test_a_place_too_high_gives_the_same_classes(top: str) -> None:
    assert names(layout(omniglot(top))) == names(layout(omniglot("")))


def test_a_place_too_low_is_split_by_class() -> None:
    alphabet = [name.split("/", 1)[1] for name in omniglot("", alphabets=1, characters=9)]
    found = layout(alphabet)
    assert not found.grouped
    assert sorted(one.name for one in found.classes) == [f"character{index:02}" for index in range(9)]


def test_nested_classes_are_named_by_their_path() -> None:
    found = layout(["x/a/1.png", "x/a/deep/2.png", "y/a/3.png", "loose.png"])
    assert sorted(one.name for one in found.classes) == [".", "x/a", "x/a/deep", "y/a"]


def test_a_lone_class_keeps_its_name() -> None:
    assert [one.name for one in layout(["data/cats/1.png", "data/cats/2.png"]).classes] == ["cats"]


@pytest.mark.parametrize(("train", "val", "test"), [("train", "val", "test"), ("Training", "validation", "TESTING")])
def test_given_streams_are_honoured(train: str, val: str, test: str) -> None:
    found = layout([f"set/{train}/a/1.png", f"set/{val}/b/1.png", f"set/{test}/c/1.png", "set/README.png"])
    assert found.given
    assert names(found) == {"train": [".", "a"], "validation": ["b"], "test": ["c"]}


def test_a_missing_stream_is_held_out_of_train() -> None:
    both = omniglot("o/images_background/") + [name.replace("Alph", "New") for name in omniglot("o/images_evaluation/")]
    found = layout(both)
    assert found.given and found.grouped
    assert len(found.streams["test"]) == 30 and all(one.name.startswith("New") for one in found.streams["test"])
    assert len(found.streams["validation"]) == 6 and len(found.streams["train"]) == 24


def test_a_class_called_test_is_a_class() -> None:
    assert not layout(["test/1.png", "val/1.png", "other/1.png"]).given
    assert not layout(["train/1.png", "plane/1.png", "car/1.png"]).given


def test_classes_in_several_streams_are_told() -> None:
    assert layout(["train/cat/1.png", "test/cat/2.png", "val/dog/1.png"]).shared == ("cat",)
    assert layout(omniglot()).shared == ()


def test_the_largest_classes_reach_every_stream() -> None:
    """However many images a task needs, three classes that have them give one to each stream."""
    sizes = {f"class{size:02}": size for size in range(1, 25)}
    found = layout(flat(**sizes))
    for needed in range(1, 23):
        assert all(any(len(one.members) >= needed for one in classes) for classes in found.streams.values())


def test_the_order_of_equals_is_not_alphabetical() -> None:
    held = names(layout(flat(**{f"c{index:03}": 2 for index in range(60)})))
    assert len(held["validation"]) == len(held["test"]) == 10
    assert held["validation"] != [f"c{index:03}" for index in range(1, 60, 6)]
