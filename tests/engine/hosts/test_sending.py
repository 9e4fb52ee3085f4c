"""Runs and data that are sent: whole or not at all, however often the link is cut, and only where they belong."""

from __future__ import annotations

import itertools
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from metagen_gui.engine.data.image_files.sources import open_source
from metagen_gui.engine.hosts import runs as runs_file
from metagen_gui.engine.hosts.link import LinkLost
from metagen_gui.engine.hosts.runs import leave, move, run_called, runs_elsewhere
from metagen_gui.engine.hosts.sending import send_data, send_run
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.run.outer_loop import resume_run
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.elsewhere import Elsewhere, read_elsewhere, write_elsewhere
from metagen_gui.engine.store.library import read_entry
from metagen_gui.engine.store.trash import throw_away
from tests.engine.hosts.stand_ins import DirectLink, contents, write_run


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of this computer that was stopped."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "here"))
    folder = tmp_path / "here" / "metagen" / "runs" / "run"
    write_run(folder, 3)
    return folder


@pytest.fixture
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[DirectLink]:
    """The links that are opened to machines, each with its data in a folder of its name, and cut where `cuts` says."""
    made: list[DirectLink] = []

    class Opened(DirectLink):
        cuts: list[int | None] = []

        def __init__(self, host: Any) -> None:
            super().__init__(tmp_path / host.name, self.cuts.pop(0) if self.cuts else None)
            self.host = host
            made.append(self)

        def refuse_other_version(self) -> None:
            """Both are this one."""

        def __enter__(self) -> Opened:
            return self

        def __exit__(self, *error: object) -> None:
            return None

    monkeypatch.setattr(runs_file, "Link", Opened)
    monkeypatch.setattr(runs_file, "BETWEEN", 0)
    monkeypatch.setattr(runs_file, "STEP", 0)
    return made


def line_at(place: Path) -> Line:
    return Line(place / "metagen" / "queue")


def test_a_run_arrives_whole_and_once_wherever_the_link_is_cut(run: Path, tmp_path: Path) -> None:
    for cut in itertools.count(1):
        home = tmp_path / f"there {cut}"
        link: Any = DirectLink(home, cut)
        try:
            send_run(link, run, "t1")
        except LinkLost:
            assert line_at(home).entries() == [] and not (home / "metagen" / "runs").exists()
        else:
            break
        again: Any = DirectLink(home)
        send_run(again, run, "t1")
        send_run(again, run, "t1")
        (entry,) = line_at(home).entries()
        assert entry.ticket == "t1" and entry.state == "waiting"
        assert contents(Path(entry.run)) == contents(run)
    assert cut > 3


def test_a_file_that_was_damaged_on_the_way_is_sent_again(run: Path, tmp_path: Path) -> None:
    link: Any = DirectLink(tmp_path / "there", 3)
    with pytest.raises(LinkLost):
        send_run(link, run, "t1")
    (damaged,) = (tmp_path / "there").rglob("step-00000003.safetensors")
    damaged.write_bytes(b"\0" * damaged.stat().st_size)
    link.cut_at = None
    send_run(link, run, "t1")
    assert contents(Path(line_at(tmp_path / "there").entries()[0].run)) == contents(run)


@pytest.mark.parametrize("name", ["../evil", "/evil", "checkpoints/../../evil", "evil", "experiment.json\0", ""])
def test_what_is_sent_goes_nowhere_else(tmp_path: Path, name: str) -> None:
    link = DirectLink(tmp_path / "there")
    with pytest.raises(BadInput, match="is no file that can be sent here"):
        link.ask("put", b"x", ticket="t1", parts=[[name, 0, 1, 0]])
    for asked in ({"ticket": "../t"}, {"ticket": ""}, {}):
        with pytest.raises(BadInput):
            link.ask("put", b"x", parts=[["experiment.json", 0, 1, 0]], **asked)
    if name not in ("evil", "experiment.json\0"):  # data may be called anything that is a file of its folder
        with pytest.raises(BadInput, match="is no file that can be sent here"):
            link.ask("put", b"x", source="/data", parts=[[name, 0, 1, 0]])
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("said", [{"do": "become"}, {"do": "entry"}, {"do": "__init__"}, {"do": 7}, {}, {"do": "tell"}])
def test_a_request_that_is_none_is_refused_and_the_next_is_answered(tmp_path: Path, said: dict[str, Any]) -> None:
    link = DirectLink(tmp_path)
    answer, _ = link.served.answer(said, b"\xff")
    assert "refused" in answer
    assert link.ask("list")[1] == b"[]"


def test_data_is_sent_once_and_found_by_the_path_that_it_has_here(
    tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, there = tmp_path / "pictures here", tmp_path / "there"
    shutil.copytree(pictures, place)
    monkeypatch.setenv("XDG_DATA_HOME", str(there))
    monkeypatch.setattr("metagen_gui.engine.hosts.served.sizes_at", lambda place: {})  # as if there were not here
    monkeypatch.setattr("metagen_gui.engine.hosts.sending.MOST_PARTS", 10)
    for cut in (3, 4, None):
        link: Any = DirectLink(there, cut)
        if cut is None:
            send_data(link, str(place))
        else:
            with pytest.raises(LinkLost):
                send_data(link, str(place))
    assert link.asked < 6  # what had come was not sent once more
    told = list[tuple[int, int]]()
    send_data(link, str(place), lambda *so_far: told.append(so_far))
    assert told == []
    shutil.rmtree(place)
    assert len(open_source(str(place), "tasks.path").listing.files) == 48
    with pytest.raises(BadInput, match="does not exist here"):
        send_data(link, str(place))


def test_data_that_is_another_there_is_refused(tmp_path: Path, pictures: Path) -> None:
    link: Any = DirectLink(tmp_path)
    send_data(link, str(pictures))  # the same lies there, since there is here
    assert not list(tmp_path.rglob("*.png"))
    link.served.ask_have = lambda said, data: ({}, b'{"came": {}, "there": [["pictures/other.png", 3]]}')
    with pytest.raises(BadInput, match=r"has something else at .*1 files there, 48 here"):
        send_data(link, str(pictures))


def test_a_run_is_moved_from_machine_to_machine_and_back(run: Path, tmp_path: Path, links: list[DirectLink]) -> None:
    before = contents(run)
    move(run, "a")
    assert read_entry(run).host == "a" and not read_entry(run).resumable
    for refused in (lambda: next(resume_run(run)), lambda: throw_away(run)):
        with pytest.raises(BadInput, match="goes on at a"):
            refused()
    with pytest.raises(BadInput, match="is at a already"):
        move(run, "a")
    assert run_called("run") == run and [where.host for _, where in runs_elsewhere()] == ["a"]
    (at_a,) = line_at(tmp_path / "a").entries()
    (Path(at_a.run) / "state.json").write_text('{"state": "stopped", "meta_step": 3, "seconds": 7.0}')
    move(run, "b")
    assert line_at(tmp_path / "a").entries() == [] and not Path(at_a.run).exists()
    assert read_entry(run).host == "b" and read_entry(run).seconds == 7.0
    move(run, "here")
    assert line_at(tmp_path / "b").entries() == [] and read_elsewhere(run) is None
    assert contents(run) == {**before, "state.json": (run / "state.json").read_bytes()}
    with pytest.raises(BadInput, match="is here"):
        move(run, "here")


def test_a_move_that_is_broken_off_anywhere_leaves_the_run_in_one_line(
    run: Path, tmp_path: Path, links: list[DirectLink]
) -> None:
    before, opened, broken = contents(run), cast(Any, runs_file.Link), 0
    for link_number, cut in itertools.product(range(4), (1, 3, 5)):
        move(run, "a")
        opened.cuts = [None] * link_number + [cut]
        try:
            move(run, "b")
        except LinkLost:
            broken += 1
            opened.cuts = []
            entries = [entry for home in ("a", "b") for entry in line_at(tmp_path / home).entries()]
            assert sum(entry.state == "waiting" for entry in entries) <= 1 <= len(entries)
            assert read_elsewhere(run) is not None  # so that nobody goes on with it here
            with suppress(BadInput):  # it may have got there
                move(run, "b")
        opened.cuts = []
        assert [len(line_at(tmp_path / home).entries()) for home in ("a", "b")] == [0, 1]
        assert contents(run) == before
        move(run, "here")
    assert broken > 4


def test_a_machine_that_is_gone_can_be_given_up(run: Path) -> None:
    write_elsewhere(run, Elsewhere("gone", "t1"))
    leave(run)
    assert read_entry(run).resumable
    (run / "elsewhere.json").write_text("[")
    assert read_entry(run).host == "another machine"
    with pytest.raises(BadInput, match="metagen hosts leave"):
        move(run, "here")
