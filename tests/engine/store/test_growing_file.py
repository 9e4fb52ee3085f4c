"""Files that grow: whatever happens, they hold whole lines, in order, and none that was there gets lost."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metagen_gui.engine.store.growing_file import GrowingFile

LINE = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=12)
ACTIONS = st.one_of(
    st.tuples(st.just("append"), LINE),
    st.tuples(st.just("refused"), LINE, st.integers(0, 30)),
    st.tuples(st.just("cut"), st.integers(0, 120)),
    st.tuples(st.just("torn"), LINE),
    st.tuples(st.just("flush")),
    st.tuples(st.just("sync")),
    st.tuples(st.just("reopen")),
)


class Disk:
    """Takes so many bytes and then refuses; None: takes all."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.room: int | None = None
        self._write = os.write
        patch.setattr(os, "write", self.write)

    def write(self, handle: int, data: bytes) -> int:
        if self.room is None:
            return self._write(handle, data)
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = self._write(handle, data[: self.room])
        self.room -= taken
        return taken


@settings(max_examples=150, deadline=None)
@given(st.lists(ACTIONS, max_size=12))
def test_any_history_leaves_whole_lines_in_order(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple]
) -> None:
    """Against a list of lines: on disk are always the first of them, whole, and all once the disk takes them."""
    path = tmp_path_factory.mktemp("growing") / "file"
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(patch)
        file, lines = GrowingFile(path), list[bytes]()
        for what, *values in history:
            disk.room = None
            if what in ("append", "refused"):
                disk.room = values[1] if what == "refused" else None
                error = file.append(values[0])
                lines.append(values[0].encode() + b"\n")
                assert (error is None) == (path.read_bytes() == b"".join(lines))
            elif what == "cut":
                file.cut(values[0])
                while sum(map(len, lines)) > values[0]:
                    lines.pop()
            elif what == "torn":  # somebody's kill in the middle of a line
                file.close()
                with path.open("ab") as torn:
                    torn.write(values[0].encode())
                file = GrowingFile(path)
            elif what == "reopen":
                file.close()
                file.close()
                file = GrowingFile(path)
            else:
                getattr(file, what)()
                assert path.read_bytes() == b"".join(lines)
            assert b"".join(lines).startswith(path.read_bytes()) and path.read_bytes()[-1:] in (b"", b"\n")
            assert file.size == sum(map(len, lines)), "what waits is counted: a checkpoint vouches for it"
        disk.room = None
        file.close()
        assert path.read_bytes() == b"".join(lines)


def test_what_waits_comes_with_the_next_line_and_is_not_synced_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, file = Disk(monkeypatch), GrowingFile(tmp_path / "file")
    disk.room = 4
    error = file.append("first")
    assert error is not None and error.errno == errno.ENOSPC and (tmp_path / "file").read_bytes() == b""
    with pytest.raises(OSError, match="No space left"):
        file.sync()
    disk.room = None
    assert file.append("second") is None
    assert (tmp_path / "file").read_bytes() == b"first\nsecond\n"
    file.close()


def test_where_not_even_the_cut_is_taken_the_line_is_whole_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, file = Disk(monkeypatch), GrowingFile(tmp_path / "file")
    file.append("before")
    with monkeypatch.context() as patch:

        def refused(*_: object) -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        patch.setattr(os, "ftruncate", refused)
        disk.room = 3
        assert file.append("a longer line") is not None
        assert (tmp_path / "file").read_bytes() == b"before\na l"
    disk.room = None
    assert file.append("x") is None
    file.close()
    assert (tmp_path / "file").read_bytes() == b"before\na longer line\nx\n"


def test_a_long_last_line_that_was_torn_is_found_and_cut(tmp_path: Path) -> None:
    """Longer than what is read at a time."""
    for whole in (b"", b"first\n", b"first\n" + b"y" * 70_000 + b"\n"):
        (tmp_path / "file").write_bytes(whole + b"x" * 200_000)
        file = GrowingFile(tmp_path / "file")
        assert file.size == len(whole) and (tmp_path / "file").read_bytes() == whole
        file.close()


def test_names_that_are_no_text_are_written_all_the_same(tmp_path: Path) -> None:
    file = GrowingFile(tmp_path / "file")
    file.append("caf\udce9.png")
    file.close()
    assert (tmp_path / "file").read_bytes() == b"caf\\udce9.png\n"


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    """A run folder from somebody else may hold one that leads to a file worth more than its metrics."""
    (tmp_path / "thesis.txt").write_text("a line\nand half a line")
    (tmp_path / "metrics.csv").symlink_to(tmp_path / "thesis.txt")
    with pytest.raises(OSError, match="is a link"):
        GrowingFile(tmp_path / "metrics.csv")
    assert (tmp_path / "thesis.txt").read_text() == "a line\nand half a line"
