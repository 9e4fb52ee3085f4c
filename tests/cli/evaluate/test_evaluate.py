"""`metagen evaluate`: what it prints for people and for programs, and what it says when something is wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from metagen_gui.cli import evaluate as command
from metagen_gui.cli import main
from metagen_gui.cli.evaluation.text import about_pair
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.held_out import Pair, Request, RunScores, choose_tasks, score_run
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.tasks.sinusoids import Sinusoids
from metagen_gui.engine.trained.trained_run import TrainedRun, open_run

ROOT = Path(__file__).parents[3]
SMALL = {
    "training.meta_steps": 1,
    "training.meta_batch_size": 2,
    "training.validation_tasks": 2,
    "training.shots": 5,
    "training.query_size": 4,
    "training.device": "cpu",
}
Said = tuple[int, str, str]


def train(folder: Path, *plugins: str, **changed: Any) -> Path:
    """Train a small experiment; a setting's dot is written `__`."""
    experiment = Experiment(*plugins)
    for path, value in {**SMALL, **{name.replace("__", "."): value for name, value in changed.items()}}.items():
        experiment = experiment.with_value(path, value)
    list(meta_train(experiment, out=folder, previews=False))
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs to be looked at only."""
    root = tmp_path_factory.mktemp("runs")
    train(root / "maml", "sinusoids", "curve", "maml", algorithm__adaptation_steps=2)
    train(root / "reptile", "sinusoids", "curve", "reptile", algorithm__adaptation_steps=3)
    train(root / "wild", "sinusoids", "curve", "maml", algorithm__inner_lr=90.0, algorithm__adaptation_steps=5)
    train(root / "gan", "densities", "gan", "maml", model__width=6, algorithm__adaptation_steps=1)
    train(root / "strokes", "strokes", "vae", "maml", model__width=6, tasks__size=16)
    return root


@pytest.fixture
def evaluate(runs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """Run the command in the folder of runs; return status, stdout and stderr."""
    monkeypatch.chdir(runs)

    def run(words: str) -> Said:
        with pytest.raises(SystemExit) as end:
            main(["evaluate", *words.split()])
        return int(end.value.code or 0), *capsys.readouterr()

    return run


Evaluate = Callable[..., Said]


def strictly(text: str) -> Any:
    """Read JSON as its standard has it: without NaN and infinities."""

    def refuse(word: str) -> Any:
        pytest.fail(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


def test_help_comes_without_torch_and_states_the_rules() -> None:
    script = """
import sys
from metagen_gui.cli import main
try:
    main(["evaluate", "--help"])
except SystemExit as end:
    assert not end.code
assert not {"torch", "numpy"} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    said = " ".join(done.stdout.split())
    assert (done.returncode, done.stderr) == (0, "")
    for part in (
        "Usage: metagen evaluate",
        "the stream test",
        "is not finite, or above 100",
        "--support-draws",
        "--json",
    ):
        assert part in said


def test_what_intervals_are_over_is_said_where_tasks_are_not_alone(evaluate: Evaluate) -> None:
    found = strictly(evaluate("strokes --tasks 9 --json")[1])["runs"][0]["adaptation"]["vae"]
    assert found["tasks"] == 9 and 1 < found["groups"] < 9
    said = " ".join(evaluate("strokes --tasks 9")[1].split())
    assert f"They are of {found['groups']} alphabets: intervals are over these" in said


def test_people_get_a_table_and_plain_sentences(evaluate: Evaluate) -> None:
    status, out, err = evaluate("maml reptile --tasks 6 --support-draws 2 --grid 20")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    assert " ".join(lines[:2]).replace("  ", " ") == (
        "Scored on 6 tasks of Sinusoids that no run has seen (stream test, seed 0): each adapts to 2 separate draws "
        "of 5 examples and is judged by an even grid of 20."
    )
    assert "maml: MAML · Curve, after 1 outer step" in lines
    assert [line.split()[-1] for line in lines if re.match(r"(curve)? +\d ", line)] == ["0"] * 7
    assert sum("after 2 steps the loss is" in line for line in lines) == 1
    assert lines[-2] == "reptile at step 3 against maml at step 2, task by task:"
    assert re.match(r"  curve: .* (lower|higher); lower in \d of 6 tasks", lines[-1])


def test_programs_get_the_same_numbers_as_json(evaluate: Evaluate, runs: Path) -> None:
    status, out, err = evaluate("maml reptile --tasks 4 --steps 1,3 --json")
    found = strictly(out)
    assert (status, err, found["version"]) == (0, "", 1)
    tasks = {"family": "sinusoids", "stream": "test", "seed": 0, "count": 4, "shots": 5, "support_draws": 1}
    assert found["tasks"] == {**tasks, "query": 100, "grid": True, "doubts": [], "from": None, "remarks": []}
    request = Request(tasks=4, steps=(1, 3))
    opened = [open_run(runs / name) for name in ("maml", "reptile")]
    chosen = choose_tasks(opened, request)
    scores = [score_run(run, chosen, request) for run in opened]
    for name, one, told in zip(("maml", "reptile"), scores, found["runs"], strict=True):
        assert (told["run"], told["algorithm"], told["model"], told["meta_step"]) == (name, name, "curve", 1)
        assert (told["shots"], told["details"], list(told["players"]["curve"])) == (5, {}, ["1", "3"])
        losses = one.losses["curve"][2]
        summary = told["players"]["curve"]["3"]
        assert summary["mean"] == pytest.approx(losses.mean()) and summary["median"] == pytest.approx(np.median(losses))
        assert (summary["tasks"], summary["diverged"]) == (4, 0) and summary["interval"] > 0
        gain = told["adaptation"]["curve"]
        assert (gain["from"], gain["to"], gain["tasks"]) == (0, 3, 4)
        assert gain["difference"] == pytest.approx((losses - one.losses["curve"][0]).mean())
    (pair,) = found["pairs"]
    assert (pair["run"], pair["against"], pair["step"], pair["against_step"]) == ("reptile", "maml", 3, 3)
    assert pair["objection"] is None
    apart = scores[1].losses["curve"][2] - scores[0].losses["curve"][2]
    assert pair["players"]["curve"]["difference"] == pytest.approx(apart.mean())


def test_the_same_command_prints_the_same(runs: Path, evaluate: Evaluate) -> None:
    """To the last digit and in a process of its own, whose memory lies elsewhere."""
    words = "gan --tasks 6 --json"
    script = f"from metagen_gui.cli import main; main(['evaluate', *{words.split()!r}])"
    own = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], cwd=runs, env=own, capture_output=True, text=True, check=True)
    _, here, _ = evaluate(words)
    assert here == done.stdout and strictly(here)


def test_what_has_diverged_is_null_and_counted(evaluate: Evaluate) -> None:
    status, out, err = evaluate("wild maml --tasks 5 --steps 0,5,40 --json")
    assert (status, err) == (0, "")
    found = strictly(out)
    lost = found["runs"][0]["players"]["curve"]["40"]
    assert lost == {"mean": None, "interval": None, "median": None, "tasks": 0, "groups": 0, "diverged": 5}
    assert found["runs"][0]["players"]["curve"]["0"]["diverged"] == 0
    assert found["pairs"][0]["players"]["curve"]["difference"] is None
    _, out, _ = evaluate("wild maml --tasks 5 --steps 0,5,40")
    assert "After 40 steps every task has diverged: nothing can be said about the loss." in out
    assert "curve: no task is left that has diverged in neither." in out


def test_a_game_is_told_player_by_player_without_a_verdict(evaluate: Evaluate) -> None:
    status, out, err = evaluate("gan gan --tasks 3")
    said = " ".join(out.split())
    assert (status, err) == (0, "") and max(map(len, out.splitlines())) <= 80
    assert "After 1 step the discriminator's loss is" in said and "After 1 step the generator's loss is" in said
    assert "is no proof of better samples" in said and "Adaptation" not in said
    assert "The losses do not compare: each player is judged by the other of its own run." in said
    assert "mmd2: the same in 3 tasks." in said


def test_long_paths_are_shown_at_some_steps_and_told_in_full(evaluate: Evaluate) -> None:
    words = "maml --tasks 2 --steps " + ",".join(map(str, range(40)))
    rows = [line for line in evaluate(words)[1].splitlines() if re.match(r"(curve)? +\d+ ", line)]
    assert len(rows) == 12 and rows[0].split()[1] == "0" and rows[-1].split()[0] == "39"
    assert len(strictly(evaluate(f"{words} --json")[1])["runs"][0]["players"]["curve"]) == 40


def test_notices_of_the_data_go_to_stderr(evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sinusoids, "notices", lambda self: ("train and test share\x1b[2J classes",))
    _, out, err = evaluate("maml --tasks 2 --json")
    assert err == "Note: train and test share\\x1b[2J classes\n" and strictly(out)


def test_an_interruption_is_clean(evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "score_run", interrupted)
    status, out, err = evaluate("maml")
    assert (status, out) == (130, "") and "Traceback" not in err and err.count("\n") <= 1


WRONG: dict[str, tuple[str, str]] = {
    "no run": ("", "Missing argument 'RUN'"),
    "nothing there": ("nowhere", "nowhere: there is no such run folder"),
    "no run folder": (".", "not a run folder"),
    "one of two": ("maml nowhere", "nowhere: there is no such run folder"),
    "no steps": ("maml --steps ,", "--steps: ',' is not a list of steps, as in 0,1,5"),
    "steps of words": ("maml --steps 0,many", "--steps: '0,many' is not"),
    "steps below 0": ("maml --steps=-1", "--steps: '-1' is not"),
    "steps without end": (f"maml --steps {'9' * 5000}", "--steps: '999"),
    "too many steps": ("maml --steps 1001", "steps: 1001 is not possible; 0 to 1,000 are"),
    "tasks of words": ("maml --tasks many", "'--tasks'"),
    "no tasks": ("maml --tasks 0", "tasks: 0 is not possible; 1 to 1,000,000 are"),
    "shots below 0": ("maml --shots -2", "shots: -2 is not possible"),
    "draws below 0": ("maml --support-draws -1", "support draws: -1 is not possible"),
    "a grid of one": ("maml --grid 1", "grid: 1 is not possible"),
    "a grid for none": ("strokes --grid 9", "grid: strokes has no even grid to score on; leave it out"),
    "too many shots": ("strokes --shots 99", "shots: 99 shots cannot be had: 99 shots and 4 query examples are 103"),
    "too many draws": ("strokes --shots 9 --support-draws 9", "shots, support draws: 9 shots × 9 draws cannot be had"),
    "runs on other tasks": ("maml gan", "gan: trained on densities, maml on sinusoids"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_in_one_line(evaluate: Evaluate, what: str) -> None:
    words, named = WRONG[what]
    status, out, err = evaluate(words)
    assert (status, out) == (2, "")
    assert err.startswith("metagen: ") and err.count("\n") == 1 and named in err and len(err) < 400


def test_a_run_without_a_checkpoint_is_named(evaluate: Evaluate, runs: Path, tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "experiment.json").write_bytes((runs / "maml" / "experiment.json").read_bytes())
    status, out, err = evaluate(str(tmp_path))
    assert (status, out) == (2, "")
    assert err.startswith(f"metagen: {tmp_path / 'checkpoints'}: holds no whole checkpoint yet; ")
    assert err.count("\n") == 1


def changed_by(changes: list[float], steps: int = 1) -> RunScores:
    """Scores of a one-player run whose losses change by `changes` from step 0 to the last."""
    losses = np.stack([np.full(len(changes), 10.0), 10.0 + np.array(changes)])
    run = cast(TrainedRun, None)
    return RunScores(run, (0, steps), (0, steps), {"vae": losses}, {}, np.zeros(losses.shape, bool))


def test_an_unclear_pair_says_so(runs: Path) -> None:
    run = open_run(runs / "maml")
    one, other = (replace(changed_by(changes), run=run) for changes in ([0.0, 0.0, 0.0], [1.0, -1.0, 0.3]))
    pair = Pair(other, one, {"vae": other.gain("vae")}, {}, "")
    assert list(about_pair(pair))[1] == "  vae: 0.1 ± 2.5 higher; lower in 1 of 3 tasks (no clear difference)."
