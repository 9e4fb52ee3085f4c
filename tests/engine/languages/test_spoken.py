"""Which language is spoken: the one asked for, the one chosen, the system's; and how catalogues are read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from metagen_gui.engine.languages.catalogue import catalogues, name_of, read_catalogue
from metagen_gui.engine.languages.spoken import asked_language, speak, translated


@pytest.fixture
def english_again() -> Iterator[None]:
    yield
    speak("en")


@pytest.mark.parametrize(
    ("environment", "system", "chosen", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, (), "", "zh_CN"),
        ({"LANG": "zh_TW.UTF-8"}, (), "", "en"),
        ({"LANG": "C", "LANGUAGE": "zh_CN"}, (), "", "en"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "de:zh_CN:en"}, (), "", "zh_CN"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, (), "", "en"),
        ({}, ("zh-Hans-SG", "en"), "", "zh_CN"),
        ({}, ("de-DE", "zh-Hant-TW", "zh-CN"), "", "zh_CN"),
        ({}, ("zh-Hans-CN",), "en", "en"),
        ({"METAGEN_LANGUAGE": "pseudo"}, ("zh-Hans-CN",), "en", "pseudo"),
        ({}, (), "", "en"),
    ],
)
def test_which_language_is_spoken(
    environment: dict[str, str], system: tuple[str, ...], chosen: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not in the process's own environment, by which the C library would choose the language of its errors for good.
    monkeypatch.setattr(os, "environ", environment)
    assert asked_language(system, chosen) == language


@pytest.mark.usefixtures("english_again")
def test_the_engine_is_told_in_chinese_and_in_english_again() -> None:
    assert speak("zh_CN") is not None
    assert translated("Show all controls.") == "显示全部控件。"
    assert speak("tlh") is None
    assert translated("Show all controls.") == "Show all controls."


def test_a_catalogue_is_read_with_its_head_and_without_what_is_not_translated(tmp_path: Path) -> None:
    path = tmp_path / "de.po"
    path.write_text(
        'msgid ""\nmsgstr ""\n"Language: de\\n"\n"X-Name: Deutsch\\n"\n\n'
        '#: here\nmsgid "a \\"run\\""\nmsgstr "ein Lauf"\n\n'
        'msgid ""\n"two\\n"\n"lines"\nmsgstr ""\n"zwei\\n"\n"Zeilen"\n\nmsgid "nothing"\nmsgstr ""\n',
        encoding="utf-8",
    )
    read = read_catalogue(path)
    assert read.messages == {'a "run"': "ein Lauf", "two\nlines": "zwei\nZeilen"}
    assert read.name == name_of(path) == "Deutsch"


def test_chinese_is_called_as_chinese_call_it() -> None:
    assert name_of(catalogues()["zh_CN"]) == "简体中文"
