"""Folders with too few classes, or classes with too few images, say what is lacking."""

from __future__ import annotations

from pathlib import Path

from tests.engine.tasks.test_images import classes, complaint, family


def test_too_few_classes_say_how_many_are_needed(tmp_path: Path) -> None:
    root = classes(tmp_path / "few", a=5, b=6, c=4, d=1)
    assert complaint(family(root)) == (
        f"{root} has 2 classes with 5 or more images; at least 3 are needed (one each to train, validate, test); "
        "the largest class has 6"
    )
    family(root).check(2, 2)


def test_too_few_classes_because_their_images_are_broken(tmp_path: Path) -> None:
    root = classes(tmp_path / "few", a=5, b=5, c=5)
    (root / "b" / "0.png").write_bytes(b"text")
    assert "has 2 classes with 5 or more images; at least 3 are needed" in complaint(family(root))


def test_a_stream_without_classes_is_named(tmp_path: Path) -> None:
    root = classes(tmp_path / "given", **{"train/a": 5, "train/b": 5, "train/c": 5, "val/d": 2, "test/e": 5})
    assert complaint(family(root)) == f"{root} has 4 classes with 5 or more images, but none to validate with"
    grouped = classes(tmp_path / "grouped", **{"x/a": 5, "x/b": 5, "y/c": 5})
    assert complaint(family(grouped, split_by="group")).endswith(
        "but none to test with; hold out by class instead of by group"
    )
