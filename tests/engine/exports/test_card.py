"""The model card: figures with intervals of tasks never trained on, and names that are no markup."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from metagen_gui.engine import held_out
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.exports.base import formats
from metagen_gui.engine.exports.card import model_card, plain
from metagen_gui.engine.held_out import Request, choose_tasks, score_run
from metagen_gui.engine.languages.spoken import PSEUDO, written_in
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.trained.export import Learned, initialization_of
from tests.engine.languages.left import is_english

NAME = "<img src=x onerror=1> [a](http:__x) `b` | **c** _d_ # ![e] www.f.g\n# h"


@pytest.fixture
def learned(tiny: Callable[..., Experiment], tmp_path: Path) -> Learned:
    folder = tmp_path / NAME
    list(meta_train(tiny("sinusoids", "curve", "maml", {"training.meta_steps": 1}), out=folder, previews=False))
    return initialization_of(folder)


def test_it_tells_what_the_run_scores_on_tasks_it_never_saw(learned: Learned) -> None:
    card = model_card(formats.get("curves")(), learned, ("a note",))
    request = Request(32, steps=(0, learned.model.algorithm.steps))
    scores = score_run(learned.run, choose_tasks([learned.run], request), request)
    (loss,) = scores.losses.values()
    row = next(line for line in card.splitlines() if line.startswith("| curve"))
    before, after = (float(cell) for cell in re.findall(r"\\| ([\d.e+]+) ± [\d.e+]+ ", row)[:2])
    np.testing.assert_allclose([before, after], loss[[0, -1]].mean(1), rtol=1e-3)
    assert "- a note" in card and "**Licence:** none: the numbers are made here" in card
    assert "metagen train experiment.json" in card and '"name": "sinusoids"' in card


def test_every_sentence_is_in_the_language_of_whoever_makes_it(learned: Learned) -> None:
    with written_in(PSEUDO):
        card = model_card(formats.get("curves")(), learned, ("Adaptation steps: 3; any number of examples.",))
    kept = re.compile(r"^```.*?^```|^# .*?$|\| curve\b|\([^()]* \d{4}[^()]*\)$", re.DOTALL | re.MULTILINE)
    left = [line for line in kept.sub("", card).splitlines() if is_english(line)]
    assert left == [] and '"name": "sinusoids"' in card


def test_names_from_outside_are_no_markup(learned: Learned) -> None:
    head, *rest = model_card(formats.get("curves")(), learned, (NAME,)).splitlines()
    (note,) = (line for line in rest if "onerror" in line)
    for shown in (head.removeprefix("# "), note.removeprefix("- ")):
        assert shown == plain(NAME) and not re.search(r"(?<!\\)(\\\\)*[<\[`|*_#!]", shown)
    assert "\n" not in plain(NAME) and "www." not in plain(NAME) and "http:" not in plain("http://x")


def test_without_the_data_it_tells_what_the_run_wrote(learned: Learned, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise BadInput("tasks.path", "there is no such folder")

    monkeypatch.setattr(held_out, "choose_tasks", gone)
    card = model_card(formats.get("curves")(), learned)
    assert "not to be had here (there is no such folder)" in card
    assert re.search(r"^- query\\_loss: [\d.]+ at outer step 1$", card, re.MULTILINE)
