"""Classes, groups and streams from names alone."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    assert sum(map(len, held.values())) == 30 and len(held["train"]) > 15
    assert min(len(held["validation"]), len(held["test"])) > 1
    assert not held["train"] & held["validation"] and not (held["train"] | held["validation"]) & held["test"]


def test_few_alphabets_are_split_by_class() -> None:
    found = layout(omniglot(alphabets=4, characters=5))
    assert not found.grouped
    assert all(found.streams.values()) and not found.borrowed


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
    assert names(found) == {"train": ["a"], "validation": ["b"], "test": ["c"]}
    assert found.left_out == ((".", 1),)


def test_a_missing_stream_is_held_out_of_train() -> None:
    both = omniglot("o/images_background/") + [name.replace("Alph", "New") for name in omniglot("o/images_evaluation/")]
    found = layout(both)
    assert found.given and found.grouped
    assert len(found.streams["test"]) == 30 and all(one.name.startswith("New") for one in found.streams["test"])
    held = {one.group for one in found.streams["validation"]}
    assert held and not held & {one.group for one in found.streams["train"]}
    assert len(found.streams["validation"]) + len(found.streams["train"]) == 30


def test_a_class_called_test_is_a_class() -> None:
    assert not layout(["test/1.png", "val/1.png", "other/1.png"]).given
    assert not layout(["train/1.png", "plane/1.png", "car/1.png"]).given


def test_classes_in_several_streams_are_told() -> None:
    assert layout(["train/cat/1.png", "test/cat/2.png", "val/dog/1.png"]).shared == ("cat",)
    assert layout(omniglot()).shared == ()


def test_names_are_spread_evenly() -> None:
    held = names(layout(flat(**{f"c{index:04}": 1 for index in range(2000)})))
    assert [round(len(held[part]) / 2000, 1) for part in ("train", "validation", "test")] == [0.7, 0.2, 0.2]
    assert held["validation"] != sorted(set(held["validation"]) | set(held["test"]))[: len(held["validation"])]


def test_the_shares_can_be_chosen() -> None:
    files = [ImageFile((f"c{index:04}",), "1.png") for index in range(2000)]
    few, many = arrange(files, "class", 0.05), arrange(files, "class", 0.3)
    assert 60 < len(few.streams["test"]) < 140 and 520 < len(many.streams["test"]) < 680


NAMES = st.text("abcdefgh", min_size=1, max_size=4)


@settings(deadline=None, max_examples=200)
@given(
    st.dictionaries(NAMES, st.integers(1, 9), min_size=4, max_size=30),
    st.dictionaries(NAMES, st.integers(1, 9), max_size=30),
)
def test_more_pictures_or_classes_move_no_class(before: dict[str, int], more: dict[str, int]) -> None:
    """Only a class that was borrowed, for want of any other to hold out, may go back to where its name says."""
    grown = {name: before.get(name, 0) + more.get(name, 0) for name in before | more}
    one, other = layout(flat(**before), "class"), layout(flat(**grown), "class")
    home = {each.name: part for part, classes in other.streams.items() for each in classes}
    for part, classes in one.streams.items():
        for each in classes:
            assert home[each.name] == part or each.name in {*one.borrowed, *other.borrowed}


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(NAMES, st.integers(1, 9), min_size=3, max_size=12), st.data())
def test_more_pictures_alone_move_no_class_however_few_there_are(sizes: dict[str, int], data: st.DataObject) -> None:
    grown = {name: count + data.draw(st.integers(0, 5)) for name, count in sizes.items()}
    assert names(layout(flat(**sizes), "class")) == names(layout(flat(**grown), "class"))


@settings(deadline=None, max_examples=100)
@given(st.sets(NAMES, min_size=3, max_size=12))
def test_three_classes_are_enough_for_every_stream(those: set[str]) -> None:
    assert all(layout(flat(**dict.fromkeys(those, 1)), "class").streams.values())


@pytest.mark.parametrize(
    ("files", "left_out"),
    [
        (["train/a/1.png", "test/b/1.png", "extra/c/1.png", "extra/c/2.png"], (("extra/c", 2),)),
        (["train_images/a/1.png", "test_images/b/1.png"], ()),
        (["images_background/x/a/1.png", "images_evaluation/x/b/1.png", "strokes/x/1.png"], (("strokes/x", 1),)),
        (["top/train-set/a/1.png", "top/test-set/b/1.png", "figure.png"], ((".", 1),)),
        (["set/Train/a/1.png", "set/TEST/b/1.png", "set/old/more/c/1.png"], (("old/more/c", 1),)),
    ],
)
def test_a_given_split_is_honoured_whatever_stands_beside_it(files: list[str], left_out: object) -> None:
    found = layout(files)
    assert found.given and found.left_out == left_out
    held = {part: [name.rpartition("/")[2] for name in those] for part, those in names(found).items()}
    assert held["test"] == ["b"] and "a" in held["train"] + held["validation"]
    assert not found.left_out or "left out, because it stands beside" in found.notices()[0]


def test_a_split_within_every_class_is_honoured() -> None:
    files = [
        f"{name}/{part}/{index}.png" for name in ("cat", "dog") for part in ("train", "test") for index in range(3)
    ]
    found = layout([*files, "cat/more/1.png"])
    assert found.given and found.left_out == (("cat/more", 1),)
    assert names(found)["test"] == ["cat", "dog"] and len(found.streams["test"][0].members) == 3
    assert found.shared == ("cat", "dog")
    assert "share classes (cat, dog)" in found.notices()[-1]


def test_classes_that_happen_to_be_called_so_are_classes() -> None:
    """Of an icon collection with a train and a test among hundreds of others."""
    found = layout([f"{name}/{index}.png" for name in ("train", "test", "plane", "car") for index in range(3)])
    assert not found.given and len(found.classes) == 4
    deeper = layout(
        [f"things/{name}/1.png" for name in ("train", "plane", "car", "bus")] + ["acts/test/1.png", "acts/a/1.png"]
    )
    assert not deeper.given and len(deeper.classes) == 6
