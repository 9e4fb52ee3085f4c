from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from metagen_gui.engine.store import library as run_library
from metagen_gui.engine.store.library import RunEntry, read_entry
from metagen_gui.engine.store.lock import RunLock
from metagen_gui.gui.library.listing import RunsListing, read_runs
from tests.kept_runs import keep_run


@pytest.fixture
def listing(qtbot: QtBot) -> Iterator[RunsListing]:
    made = RunsListing()
    yield made
    made.wait()


def test_only_what_changed_is_read_again(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        keep_run(tmp_path, name, steps=3)
    (tmp_path / "no run").mkdir()
    read: list[str] = []

    def reading(folder: Path) -> RunEntry:
        read.append(folder.name)
        return read_entry(folder)

    known = read_runs(tmp_path, {}, reading)
    assert sorted(read) == ["a", "b", "c"]
    read.clear()
    run_library.set_note(tmp_path / "b", "remember")
    known = read_runs(tmp_path, known, reading)
    assert read == ["b"]
    assert known[tmp_path / "b"][1].note == "remember"


def test_a_run_whose_program_may_have_died_is_read_every_time(tmp_path: Path) -> None:
    folder = keep_run(tmp_path, "a", steps=3, state="running")
    lock = RunLock(folder)
    known = read_runs(tmp_path, {}, read_entry)
    assert known[folder][1].state == "running"
    lock._lock.release()  # as the system does when the process dies: nothing in the folder changes
    known = read_runs(tmp_path, known, read_entry)
    assert known[folder][1].state == "interrupted"


def test_a_folder_that_is_not_there_holds_no_runs(tmp_path: Path) -> None:
    assert read_runs(tmp_path / "nowhere", {}, read_entry) == {}


def test_a_look_can_be_given_up(tmp_path: Path) -> None:
    for name in ("a", "b"):
        keep_run(tmp_path, name, steps=3)
    assert read_runs(tmp_path, {}, read_entry, lambda: True) == {}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_a_pipe_among_a_runs_files_blocks_nothing(tmp_path: Path) -> None:
    folder = keep_run(tmp_path, "a", steps=3)
    (folder / "state.json").unlink()
    os.mkfifo(folder / "state.json")
    assert [entry.name for _, entry in read_runs(tmp_path, {}, read_entry).values()] == ["a"]


def test_a_new_run_is_noticed_while_somebody_looks(qtbot: QtBot, listing: RunsListing, tmp_path: Path) -> None:
    keep_run(tmp_path, "a", steps=3)
    with qtbot.waitSignal(listing.listed) as first:
        listing.begin(run_library, tmp_path)
    assert first.args is not None and [entry.name for entry in first.args[0]] == ["a"]
    with qtbot.waitSignal(listing.listed, check_params_cb=lambda entries: len(entries) == 2):
        keep_run(tmp_path, "b", steps=3)


def test_many_refreshes_at_once_are_one_or_two_looks(qtbot: QtBot, listing: RunsListing, tmp_path: Path) -> None:
    keep_run(tmp_path, "a", steps=3)
    looks: list[int] = []
    listing.listed.connect(lambda entries: looks.append(len(entries)))
    listing.begin(run_library, tmp_path)
    for _ in range(50):
        listing.refresh()
    qtbot.waitUntil(lambda: len(looks) == 2)
    qtbot.wait(400)
    assert len(looks) == 2


def test_nothing_is_told_after_the_end(qtbot: QtBot, listing: RunsListing, tmp_path: Path) -> None:
    keep_run(tmp_path, "a", steps=3)
    told: list[object] = []
    listing.listed.connect(told.append)
    listing.begin(run_library, tmp_path)
    listing.wait()
    qtbot.wait(50)
    assert told == []
    listing.refresh()
    assert listing._job is None or listing._job.isFinished()


def test_a_link_that_leads_nowhere_hides_no_run(tmp_path: Path) -> None:
    folder = keep_run(tmp_path, "a", steps=3)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (folder / "gone").symlink_to(tmp_path / "nowhere")
    assert list(read_runs(tmp_path, {}, read_entry)) == [folder]
