"""What is emptied, cut, changed or lost of a run is told in a sentence, and the second copy is used."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from metagen_gui.engine.events import Notice, StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.commands import Commands
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.library import list_runs, read_entry
from metagen_gui.engine.trained.export import export_initialization
from metagen_gui.engine.trained.trained_run import open_run

Tiny = Callable[..., Experiment]


@pytest.fixture
def run(tiny: Tiny, tmp_path: Path) -> Path:
    """A run that was stopped after two of its four steps, `inner_lr` having been changed after the first."""
    folder, commands = tmp_path / "run", Commands()
    experiment = tiny(values={"training.meta_steps": 4, "training.replay": False})
    with closing(meta_train(experiment, out=folder, commands=commands)) as events:
        for event in events:
            if isinstance(event, StepReport):
                commands.change("algorithm.inner_lr", 0.037)
                if event.meta_step == 2:
                    break
    return folder


def resumed(folder: Path) -> list[str]:
    return [event.text for event in resume_run(folder) if isinstance(event, Notice)]


def changed_digit(path: Path) -> None:
    text = path.read_text()
    place = text.index("0.1") + 2 if path.suffix == ".json" else max(text.rfind(digit) for digit in "0123456789")
    path.write_text(f"{text[:place]}{(int(text[place]) + 1) % 10}{text[place + 1 :]}")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "emptied": lambda path: path.write_text(""),
    "cut": lambda path: path.write_text(path.read_text()[: len(path.read_text()) // 2]),
    "gone": Path.unlink,
    "a digit": changed_digit,
    "no JSON": lambda path: path.write_text("{]"),
}


def test_a_run_that_is_whole_is_told_of_without_a_word(run: Path) -> None:
    assert open_run(run).notices == () and read_entry(run).problem == ""
    assert resumed(run) == ["Resumed at step 2."]


@pytest.mark.parametrize("how", DAMAGES)
def test_settings_come_from_the_second_copy(run: Path, tmp_path: Path, how: str) -> None:
    shutil.copytree(run, tmp_path / "whole")
    DAMAGES[how](run / "experiment.json")
    opened = open_run(run)
    (notice,) = opened.notices
    assert notice.startswith("experiment.json ") and notice.endswith("those in the checkpoint of step 2")
    assert opened.experiment == open_run(tmp_path / "whole").experiment
    assert notice in export_initialization(run, tmp_path / "export").summary
    (entry,) = (entry for entry in list_runs(tmp_path) if entry.folder == run)
    assert entry.state == "stopped" and entry.resumable and entry.problem.startswith("experiment.json: ")
    assert resumed(run) == [f"{notice}.", "Resumed at step 2."]
    assert (run / "experiment.json.damaged").exists() == (how != "gone"), "what was found is kept"
    assert open_run(run).notices == () and read_entry(run).problem == ""


@pytest.mark.parametrize("how", ["emptied", "cut", "gone", "a digit"])
@pytest.mark.parametrize("name", ["metrics.csv", "events.jsonl"])
def test_files_that_grow_are_compared_and_what_is_left_of_them_is_kept(
    run: Path, tmp_path: Path, name: str, how: str
) -> None:
    shutil.copytree(run, tmp_path / "whole")
    lines = (run / name).read_text().splitlines()
    DAMAGES[how](run / name)
    left = (run / name).read_text().splitlines() if how != "gone" else []
    if name == "metrics.csv" and how != "a digit":
        assert read_entry(run).problem == "metrics.csv is shorter than the run wrote it"
    told, _ = resumed(run)
    assert told.startswith(f"{name} is not as the run wrote it up to step 2: ") and "of its lines are left" in told
    assert (run / f"{name}.damaged").exists() == (how != "gone")
    assert len(resumed_lines := (run / name).read_text().splitlines()) > len(left) - 2
    if name == "metrics.csv":
        assert resumed_lines[0] == lines[0] and all(line in [*lines, *left, *resumed_lines] for line in resumed_lines)
        assert resumed_lines[-1].startswith("4,")
    assert resumed(tmp_path / "whole") == ["Resumed at step 2."]


def test_what_was_set_aside_before_stays(run: Path) -> None:
    """Files are damaged twice, with a resumed run that is broken off at once in between."""
    names = ("experiment.json", "metrics.csv", "events.jsonl")
    for end in (".damaged", ".damaged-2", ".damaged-3"):
        for name in names:
            (run / name).write_text(f"damaged: {end}")
        with closing(resume_run(run)) as events:
            told = [next(event for event in events if isinstance(event, Notice)).text for _ in range(3)]
        assert told[1].endswith(f"kept as metrics.csv{end}.") and told[2].endswith(f"kept as events.jsonl{end}.")
    for name in names:
        for end in (".damaged", ".damaged-2", ".damaged-3"):
            assert (run / f"{name}{end}").read_text() == f"damaged: {end}"


def test_another_name_of_a_column_is_noticed(run: Path) -> None:
    whole = (run / "metrics.csv").read_text()
    (run / "metrics.csv").write_text(whole.replace("train/diverged", "train/diverted"))
    told, _ = resumed(run)
    assert "metrics.csv is not as the run wrote it" in told
    assert (run / "metrics.csv").read_text().startswith(whole), "the names are right again, and all rows are there"


def test_weights_whose_manifest_is_lost_are_set_aside_with_a_word(run: Path) -> None:
    resumed(run)
    weights = {path.name: path.read_bytes() for path in (run / "checkpoints").glob("step-00000004*.safetensors")}
    (run / "checkpoints" / "step-00000004.json").unlink()
    told = resumed(run)
    assert told[0].startswith("No manifest vouches for step-00000004.optimizer.safetensors, step-00000004.safetensors")
    assert {name: (run / "checkpoints" / f"{name}.unvouched").read_bytes() for name in weights} == weights


def test_where_no_manifest_is_left_weights_are_set_aside_and_nothing_is_begun_anew(run: Path) -> None:
    weights = {path.name: path.read_bytes() for path in (run / "checkpoints").glob("step-00000002*.safetensors")}
    (run / "checkpoints" / "step-00000002.json").unlink()
    with pytest.raises(BadInput, match=r"weights without a manifest were set aside as \.unvouched"):
        resumed(run)
    assert {name: (run / "checkpoints" / f"{name}.unvouched").read_bytes() for name in weights} == weights


def test_settings_of_a_checkpoint_are_those_it_was_trained_with(run: Path, tmp_path: Path) -> None:
    assert json.loads((run / "experiment.json").read_text())["algorithm"]["settings"]["inner_lr"] != 0.037
    assert open_run(run).experiment.config("algorithm").inner_lr == 0.037
    exported = export_initialization(run, tmp_path / "export").folder
    assert json.loads((exported / "experiment.json").read_text())["algorithm"]["settings"]["inner_lr"] == 0.037


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_a_resumed_run_keeps_the_samples_of_an_uninterrupted_one(tiny: Tiny, tmp_path: Path, stop: int) -> None:
    experiment = tiny(values={"training.meta_steps": 4, "training.replay": False})
    list(meta_train(experiment, out=tmp_path / "whole"))
    with closing(meta_train(experiment, out=tmp_path / "left")) as events:
        next(event for event in events if isinstance(event, StepReport) and event.meta_step == stop)
    list(resume_run(tmp_path / "left"))
    samples = [
        {path.name: path.read_bytes() for path in (tmp_path / name / "samples").iterdir()} for name in ("whole", "left")
    ]
    assert samples[0].keys() == samples[1].keys()
