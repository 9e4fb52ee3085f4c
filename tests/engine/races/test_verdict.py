"""The verdict of a race is what `metagen evaluate` says of the same runs."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metagen_gui.cli.evaluate import evaluate_runs
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.held_out import Request
from metagen_gui.engine.held_out.summaries import Difference, Summary
from metagen_gui.engine.races.verdict import Standing, Verdict, judge, told
from metagen_gui.engine.run.outer_loop import meta_train

Tiny = Callable[..., Experiment]
FEW = Request(tasks=12)
NAMES = ("one", "two", "three")


def trained(folder: Path, *experiments: Experiment) -> list[Path]:
    """Train the lanes of a race, and return their folders."""
    folders = [folder / str(place) for place in range(len(experiments))]
    for run, experiment in zip(folders, experiments, strict=True):
        list(meta_train(experiment, out=run, previews=False))
    return folders


def evaluated(capsys: pytest.CaptureFixture[str], folders: Sequence[Path], request: Request) -> dict[str, Any]:
    """Return what `metagen evaluate --json` prints."""
    capsys.readouterr()
    evaluate_runs(folders, request, as_json=True)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_it_names_the_winner_that_metagen_evaluate_does_with_the_same_digits(
    tiny: Tiny, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    same = {"training.meta_steps": 8, "training.outer_lr": 0.02}
    slow, fast, other = (
        tiny("sinusoids", "curve", "maml", {**same, "training.outer_lr": rate, "algorithm.adaptation_steps": steps})
        for rate, steps in ((0.0, 2), (0.02, 2), (0.02, 3))
    )
    folders = trained(tmp_path, slow, fast, other)
    verdict = judge(NAMES, folders, FEW)
    said = evaluated(capsys, folders, FEW)
    (player,) = said["runs"][0]["players"]
    means = {
        place: run["players"][player][str(max(map(int, run["players"][player])))]["mean"]
        for place, run in enumerate(said["runs"])
    }
    assert [one.lane for one in verdict.standings] == sorted(means, key=lambda place: means[place])
    assert [one.summary.mean for one in verdict.standings] == sorted(means.values())
    best = verdict.winner
    assert best is not None and NAMES[best] in verdict.sentence.split()[0]
    again = evaluated(capsys, [folders[best], *(folders[place] for place in means if place != best)], FEW)
    behind = {one.lane: one.behind for one in verdict.standings[1:]}
    for place, pair in zip([place for place in means if place != best], again["pairs"], strict=True):
        expected, found = pair["players"][player], behind[place]
        assert found is not None
        assert (found.mean, found.interval) == (expected["difference"], expected["interval"])


def test_where_losses_do_not_compare_samples_decide_as_metagen_evaluate_measures_them(
    tiny: Tiny, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = Request(tasks=6, samples=8)
    folders = trained(tmp_path, tiny("densities", "vae"), tiny("densities", "gan"))
    verdict = judge(NAMES, folders, request)
    said = evaluated(capsys, folders, request)
    titles = {measure["title"]: name for name, measure in said["samples"]["measures"].items()}
    means = [run["samples"]["2"][titles[verdict.title]]["mean"] for run in said["runs"]]
    assert [one.lane for one in verdict.standings] == list(np.argsort(means))
    assert [one.summary.mean for one in verdict.standings] == sorted(means)


def test_where_losses_are_weighed_differently_what_bounds_the_likelihood_decides(
    tiny: Tiny, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = trained(tmp_path, tiny("densities", "vae"), tiny("densities", "vae", values={"model.beta": 0.1}))
    verdict = judge(NAMES, folders, FEW)
    said = evaluated(capsys, folders, FEW)
    means = [run["negative_elbo"]["2"]["mean"] for run in said["runs"]]
    assert [one.summary.mean for one in verdict.standings] == sorted(means)
    assert verdict.winner == int(np.argmin(means))


def test_lanes_without_anything_to_score_are_left_out(tiny: Tiny, tmp_path: Path) -> None:
    (folder,) = trained(tmp_path, tiny())
    alone = judge(NAMES, [None, folder, None], FEW)
    assert alone.winner == 1 and "two is the only lane" in alone.sentence
    nobody = judge(NAMES, [None, None, None])
    assert nobody.winner is None and not nobody.is_clear


def standing(lane: int, behind: float | None, interval: float = 1.0) -> Standing:
    """Return a standing that is behind by so much."""
    far = None if behind is None else Difference(behind, interval, 3, 9, 9)
    return Standing(lane, Summary(0.0, 1.0, 0.0, 9, 9), behind=far)


@pytest.mark.parametrize(
    ("others", "clear", "words"),
    [
        ([standing(0, 2.0), standing(1, 3.0)], True, "three wins: in loss on 9 held-out tasks it is ahead of one by 2"),
        ([standing(0, 0.5), standing(1, 3.0)], False, "the interval of its lead over one reaches 0"),
        ([standing(0, 0.5), standing(1, math.nan)], False, "over one and two reaches 0"),
        ([standing(0, -2.0)], False, "no clear win"),
    ],
)
def test_only_intervals_that_leave_out_0_make_a_win(others: list[Standing], clear: bool, words: str) -> None:
    standings = (standing(2, None), *others)
    sentence = told("loss", "nats", NAMES, standings, 9)
    assert words in sentence
    assert Verdict("loss", "nats", standings, sentence).is_clear is clear
