"""Sentences of the engine are told in another language by their templates, and stay as they are where none fits."""

from __future__ import annotations

import pytest

from metagen_gui.engine.languages.sentences import Sentences
from metagen_gui.engine.languages.spoken import pseudo
from metagen_gui.engine.settings.bad_input import BadInput

MESSAGES = {
    "{0} is too high; the highest value is {1}": "{0} 太大，最大值为 {1}",
    "not a run folder": "不是运行文件夹",
    "{0} has no class of two drawings": "{0} 中没有含两幅图的类别",
    "{0} of {1}": "{1} 中的 {0}",
    "Over {0}{1} and {2} seeds.": "基于 {0}{1}和 {2} 个种子。",
    " ({0} tasks)": "（{0} 个任务）",
    "shuffled classes": "打乱的类别",
    "Lower the outer rate": "降低外层学习率",
    "The run is over.": "运行已结束。",
    "there is no {0}; there are {1}": "没有 {0}；有 {1}",
    ".": "。",
    ": ": "：",
}


@pytest.fixture(scope="module")
def sentences() -> Sentences:
    return Sentences(MESSAGES)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("not a run folder", "不是运行文件夹"),
        ("Not a run folder.", "不是运行文件夹。"),  # as a sentence of its own
        ("5 is too high; the highest value is 1", "5 太大，最大值为 1"),  # its own semicolon is no join
        (
            str(BadInput("algorithm.inner_lr", "5 is too high; the highest value is 1")),
            "algorithm.inner_lr：5 太大，最大值为 1",
        ),
        ("Over shuffled classes (40 tasks) and 5 seeds.", "基于打乱的类别（40 个任务）和 5 个种子。"),
        ("Over 3 and 5 seeds. The run is over.", "基于 3和 5 个种子。运行已结束。"),
        ("3 of 10", "10 中的 3"),
        (
            "one line of text that nobody has translated of anything",
            "one line of text that nobody has translated of anything",
        ),
        ("there is no fish; there are birds, cats", "没有 fish；有 birds, cats"),
        ("", ""),
        ("12.5 %", "12.5 %"),
    ],
)
def test_what_a_sentence_is_in_chinese(sentences: Sentences, english: str, chinese: str) -> None:
    assert sentences.tell(english) == chinese


def test_a_value_may_hold_anything(sentences: Sentences) -> None:
    """What a person has called a file is put back to the letter."""
    name = "C:\\données\\{0} (.*).zip"
    assert sentences.tell(f"{name} has no class of two drawings") == f"{name} 中没有含两幅图的类别"


def test_pseudo_keeps_what_is_put_in() -> None:
    told = pseudo("<b>{name}</b> has %n steps of {0}")
    assert told.startswith("⟦<b>{name}</b> hàs %n stéps öf {0}·")
    assert told.format(3, name="it").endswith("⟧")


def test_texts_of_very_many_parts_are_not_tried_in_all_ways(sentences: Sentences) -> None:
    text = ", ".join(f"a {number}" for number in range(60))
    assert sentences.tell(text) == text
    assert sentences._best.cache_info().misses < 100, "every way to divide it was tried"
