"""The trash: what is thrown away comes back whole and under its name, until it is deleted a second time."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store import trash
from metagen_gui.engine.store.lock import RunLock
from metagen_gui.engine.store.trash import bring_back, delete_for_good, throw_away, throw_away_unbegun, thrown_away


@pytest.fixture(autouse=True)
def own_trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture(params=["one disk", "two disks"])
def run(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder; on two disks no folder can be renamed from where runs are to where the trash is, or back."""
    folder = tmp_path / "elsewhere" / "my run"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "metrics.csv").write_text("1,2")
    (folder / "checkpoints" / "weights").write_bytes(bytes(range(256)))
    (folder / "link").symlink_to("metrics.csv")
    own = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if ("elsewhere" in str(self)) != ("elsewhere" in str(target)):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), str(self))
        return own(self, target)

    if request.param == "two disks":
        monkeypatch.setattr(Path, "rename", rename)
    return folder


def held(folder: Path) -> dict[str, object]:
    return {
        str(path.relative_to(folder)): path.readlink() if path.is_symlink() else path.is_dir() or path.read_bytes()
        for path in folder.rglob("*")
    }


def test_what_is_thrown_away_comes_back_as_it_was(run: Path) -> None:
    before = held(run)
    thrown = throw_away(run, "what I call it")
    assert not run.exists() and held(thrown.content) == before and thrown.content.name == run.name
    (listed,) = thrown_away()  # as after a restart
    assert listed == thrown and listed.name == "what I call it" and listed.folder == run
    run.parent.rmdir()  # the last of what was there
    assert bring_back(listed) == run
    assert held(run) == before and thrown_away() == [] and list(trash.trash_folder().iterdir()) == []


def test_a_name_that_was_taken_meanwhile_is_left_to_whoever_has_it(run: Path) -> None:
    first, before = throw_away(run), held(throw_away_again(run))
    assert [one.folder for one in thrown_away()] == [run, run]
    run.mkdir()
    (run / "new").touch()
    names = {bring_back(one).name for one in thrown_away()}
    assert names == {"my run-2", "my run-3"} and [path.name for path in run.iterdir()] == ["new"]
    assert before and first.place != trash.trash_folder()


def throw_away_again(run: Path) -> Path:
    run.mkdir()
    (run / "second").touch()
    return throw_away(run).content


def test_only_a_second_deletion_is_for_good(run: Path) -> None:
    thrown = throw_away(run)
    delete_for_good(thrown)
    assert thrown_away() == [] and not thrown.place.exists()
    with pytest.raises(BadInput, match="could not be brought back"):
        bring_back(thrown)


def test_what_is_being_written_or_is_a_link_stays(run: Path, tmp_path: Path) -> None:
    lock = RunLock(run)
    with pytest.raises(BadInput, match="is being written"):
        throw_away(run)
    lock.release()
    (tmp_path / "link").symlink_to(run)
    with pytest.raises(BadInput, match="is a link"):
        throw_away(tmp_path / "link")
    with pytest.raises(BadInput, match="No such file"):
        throw_away(tmp_path / "nothing")
    assert (run / "metrics.csv").exists() and thrown_away() == []


@pytest.mark.parametrize(
    ("names", "unbegun"),
    [
        (["data.json"], True),
        (["step-00000001.safetensors", "step-00000001.optimizer.safetensors.tmp-0f"], True),
        (["step-00000001.safetensors.unvouched"], True),
        (["step-00000001.safetensors", "step-00000001.json"], False),
        (["step-00000001.safetensors", "step-00000002.safetensors"], False),
        (["step-00000001.json.corrupt"], False),
    ],
)
def test_a_run_whose_first_checkpoint_never_was_whole_has_nothing_to_go_on_from(
    tmp_path: Path, names: list[str], unbegun: bool
) -> None:
    folder = tmp_path / "run"
    (folder / "checkpoints").mkdir(parents=True)
    for name in names:
        (folder / "checkpoints" / name).write_bytes(b"x")
    assert throw_away_unbegun(folder) is unbegun
    assert folder.exists() is not unbegun


def test_a_disk_that_is_full_leaves_everything_where_it_is(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = held(run)

    def full(source: object, to: object, **_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def refuse(self: Path, target: Path) -> Path:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(shutil, "copytree", full)
    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(BadInput, match="could not be moved to the trash: No space left"):
        throw_away(run)
    assert held(run) == before and list(trash.trash_folder().iterdir()) == []


@pytest.mark.parametrize("folder", ["/x/..", "/", "..", ".", "", "my run", "/x/linked"])
def test_a_forged_note_deletes_nothing_beyond_its_own_place(tmp_path: Path, folder: str) -> None:
    other = tmp_path / "elsewhere" / "other"
    other.mkdir(parents=True)
    kept, place = throw_away(other), trash.trash_folder() / "forged"
    (place / "my run").mkdir(parents=True)
    (tmp_path / "elsewhere" / "precious").touch()
    (place / "linked").symlink_to(tmp_path / "elsewhere")
    (place / trash.NOTE).write_text(json.dumps({"folder": folder, "name": "mine", "when": 1.0}))
    before = held(tmp_path)
    assert thrown_away() == [kept]
    with pytest.raises(BadInput, match="could not be deleted: not a folder in a place of its own"):
        delete_for_good(trash.Thrown(place, Path(folder), "mine", 1.0))
    assert held(tmp_path) == before
