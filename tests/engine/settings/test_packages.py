"""Packages of others: what a person chose holds wherever plugins are loaded, and nothing runs that is off."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from metagen_gui.engine.models.base import models
from metagen_gui.engine.plugins import load_agreed, load_packages, load_plugins
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.packages import Choices, Foreign, choices_file, choose, installed, read_choices
from tests.plugins_elsewhere.installed import RUNS, install_toys


@pytest.fixture(autouse=True)
def own_choices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("METAGEN_PLUGINS", raising=False)


@pytest.fixture
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package *Toys*, installed and never met."""
    load_plugins()  # or what the registries hold would be forgotten with the patches below
    for kept in ("_plugins", "problems", "foreign"):
        monkeypatch.setattr(models, kept, getattr(models, kept).copy())
    install_toys(tmp_path / "site")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    yield
    sys.modules.pop("toys_of_others", None)


def test_a_choice_is_kept_under_one_spelling() -> None:
    assert read_choices() == Choices()
    choose(["My_Toys"], "off")
    choose(["kites"], "on")
    assert not read_choices().loads("my-toys") and read_choices().loads("Kites")
    choose(["my.toys", "drums"], "named")
    choices = read_choices()
    assert not choices.loads("my-toys"), "to be named again switches nothing on"
    assert choices.loads("drums") and not choices.agreed("drums"), "named is not agreed to"
    assert [choices.waits(name) for name in ("my-toys", "kites", "drums", "new")] == [False, False, True, True]
    assert [choices.knows(name) for name in ("my-toys", "kites", "drums", "new")] == [True, True, True, False]


def test_the_variable_decides_for_one_process_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    choose(["toys"], "off")
    monkeypatch.setenv("METAGEN_PLUGINS", "Toys, drums")
    choices = read_choices()
    assert choices.loads("toys") and choices.agreed("drums") and not choices.loads("kites")
    assert choices.knows("kites") and not choices.waits("kites"), "nobody is told or asked"
    choose(["kites"], "on")
    monkeypatch.setenv("METAGEN_PLUGINS", "none")
    assert not read_choices().loads("kites")
    monkeypatch.delenv("METAGEN_PLUGINS")
    assert read_choices().made == {"toys": "off", "kites": "on"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"packages": []}', "[" * 100_000])
def test_a_damaged_file_switches_nothing_on(toys: None, text: str) -> None:
    choices_file().parent.mkdir(parents=True)
    choices_file().write_text(text)
    choices = read_choices()
    assert choices.damage and choices.waits("toys") and not choices.loads("toys")
    choose(["drums"], "on")
    assert read_choices().made == {"drums": "on", "toys": "off"}, "what it said of others is not guessed"


def test_a_choice_that_cannot_be_kept_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file")
    with pytest.raises(BadInput, match=r"plugins.json: the choice could not be kept: "):
        choose(["toys"], "off")


def test_what_is_installed_is_told_without_running_it(toys: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert Foreign("model", "kite", "Toys") in installed()
    assert RUNS not in capsys.readouterr().err


def test_code_runs_once_a_person_agreed_and_none_of_what_is_off(toys: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert load_agreed(again=True) == []
    assert models.foreign == [Foreign("model", "kite", "Toys")]
    with pytest.raises(BadInput, match=r"^model.name: 'kite' is of the package Toys, which is not switched on$"):
        models.get("kite")
    choose(["toys"], "off")
    load_plugins(again=True)
    assert RUNS not in capsys.readouterr().err and "kite" not in models.names()
    assert load_packages(["Toys"]) == []
    assert RUNS in capsys.readouterr().err and models.get("kite").title == "Kite"
    assert models.foreign == [Foreign("model", "kite", "Toys", loaded=True)]


def test_a_script_loads_what_is_not_off(toys: None, capsys: pytest.CaptureFixture[str]) -> None:
    load_plugins(again=True)
    assert RUNS in capsys.readouterr().err and "kite" in models.names()
