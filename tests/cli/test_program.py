"""The `metagen` command: what it does, what it prints where, and what it says when something is wrong."""

from __future__ import annotations

import csv
import io
import json
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
from metagen_gui.engine.algorithms.base import algorithms
from metagen_gui.engine.events import Event, RunStarted, StepReport, ValidationReport
from metagen_gui.engine.experiment import REGISTRIES, Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.plugins import PLUGINS
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import settings_of
from metagen_gui.engine.store.checkpoint import load_checkpoint
from metagen_gui.engine.tasks.base import Stream, Task
from metagen_gui.engine.tasks.densities import Densities
from metagen_gui.engine.trained.export import load_export
from tests.cli.conftest import Done, Metagen

ROOT = Path(__file__).parents[2]
TINY = [
    "tasks.name=densities",
    "model.width=8",
    "algorithm.adaptation_steps=1",
    "training.meta_batch_size=2",
    "training.validation_tasks=2",
    "training.preview_tasks=1",
    "training.meta_steps=3",
    "training.device=cpu",
]


class Command(Metagen):
    """Runs the command, and tiny trainings."""

    def train(self, *arguments: object) -> Done:
        return self("train", *(word for one in TINY for word in ("--set", one)), *arguments)


@pytest.fixture
def metagen(capsys: pytest.CaptureFixture[str], reading_here: None) -> Command:
    return Command(capsys)


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


def test_training_names_its_folder_and_fills_it(metagen: Command, tmp_path: Path) -> None:
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


def test_a_run_folder_is_an_experiment_and_previews_change_nothing(metagen: Command, tmp_path: Path) -> None:
    metagen.train("--out", tmp_path / "first", "--set", "training.seed=3")
    done = metagen("train", tmp_path / "first", "--out", tmp_path / "again", "--no-previews")
    assert done.status == 0
    assert rows(tmp_path / "again") == rows(tmp_path / "first")
    assert not list((tmp_path / "again" / "samples").iterdir())


def test_plugins_are_chosen_before_their_settings(metagen: Command, tmp_path: Path) -> None:
    words = ("--set", "model.penalty=0.5", "--set", "model.name=gan", "--out", tmp_path / "run")
    assert metagen.train(*words).status == 0
    experiment = Experiment.load(tmp_path / "run")
    assert (experiment.model, experiment.config("model").penalty) == ("gan", 0.5)


def test_without_a_folder_the_run_goes_where_runs_live(metagen: Command, own_folders: Path) -> None:
    folder = Path(metagen.train("--meta-steps", 1).out.rpartition(": ")[2].strip())
    assert folder.is_relative_to(own_folders) and (folder / "metrics.csv").is_file()


def test_notices_are_printed(metagen: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Densities, "notices", lambda self: ("3 of [512] files skipped",))
    assert "Note: 3 of [512] files skipped\n" in metagen.train("--out", tmp_path / "run").err


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopping_keeps_what_was_learned(
    metagen: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, status: int
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
    metagen: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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

WRONG: dict[str, tuple[str, str]] = {
    "a command": ("trian", "trian"),
    "an option": ("train --no-such-option", "--no-such-option"),
    "an option's value": ("train --meta-steps many", "--meta-steps"),
    "a value out of range": ("train --meta-steps 0", "training.meta_steps: 0 is too low"),
    "a setting's value": ("train --set algorithm.inner_lr=-1", "algorithm.inner_lr: -1 is too low"),
    "a setting's name": ("train --set algorithm.inner=1", "algorithm.inner: there is no such setting"),
    "a section": ("train --set models.name=gan", "models.name: "),
    "no assignment": ("train --set seed", "seed: write PATH=VALUE"),
    "an assignment of nothing": ("train --set =", '"=": write PATH=VALUE'),
    "a file for a folder": ("train --out broken.json", "broken.json: is a file, not a folder"),
    "a number without end": (f"train --set training.seed={'9' * 5000}", "training.seed: "),
    "a plugin": ("train --set model.name=gann", "model.name: there is no 'gann'"),
    "a device": ("train --device cuda:77", "training.device: there is no 'cuda:77'"),
    "a file": ("train nowhere.json", "nowhere.json: No such file"),
    "a file that is not JSON": ("train broken.json", "broken.json: not JSON (line 2)"),
    "a file that is not text": ("train binary.json", "binary.json: not an experiment file"),
    "a number too long for Python": ("train long.json", "long.json: not JSON"),
    "a file with a wrong value": ("train wrong.json", "training.shots: 0 is too low"),
    "a folder without an experiment": ("train empty", "empty/experiment.json: No such file"),
    "a folder that is taken": ("train --out .", "the folder for a new run must be empty"),
    "a folder of images": (
        "train --set tasks.name=images --set tasks.path=nowhere",
        "tasks.path: nowhere does not exist",
    ),
    "no folder": ("export empty", "--to"),
    "a run": ("export nowhere --to new", "nowhere: there is no such run folder"),
    "not a run": ("export empty --to new", "empty: not a run folder"),
    "two sources": ("export empty --to new --task 0 --images .", "--task, --images: give one of them"),
    "a rate that is no number of the engine": (
        'train --set algorithm.group_rates={"prior":1e300}',
        "algorithm.group_rates: 'prior': 1e+300 is too high; the highest value is 1,000,000",
    ),
    "steps for nothing": ("export empty --to new --steps 3", "steps: an initialization takes no steps"),
    "no language": ("export empty --to new --language tlh", "language: there is no 'tlh'; there are en, zh_CN"),
    "no format": ("export empty --to new --format docx", "format.name: there is no 'docx'; there are adapted, "),
    "a format of adapted models": ("export empty --to new --format adapted", "adapted: say what it adapts to"),
    "a format that does not adapt": ("export empty --to new --format initialization --task 0", "initialization: "),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_in_one_line(
    metagen: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.json").write_text('{"version": 1,\n')
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "long.json").write_text("9" * 5000)
    (tmp_path / "wrong.json").write_text('{"training": {"shots": 0}}')
    words, named = WRONG[what]
    done = metagen(*words.split())
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("metagen: ") and done.err.count("\n") == 1 and done.err.endswith("\n")
    assert named in done.err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["two\nlines.json", "red\x1b[31m.json", "not utf-8 \udcff.json"])
def test_a_name_cannot_break_the_line_or_steer_the_terminal(metagen: Command, name: str) -> None:
    done = metagen("train", name)
    assert done.status == 2
    assert done.err.count("\n") == 1 and done.err.rstrip("\n").isprintable()


def test_an_unforeseen_fault_gives_one_line_and_a_log(
    metagen: Command, tmp_path: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise KeyError("forgotten")

    monkeypatch.setattr("metagen_gui.engine.exports.writing.export", breaks)
    done = metagen("export", tmp_path, "--to", tmp_path / "new")
    assert done.status == 1
    assert done.err.startswith("metagen: KeyError: 'forgotten'; the details are in ") and done.err.count("\n") == 1
    log = Path(done.err.rpartition(" in ")[2].strip())
    assert log.is_relative_to(own_folders) and "in breaks" in log.read_text()


def test_data_that_vanishes_in_a_run_is_the_runs_failure(
    metagen: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 1, in the words of whoever noticed, and the folder is kept."""
    own = Densities.task

    def task(self: Densities, stream: Stream, index: int, shots: int, query_size: int) -> Task:
        if stream == "train" and index >= 2:
            raise BadInput("tasks.path", "gone")
        return own(self, stream, index, shots, query_size)

    monkeypatch.setattr(Densities, "task", task)
    done = metagen.train("--out", tmp_path / "run")
    assert done.status == 1
    last = done.err.splitlines()[-1]
    assert last == f"metagen: tasks.path: gone; the details are in {tmp_path / 'run' / 'error.log'}"
    assert load_checkpoint(tmp_path / "run" / "checkpoints").meta_step == 1


def test_a_long_value_is_named_shortly(metagen: Command) -> None:
    long = "x" * 100_000
    for words in ("algorithm.inner_lr=", "model.name=", "training.device=", "algorithm.", "tasks", ""):
        done = metagen("train", "--set", words + long)
        assert done.status == 2 and len(done.err) < 500, words


def test_names_in_notices_and_results_cannot_steer_the_terminal(
    metagen: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Densities, "notices", lambda self: ("class \x1b[31mred\x07",))
    done = metagen.train("--out", tmp_path / "run\x1b[2J")
    assert done.status == 0 and "\x1b" not in done.out + done.err and "\x07" not in done.err
    assert "class \\x1b[31mred\\x07\n" in done.err and done.out.endswith("run\\x1b[2J\n")


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_closed_stream_is_no_fault(
    metagen: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    """As after `>&-`, where Python has None for the stream."""
    monkeypatch.setattr(sys, closed, None)
    done = metagen.train("--out", tmp_path / "run")
    getattr(sys, closed).close()
    monkeypatch.undo()
    assert done.status == 0 and not (done.err if closed == "stderr" else done.out)
    assert load_checkpoint(tmp_path / "run" / "checkpoints").meta_step == 3


# -- plugins -----------------------------------------------------------------------------------------------------------


def test_the_json_names_every_plugin_and_setting(metagen: Command) -> None:
    done = metagen("plugins", "--json")
    listed = json.loads(done.out)
    assert (done.status, done.err, listed["version"]) == (0, "", 1)
    assert list(listed) == [
        "version",
        "tasks",
        "model",
        "algorithm",
        "training",
        "metric",
        "health",
        "problems",
        "packages",
    ]
    for section, registry in REGISTRIES.items():
        assert [plugin["name"] for plugin in listed[section]] == list(registry.names())
        for plugin, (_, registered) in zip(listed[section], registry.items(), strict=True):
            assert {"title", "summary", "reference"} <= set(plugin)
            assert [item["name"] for item in plugin["settings"]] == [s.name for s in settings_of(registered.Settings)]
    for section in ("metric", "health"):
        assert [plugin["name"] for plugin in listed[section]] == list(PLUGINS[section].names())
        assert all(plugin["title"] and plugin["summary"] for plugin in listed[section])
    shots = next(item for item in listed["training"] if item["name"] == "shots")
    assert {"name", "kind", "default", "low", "high", "unit", "help", "live", "choices"} <= set(shots)
    assert (shots["kind"], shots["default"], shots["low"], shots["unit"]) == ("integer", 5, 1, "examples")


def test_the_json_survives_a_stdout_that_is_not_utf8(metagen: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with PYTHONIOENCODING=ascii."""
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", out := io.TextIOWrapper(io.BytesIO(), "ascii"))
        done = metagen("plugins", "--json")
        out.flush()
    assert (done.status, done.err) == (0, "") and "×" in str(json.loads(out.buffer.getvalue()))  # type: ignore[attr-defined]


def test_the_json_gives_the_defaults_that_hold_for_a_plugin(metagen: Command) -> None:
    listed = json.loads(metagen("plugins", "--json").out)
    assert [plugin["name"] for plugin in listed["algorithm"]] == list(algorithms.names())
    for plugin in listed["algorithm"]:
        adapts = next(item["default"] for item in plugin["settings"] if item["name"] == "adapts")
        assert adapts == Experiment(algorithm=plugin["name"], tasks="strokes", model="vae").config("algorithm").adapts


def test_the_list_for_people_names_everything(metagen: Command) -> None:
    done = metagen("plugins")
    assert done.status == 0
    words = set(done.out.split())
    for kind, registry in PLUGINS.items():
        for name, plugin in registry.items():
            settings = settings_of(plugin.Settings) if kind in REGISTRIES else ()
            assert {name, *(item.name for item in settings)} <= words
    assert max(map(len, done.out.splitlines())) <= 80
    assert {"10,000,000", "2,147,483,647"} <= words, "ranges are written out"


# -- export ------------------------------------------------------------------------------------------------------------


def test_export_writes_and_prints_the_lines_that_load_it(metagen: Command, tmp_path: Path) -> None:
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
