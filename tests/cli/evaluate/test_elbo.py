"""`metagen evaluate` of VAEs: what their loss is, whatever weight the KL has in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from metagen_gui.cli import main
from metagen_gui.engine.held_out import Request, choose_tasks, score_run
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.trained.trained_run import open_run
from tests.cli.evaluate.test_evaluate import train


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs to be looked at only."""
    root = tmp_path_factory.mktemp("runs")
    train(root / "plain", "strokes", "vae", "maml", model__width=6, tasks__size=16)
    train(root / "weighed", "strokes", "vae", "maml", model__width=6, tasks__size=16, model__beta=0.1)
    train(root / "binary", "strokes", "vae", "maml", model__width=6, tasks__size=16, tasks__pixels="binary")
    train(root / "curve", "sinusoids", "curve", "maml", model__width=6)
    return root


@pytest.fixture
def evaluate(runs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Run the command in the folder of runs; return what it prints."""
    monkeypatch.chdir(runs)

    def run(words: str) -> str:
        with pytest.raises(SystemExit) as end:
            main(["evaluate", *words.split()])
        out, err = capsys.readouterr()
        assert (end.value.code or 0, err) == (0, "")
        return out

    return run


def test_the_loss_of_a_vae_is_not_taken_for_its_bound(evaluate: Callable[[str], str]) -> None:
    """With another β the loss is called by it, and −ELBO, by the same draws, stands beside it."""
    words = "weighed plain --tasks 4 --steps 0,1"
    told = json.loads(evaluate(f"{words} --json"))
    weighed, plain = told["runs"]
    for step in ("0", "1"):
        loss, bound, kl = (
            weighed[key][step]["mean"] if key == "negative_elbo" else weighed[key][name][step]["mean"]
            for key, name in (("players", "vae"), ("negative_elbo", ""), ("details", "kl"))
        )
        assert kl > 0.01 and bound - loss == pytest.approx(0.9 * kl, rel=1e-4)
        assert plain["negative_elbo"][step] == plain["players"]["vae"][step]
    (pair,) = told["pairs"]
    apart = plain["negative_elbo"]["1"]["mean"] - weighed["negative_elbo"]["1"]["mean"]
    assert pair["players"] == {} and pair["negative_elbo"]["difference"] == pytest.approx(apart, rel=1e-6)
    lines = evaluate(words).splitlines()
    assert "a cross-entropy, not a likelihood" in " ".join(" ".join(lines).split())
    assert max(map(len, lines)) <= 80
    names = [re.split("  +", line)[0] for line in lines if re.match(r"(vae|−ELBO)\b.* 0 ", line)]
    assert names == ["vae (β = 0.1)", "−ELBO", "vae (−ELBO)"]
    said = " ".join(" ".join(lines).split())
    assert "In the loss the KL counts 0.1 times, as it did in training (β = 0.1); in −ELBO it counts once" in said
    assert "The losses do not compare" in said and re.search(r"  −ELBO: .* (lower|higher); ", "\n".join(lines))
    others = json.loads(evaluate("curve curve --tasks 2 --json"))
    assert others["runs"][0]["negative_elbo"] is None and others["pairs"][0]["negative_elbo"] is None


def test_of_binary_pixels_it_is_a_bound_and_nothing_is_said_against_it(evaluate: Callable[[str], str]) -> None:
    assert "not a likelihood" in " ".join(evaluate("plain --tasks 2").split())
    said = evaluate("binary --tasks 2")
    assert "vae (−ELBO)" in said and "likelihood" not in said


def test_of_other_pixels_runs_are_not_compared(runs: Path) -> None:
    with pytest.raises(BadInput, match=r"held-out tasks are not those of .*: tasks.pixels is 'binary', there 'grey'"):
        choose_tasks([open_run(runs / "plain"), open_run(runs / "binary")], Request(tasks=2))


def test_the_bound_of_a_vae_is_the_loss_of_one_whose_kl_counts_once(runs: Path) -> None:
    run, request = open_run(runs / "weighed"), Request(tasks=3)
    tasks = choose_tasks([run], request)
    found = score_run(run, tasks, request)
    bound = found.bound
    model = run.model.algorithm.model
    model.settings = model.settings.model_copy(update={"beta": 1.0})
    again = score_run(run, tasks, Request(tasks=3, steps=(0,)))
    assert bound is not None and np.allclose(bound[0], again.losses["vae"][0], rtol=1e-5)
    assert not np.allclose(found.losses["vae"][0], again.losses["vae"][0], rtol=1e-5)
