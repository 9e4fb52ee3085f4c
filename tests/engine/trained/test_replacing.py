"""An export goes into a folder of its own, whole or not at all, whatever was there before."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.trained import export_folder, in_place
from metagen_gui.engine.trained.export import export_adapted, export_initialization, load_export


def test_an_earlier_export_is_replaced_and_an_empty_folder_is_used(points_run: Path, own_copy: Path) -> None:
    """Replaced only when it is said."""
    before = (own_copy / "export.json").read_text()
    with pytest.raises(BadInput, match="holds an earlier export; --force replaces it"):
        export_adapted(points_run, own_copy, task_index=0)
    assert (own_copy / "export.json").read_text() == before
    export_adapted(points_run, own_copy, task_index=0, replace=True)
    assert (own_copy / "export.json").read_text() != before
    empty = own_copy.parent / "new" / "empty"
    empty.mkdir(parents=True)
    export_initialization(points_run, empty)
    assert load_export(empty).kind == "initialization"
    assert {path.name for path in own_copy.parent.iterdir()} == {"copy", "new"}


def test_an_export_that_came_meanwhile_is_not_written_over(
    points_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = export_folder._same

    def another_comes(*models: Any) -> bool:
        monkeypatch.setattr(export_folder, "_same", own)
        export_initialization(points_run, tmp_path / "here")
        return own(*models)

    monkeypatch.setattr(export_folder, "_same", another_comes)
    with pytest.raises(BadInput, match="holds an earlier export; --force replaces it"):
        export_adapted(points_run, tmp_path / "here", task_index=0)
    assert load_export(tmp_path / "here").kind == "initialization"
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_replacing_that_is_broken_off_leaves_the_earlier_export(
    points_run: Path, own_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By an interruption, such as SIGTERM, it comes back; killed between, it would lie in plain sight beside."""
    before, own, seen = (own_copy / "export.json").read_text(), Path.rename, list[list[str]]()

    def rename(self: Path, to: Path) -> Path:
        if self.parent.name.startswith(in_place.UNDER_WAY):
            seen.append(sorted(path.name for path in own_copy.parent.iterdir() if not path.name.startswith(".")))
            raise KeyboardInterrupt
        return own(self, to)

    (own_copy.parent / "copy.earlier").mkdir()
    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(KeyboardInterrupt):
        export_adapted(points_run, own_copy, task_index=0, replace=True)
    assert seen == [["copy.earlier", "copy.earlier-2"]]
    assert (own_copy / "export.json").read_text() == before and load_export(own_copy).kind == "initialization"
    assert sorted(path.name for path in own_copy.parent.iterdir()) == ["copy", "copy.earlier"]


def test_what_a_killed_export_left_goes_after_a_day(points_run: Path, tmp_path: Path) -> None:
    for name, age in (("old", 2 * in_place.LONG_AGO), ("new", 60.0)):
        left = tmp_path / f"{in_place.UNDER_WAY}{name}"
        left.mkdir()
        os.utime(left, (time.time() - age, time.time() - age))
    export_initialization(points_run, tmp_path / "here")
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{in_place.UNDER_WAY}new", "here"]


@pytest.mark.parametrize("extra", ["notes.txt", ".hidden"])
def test_a_folder_with_anything_else_is_left_alone(points_run: Path, own_copy: Path, extra: str) -> None:
    (own_copy / extra).write_text("mine")
    with pytest.raises(BadInput, match="holds something else"):
        export_adapted(points_run, own_copy, task_index=0)
    assert (own_copy / extra).read_text() == "mine"
    assert load_export(own_copy).kind == "initialization"


def test_a_file_and_the_present_folder_are_refused(
    points_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BadInput, match="is a file"):
        export_initialization(points_run, tmp_path / "file")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(BadInput, match="the folder that you are in"):
        export_initialization(points_run, Path())


def full_disk(*_: Any) -> str:
    raise OSError(errno.ENOSPC, "No space left on device")


def bad_memory(*_: Any) -> bool:
    return False


@pytest.mark.parametrize(
    ("name", "fault", "says"),
    [("write_atomically", full_disk, "No space left"), ("_same", bad_memory, "does not load back the same")],
)
def test_a_failed_export_leaves_the_earlier_one_and_no_litter(
    points_run: Path,
    own_copy: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    fault: Callable[..., Any],
    says: str,
) -> None:
    before = {path.name: path.read_bytes() for path in own_copy.iterdir()}
    monkeypatch.setattr(export_folder, name, fault)
    with pytest.raises(BadInput, match=says) as refused:
        export_adapted(points_run, own_copy, task_index=0, replace=True)
    assert refused.value.where == str(own_copy)
    assert {path.name: path.read_bytes() for path in own_copy.iterdir()} == before
    assert [path.name for path in own_copy.parent.iterdir()] == ["copy"]
