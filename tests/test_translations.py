"""The catalogues: every text there is stands in them, with the same holes, and next to all of them are translated."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from metagen_gui.engine.languages.catalogue import catalogues, read_catalogue, read_entries
from metagen_gui.engine.languages.sentences import GAP, HOLE, Sentences

SCRIPT = Path(__file__).parents[1] / "packaging" / "translations.py"
WAITING = 0.01
"""Share of the texts that may wait for their translation, or have gone, since somebody last ran the command."""


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


@pytest.fixture(scope="module")
def texts(script: dict[str, Any]) -> dict[str, str]:
    return dict(script["gather"]())


@pytest.mark.parametrize("language", catalogues())
def test_what_is_said_is_in_the_catalogue_and_translated(
    language: str, script: dict[str, Any], texts: dict[str, str]
) -> None:
    known = dict(read_entries(catalogues()[language].read_text("utf-8")))
    del known[""]
    faults = script["faults"](texts, known)
    assert [fault for fault in faults if fault.startswith("other holes")] == []
    mend = "run `make translations`, and write the msgstr of what it names:"
    assert len(faults) <= WAITING * len(texts), "\n".join([mend, *faults])


def test_texts_are_found_wherever_they_are_said(texts: dict[str, str]) -> None:
    for text in (
        "&Start",  # in the window, through a function that marks it
        "Saved {0}",  # through tr
        "{0} is too high; the highest value is {1}",  # an f-string of the engine
        "{0} is missing",  # one branch of a condition within an f-string
        "Inner learning rate",  # a label of a setting
        "name\x04wgan gp",  # a choice
        "MAML: model-agnostic meta-learning (Finn, Abbeel & Levine 2017, algorithm 1).",  # the page of a plugin
        "VAE on strokes",  # a preset
        "Outer steps of the run.",  # help of a command
    ):
        assert text in texts, text
    assert not any("∇_θ Σ_j" in text for text in texts), "formulas are the same in every language"


def test_next_to_every_sentence_with_values_is_found_by_its_template() -> None:
    """Values are put back where the translation wants them; a few short templates read like others."""
    messages = read_catalogue(catalogues()["zh_CN"]).messages
    sentences, lost = Sentences(messages), []
    templates = {english: told for english, told in messages.items() if HOLE.search(english) and "}{" not in english}
    for english, told in templates.items():
        values = {hole[1]: f"{place + 3}.5" for place, hole in enumerate(HOLE.finditer(english))}
        expected, found = (
            GAP.sub("", text)
            for text in (
                HOLE.sub(lambda hole, values=values: values[hole[1]], told),
                sentences.tell(HOLE.sub(lambda hole, values=values: values[hole[1]], english)),
            )
        )
        lost += [] if found == expected else [f"{english!r}: {found!r}, expected {expected!r}"]
    assert len(templates) > 500
    assert len(lost) <= WAITING * len(templates), "\n".join(lost)


def test_holes_that_differ_are_told(script: dict[str, Any]) -> None:
    assert script["faults"]({"{0} of {1}": "here"}, {"{0} of {1}": "{0}"}) == ["other holes: '{0} of {1}' as '{0}'"]
    assert script["faults"]({"a b": "here"}, {"c d": ""}) == ["not translated: 'a b' (here)", "said nowhere: 'c d'"]
