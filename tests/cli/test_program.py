"""The `metagen` command: what it does, what it prints where, and what it says when something is wrong."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from metagen_gui.cli.terminal.figures import Figures, duration, figure
from metagen_gui.cli.terminal.progress import Bar, Lines
from metagen_gui.engine.events import Event, RunStarted, StepReport, ValidationReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.store.checkpoint import load_checkpoint
from metagen_gui.engine.tasks.densities import Densities
from metagen_gui.engine.trained.export import load_export
from tests.cli.conftest import TINY, Metagen

ROOT = Path(__file__).parents[2]


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open(newline="") as file:
        return [{name: cell for name, cell in row.items() if name != "seconds"} for row in csv.DictReader(file)]


# -- start-up ----------------------------------------------------------------------------------------------------------


def test_help_and_version_come_without_torch() -> None:
    script = """
import sys
from metagen_gui.cli import main
for words in (["--help"], ["train", "--help"], ["--version"], []):
    try:
        main(words)
    except SystemExit as end:
        assert not end.code, words
assert not {"torch", "PySide6", "numpy"} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: metagen train" in done.stdout
    assert "\nMetaGen " in done.stdout


def test_a_run_and_the_window_import_nothing_of_what_they_do_without(tmp_path: Path) -> None:
    """Neither of the queue nor of other machines, and of several processes only what tells that there are none."""
    script = (
        "import sys\nimport metagen_gui.gui.window.main_window\nfrom metagen_gui.cli import main\n"
        "try:\n    main()\nfinally:\n"
        "    rooms = tuple(f'metagen_gui.engine.{room}.' for room in ('queue', 'hosts', 'ranks'))\n"
        "    print(*[name for name in sys.modules if f'{name}.'.startswith(rooms) and name != rooms[2][:-1]])"
    )
    words = [sys.executable, "-c", script, "train", *(word for one in TINY for word in ("--set", one))]
    words += ["--meta-steps", "1", "--no-previews", "--out", str(tmp_path / "run")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "metagen_gui.engine.ranks.place"


# -- training ----------------------------------------------------------------------------------------------------------


def test_training_names_its_folder_and_fills_it(metagen: Metagen, tmp_path: Path) -> None:
    done = metagen.train("--out", tmp_path / "run", "--meta-steps", 4, "--device", "cpu")
    assert done.status == 0
    assert done.out.startswith("Finished 4 steps in ") and done.out.endswith(f": {tmp_path / 'run'}\n")
    assert "MAML · VAE · 2-D densities · cpu" in done.err
    assert "step 4 of 4" in done.err and "training vae " in done.err and " → " in done.err
    assert "\x1b" not in done.err
    assert load_checkpoint(tmp_path / "run" / "checkpoints").meta_step == 4
    assert list((tmp_path / "run" / "samples").iterdir())
    experiment = Experiment.load(tmp_path / "run")
    assert (experiment.config("model").width, experiment.config("training").meta_steps) == (8, 4)


def test_a_run_folder_is_an_experiment_and_previews_change_nothing(metagen: Metagen, tmp_path: Path) -> None:
    metagen.train("--out", tmp_path / "first", "--set", "training.seed=3")
    done = metagen("train", tmp_path / "first", "--out", tmp_path / "again", "--no-previews")
    assert done.status == 0
    assert rows(tmp_path / "again") == rows(tmp_path / "first")
    assert not list((tmp_path / "again" / "samples").iterdir())


def test_plugins_are_chosen_before_their_settings(metagen: Metagen, tmp_path: Path) -> None:
    words = ("--set", "model.penalty=0.5", "--set", "model.name=gan", "--out", tmp_path / "run")
    assert metagen.train(*words).status == 0
    experiment = Experiment.load(tmp_path / "run")
    assert (experiment.model, experiment.config("model").penalty) == ("gan", 0.5)


def test_without_a_folder_the_run_goes_where_runs_live(metagen: Metagen, own_folders: Path) -> None:
    folder = Path(metagen.train("--meta-steps", 1).out.rpartition(": ")[2].strip())
    assert folder.is_relative_to(own_folders) and (folder / "metrics.csv").is_file()


def test_notices_are_printed(metagen: Metagen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Densities, "notices", lambda self: ("3 of [512] files skipped",))
    assert "Note: 3 of [512] files skipped\n" in metagen.train("--out", tmp_path / "run").err


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopping_keeps_what_was_learned(
    metagen: Metagen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, status: int
) -> None:
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    def interrupt(self: Lines, event: Event) -> None:
        if isinstance(event, StepReport) and event.meta_step == 2:
            signal.raise_signal(number)

    monkeypatch.setattr(Lines, "refresh", interrupt)
    done = metagen.train("--out", tmp_path / "run", "--meta-steps", 1000)
    assert done.status == status
    assert done.out == f"Stopped after step 2 of 1,000; what was learned is in {tmp_path / 'run'}\n"
    assert load_checkpoint(tmp_path / "run" / "checkpoints").meta_step == 2
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers


def test_a_run_that_breaks_gives_one_line_and_a_log(
    metagen: Metagen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = MetaLearner.step

    def breaks(self: MetaLearner) -> StepReport:
        if self.meta_step == 2:
            raise ArithmeticError("lost\nthe thread")
        return step(self)

    monkeypatch.setattr(MetaLearner, "step", breaks)
    done = metagen.train("--out", tmp_path / "run")
    log = tmp_path / "run" / "error.log"
    assert (done.status, done.out) == (1, "")
    assert done.err.endswith(f"\nmetagen: ArithmeticError: lost the thread; the details are in {log}\n")
    assert "Traceback" not in done.err
    assert "Traceback" in log.read_text() and "in breaks" in log.read_text()
    assert load_checkpoint(tmp_path / "run" / "checkpoints").meta_step == 2


# -- what is wrong gets one line ---------------------------------------------------------------------------------------


# -- plugins -----------------------------------------------------------------------------------------------------------


# -- export ------------------------------------------------------------------------------------------------------------


def test_export_writes_and_prints_the_lines_that_load_it(metagen: Metagen, tmp_path: Path) -> None:
    metagen.train("--out", tmp_path / "run")
    done = metagen("export", tmp_path / "run", "--to", tmp_path / "init")
    assert (done.status, done.err) == (0, "")
    assert "after 3 outer steps" in done.out and f"load_export({str(tmp_path / 'init')!r})" in done.out
    adapted = metagen("export", tmp_path / "run", "--to", tmp_path / "adapted", "--task", 0, "--steps", 1)
    assert adapted.status == 0 and "in 1 step: " in adapted.out
    assert [load_export(tmp_path / name).kind for name in ("init", "adapted")] == ["initialization", "adapted"]


# -- figures -----------------------------------------------------------------------------------------------------------


def game(figures: Figures, clock: list[float]) -> None:
    """Feed a run of two players, two steps a second, to the tenth of a hundred steps."""
    figures.add(RunStarted(Path("/runs/one"), ("discriminator", "generator"), 3, 100, "cpu", 1234))
    losses: dict[str, Any] = {"discriminator": np.array([1.5, 1.4, 1.3, 1.2]), "generator": np.array([2.0, 1, 1, 0.5])}
    figures.add(ValidationReport(0, 0.0, losses, losses, tasks=2))
    for step in range(1, 11):
        clock[0] += 0.5
        figures.add(StepReport(step, clock[0], {"discriminator": 1.386, "generator": 250.04}, diverged=step == 10))


def test_figures_tell_speed_and_time_left() -> None:
    clock = [100.0]
    figures = Figures(lambda: clock[0])
    assert figures.speed is None
    game(figures, clock)
    assert figures.pace() == ["step 10 of 100", "2 steps/s", "45 s left"]
    clock[0] += 1000  # a long step: the speed is that of the last steps, not of the whole run
    for step in range(11, 101):
        clock[0] += 0.25
        figures.add(StepReport(step, 0.0, {}))
    assert figures.pace() == ["step 100 of 100", "4 steps/s"]


def test_the_bar_shows_every_player_in_eighty_columns() -> None:
    clock = [0.0]
    figures = Figures(lambda: clock[0])
    shown = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    bar = Bar(shown, Experiment(), figures)
    shown.print(bar)
    game(figures, clock)
    shown.print(bar)
    assert isinstance(shown.file, io.StringIO)
    lines = [" ".join(line.split()) for line in shown.file.getvalue().splitlines()]
    assert lines[0].endswith("Preparing")
    assert lines[1].startswith("Meta-training ━") and lines[1].endswith("step 10 of 100 · 2 steps/s · 45 s left")
    assert lines[2:] == [
        "Query loss training validation, adaptation step 0 → 3",
        "discriminator 1.386 1.500 → 1.200",
        "generator 250.0 2.000 → 0.500",
        "In the last step the loss of 1 task was not finite.",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.7, "1 min"), (200, "3 min 20 s"), (3000, "50 min"), (3900, "1 h 5 min"), (200_000, "2 d 7 h")],
)
def test_lengths_of_time(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.12345, "0.123"), (-187.24, "-187.2"), (12345.6, "12,346"), (3.62e25, "3.62e+25"), (float("inf"), "inf")],
)
def test_losses_as_text(value: float, text: str) -> None:
    assert figure(value) == text
    assert figure(float("nan")) == "–"


def test_an_empty_home_counts_as_unset(tmp_path: Path) -> None:
    empty = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"), "")
    asked = (
        "from metagen_gui.__main__ import forget_empty_folders; forget_empty_folders(); import os; print(*os.environ)"
    )
    told = subprocess.run([sys.executable, "-c", asked], env={**os.environ, **empty}, capture_output=True, text=True)
    assert not {*empty} & {*told.stdout.split()} and "PATH" in told.stdout.split()
