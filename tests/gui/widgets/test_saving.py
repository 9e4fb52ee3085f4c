from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.gui.widgets import saving
from metagen_gui.gui.widgets.saving import where_to_save
from tests.gui.questions import answer


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


def typed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (name, ""))


def ask(parent: QWidget, *, any_suffix: bool = False) -> Path | None:
    return where_to_save(parent, "Save", "mine.npz", "Tasks (*.npz)", ".npz", any_suffix=any_suffix)


@pytest.mark.parametrize(("name", "file"), [("mine", "mine.npz"), ("a.b", "a.b.npz"), ("M.NPZ", "M.NPZ")])
def test_a_name_gets_its_suffix(
    parent: QWidget, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, file: str
) -> None:
    typed(monkeypatch, str(tmp_path / name))
    assert ask(parent) == tmp_path / file


def test_nothing_chosen_is_none_and_another_suffix_may_be_a_person_s_wish(
    parent: QWidget, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    typed(monkeypatch, "")
    assert ask(parent) is None
    typed(monkeypatch, str(tmp_path / "mine.txt"))
    assert ask(parent, any_suffix=True) == tmp_path / "mine.txt"


@pytest.mark.parametrize(("says", "kept"), [("Replace", False), ("Keep", True)])
def test_a_file_that_only_the_suffix_names_is_asked_about(
    parent: QWidget, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, says: str, kept: bool
) -> None:
    (tmp_path / "mine.npz").write_text("drawn yesterday")
    typed(monkeypatch, str(tmp_path / "mine"))
    answer(says)
    assert ask(parent) == (None if kept else tmp_path / "mine.npz")


def test_what_the_dialog_has_asked_about_is_not_asked_about_twice(
    parent: QWidget, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mine.npz").write_text("drawn yesterday")
    typed(monkeypatch, str(tmp_path / "mine.npz"))
    assert ask(parent) == tmp_path / "mine.npz"


def test_it_begins_among_a_person_s_documents_and_then_where_something_was_saved_last(
    parent: QWidget, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    documents, other, begun = tmp_path / "Documents", tmp_path / "other", list[str]()
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _: str(documents))
    monkeypatch.setattr(saving.Last, "folder", None)

    def begin(*arguments: object) -> tuple[str, str]:
        begun.append(str(arguments[2]))
        return str(other / "mine.npz"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", begin)
    documents.mkdir()
    other.mkdir()
    for _ in range(2):
        ask(parent)
    other.rmdir()
    ask(parent)
    assert begun == [str(folder / "mine.npz") for folder in (documents, other, documents)]
