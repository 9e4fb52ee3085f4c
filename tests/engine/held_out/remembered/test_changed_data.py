"""Data that changed since a run: grown, shrunk, renamed, exchanged, other pictures; nobody moves and it is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from metagen_gui.engine.store.names import CHECKPOINTS, DATA
from metagen_gui.engine.tasks.images import Images
from metagen_gui.engine.trained.trained_run import open_run
from tests.engine.held_out.remembered.conftest import picture
from tests.engine.held_out.remembered.test_streams import _write, doubts, held, told


def test_more_pictures_and_classes_move_nobody_and_are_told(trained: Path, data: Path) -> None:
    before = held(trained)
    picture(data / before["test"][0] / "new.png", 1000)
    for label in range(20):
        for number in range(8):
            picture(data / f"a new one {label}" / f"{number}.png", 2000, label, number)
    after = held(trained)
    assert all(set(before[part]) <= set(after[part]) for part in before)
    assert f"1 class has other pictures ({before['test'][0]}: 8, now 9)" in doubts(trained)
    assert "20 classes are new (a new one 0, " in doubts(trained)
    assert "that no run has seen" not in told(trained)


def test_fewer_classes_are_told(trained: Path, data: Path) -> None:
    before = held(trained)
    gone = before["train"][1]
    shutil.rmtree(data / gone)
    assert held(trained) == {**before, "train": [name for name in before["train"] if name != gone]}
    assert f"1 class is gone ({gone})" in doubts(trained)


def test_a_class_that_has_another_name_is_known_by_its_pictures(trained: Path, data: Path) -> None:
    before = held(trained)
    for part in ("train", "test"):
        name = before[part][0]
        (data / name).rename(data / f"another {part}")
    after = held(trained)
    assert "another train" in after["train"] and "another test" in after["test"]
    assert "2 classes have other names" in doubts(trained)


def shifted(data: Path, names: list[str]) -> None:
    """Give every folder the name of the next, and the last that of the first."""
    for name in names:
        (data / name).rename(data / f"was {name}")
    for old, new in zip(names, names[1:] + names[:1], strict=True):
        (data / f"was {old}").rename(data / new)


@pytest.mark.parametrize("every", [False, True], ids=["two exchanged", "all shifted"])
def test_a_class_goes_by_its_pictures_where_names_are_exchanged(trained: Path, data: Path, every: bool) -> None:
    """None that was trained on is tested with, however often the run is looked at or goes on."""
    before = held(trained)
    names = (
        sorted(one for classes in before.values() for one in classes)
        if every
        else [before["train"][0], before["test"][0]]
    )
    there = {part: {(data / one / "3.png").read_bytes() for one in classes} for part, classes in before.items()}
    shifted(data, names)
    for _ in range(2):
        assert {
            part: {(data / one / "3.png").read_bytes() for one in classes} for part, classes in held(trained).items()
        } == there
        assert f"{len(names)} classes have other names (" in doubts(trained)
        assert "every class that was there stays where it was" in doubts(trained)
        assert "gone" not in doubts(trained) and "other pictures" not in doubts(trained)
        kept = open_run(trained).family.kept()
        for place in (trained / DATA, trained / CHECKPOINTS / DATA):
            _write(place, {**json.loads(place.read_text()), **kept})


def test_pictures_that_a_class_had_once_are_not_forgotten(trained: Path, data: Path) -> None:
    """One that was changed when the run went on is still known by the pictures that it was first trained on with."""
    name = held(trained)["train"][0]
    shutil.copytree(data / name, data.parent / "as it was")
    picture(data / name / "new.png", 1000)
    assert f"1 class has other pictures ({name}: 8, now 9); what has other pictures stays where its" in doubts(trained)
    kept = open_run(trained).family.kept()
    for place in (trained / DATA, trained / CHECKPOINTS / DATA):
        _write(place, {**json.loads(place.read_text()), **kept})
    tested = held(trained)["test"][0]
    shutil.rmtree(data / tested)
    (data.parent / "as it was").rename(data / tested)
    family = open_run(trained).experiment.task_family()
    assert isinstance(family, Images)
    assert tested in {one.name for one in family.layout.streams["train"]}
    assert tested not in {one.name for one in family.layout.streams["test"]}


def test_pictures_that_were_not_compared_leave_a_doubt(
    trained: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And say nothing of which are the same: every one of another run's may be as large."""
    before = (trained / DATA).read_text()
    shutil.copytree(data, tmp_path / "others")
    for number, folder in enumerate(sorted((tmp_path / "others").iterdir())):
        folder.rename(tmp_path / "others" / f"other {number}")
    others = Images(Images.Settings(path=str(tmp_path / "others"), size=16), 0)
    assert set(others.seen_by(open_run(trained).family)) and not doubts(trained)
    monkeypatch.setattr("metagen_gui.engine.data.image_files.contents.READ_AT_MOST", 10)
    assert "so many bytes that pictures were not compared" in doubts(trained)
    assert "that no run has seen" not in told(trained)
    others = Images(Images.Settings(path=str(tmp_path / "others"), size=16), 0)
    assert others.seen_by(open_run(trained).family) == ()
    kept = open_run(trained).family.kept()
    assert kept["streams"] == json.loads(before)["streams"] and kept["compared"], "what was compared is not lost"
    shutil.move(data / held(trained)["train"][0], data / "another")
    assert "1 class is new (another); 1 class is gone" in doubts(trained)
    assert "classes stay where their names say" in doubts(trained)


def test_another_picture_of_the_same_name_is_told(trained: Path, data: Path) -> None:
    name = held(trained)["test"][0]
    picture(data / name / "3.png", 77)
    assert f"1 class has other pictures ({name}: 8)" in doubts(trained)
