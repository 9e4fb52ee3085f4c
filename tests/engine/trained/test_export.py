"""Exports come back the same, stand on their own, and what cannot be one is named."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from metagen_gui.engine.data.spec import DataSpec
from metagen_gui.engine.events import RunStarted, Saved
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.models.base import PlayerParams, adapted_groups
from metagen_gui.engine.models.vae import Vae
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Config
from metagen_gui.engine.store.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from metagen_gui.engine.tasks.base import Stream, Task, TaskFamily, task_families
from metagen_gui.engine.trained.export import export_adapted, export_initialization, load_export
from tests.engine.cells import diagonal, home
from tests.engine.trained.conftest import edit, run, tiny

ROOT = Path(__file__).parents[3]


# -- the same comes back -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("algorithm", "model"), diagonal(1))
def test_every_algorithm_and_model_comes_back_the_same(
    tiny: Callable[..., Experiment], algorithm: str, model: str, tmp_path: Path
) -> None:
    experiment = tiny(home(model), model, algorithm, {"training.meta_steps": 1})
    folder = run(experiment, tmp_path / "run")
    learned = load_checkpoint(folder / "checkpoints").meta
    loaded = load_export(export_initialization(folder, tmp_path / "export").folder)

    assert {player: set(values) for player, values in loaded.weights.items()} == {p: set(v) for p, v in learned.items()}
    for player, values in learned.items():
        for name, value in values.items():
            assert torch.equal(value, loaded.weights[player][name])
    assert not any(name.startswith("@") for values in loaded.parameters.values() for name in values)
    assert loaded.sample(3).shape == (3, *loaded.spec.shape)
    adapted = load_export(export_adapted(folder, tmp_path / "adapted", task_index=0).folder)
    assert adapted.kind == "adapted"
    assert not torch.equal(adapted.sample(3), loaded.sample(3))


def test_a_run_that_goes_on_is_exported_as_it_was_saved(tmp_path: Path) -> None:
    """And whoever gets it is told of which step it is."""
    folder = tmp_path / "run"
    going = meta_train(tiny(training__checkpoint_steps=1), out=folder, previews=False)
    next(event for event in going if isinstance(event, RunStarted))
    with pytest.raises(BadInput, match="no whole checkpoint yet; a run that goes on saves every few minutes"):
        export_initialization(folder, tmp_path / "none")
    next(event for event in going if isinstance(event, Saved))
    early = export_initialization(folder, tmp_path / "early")
    adapted = export_adapted(folder, tmp_path / "adapted", task_index=0)
    list(going)
    late = export_initialization(folder, tmp_path / "late")
    told = "The run had been saved after 1 of 2 outer steps."
    assert told in early.summary and told in adapted.summary and "had been saved" not in late.summary
    steps = [json.loads((done.folder / "export.json").read_text())["meta_step"] for done in (early, adapted, late)]
    assert steps == [1, 1, 2]


def test_samples_follow_from_the_seed(exported: Path) -> None:
    model = load_export(exported)
    assert torch.equal(model.sample(5, seed=1), load_export(exported).sample(5, seed=1))
    assert not torch.equal(model.sample(5, seed=1), model.sample(5, seed=2))
    assert not model.sample(5).requires_grad


def test_an_adapted_export_is_the_initialization_after_that_many_steps(
    points_run: Path, exported: Path, tmp_path: Path
) -> None:
    result = export_adapted(points_run, tmp_path / "adapted", task_index=1, steps=3)
    experiment = Experiment.load(points_run)
    training = experiment.config("training")
    task = experiment.build_tasks().task("validation", 1, training.shots, training.query_size)
    by_hand = load_export(exported).adapt(task.support, 3)
    written = load_export(result.folder)

    assert torch.equal(written.sample(4), by_hand.sample(4))
    start = load_export(exported).parameters["vae"]
    changed = {name for name, value in written.parameters["vae"].items() if not torch.equal(value, start[name])}
    moving = adapted_groups(experiment.plugin("model"), "default")
    assert changed == {name for name in start if by_hand.algorithm.model.group_of("vae", name) in moving}
    about = json.loads((result.folder / "export.json").read_text())
    assert (about["adaptation_steps"], about["examples"]) == (3, training.shots)
    assert about["adapted_to"] == f"validation task 1 ({task.name})"
    assert f"examples of a validation task ({task.name}) in 3 steps" in result.summary, (
        "windows and programs count apart"
    )


def test_an_adapted_export_holds_what_its_samples_are_made_with(
    points_run: Path, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loaded alone it knows no start of adaptation to be guided away from."""
    monkeypatch.setattr(Vae, "for_sampling", lambda self, adapted, start: twice(adapted, start))
    there = load_export(exported).adapt(points_of_a_task(points_run)).parameters
    monkeypatch.undo()
    plain = load_export(exported).adapt(points_of_a_task(points_run)).parameters
    expected = twice(plain, load_export(exported).parameters)
    assert all(torch.equal(value, expected["vae"][name]) for name, value in there["vae"].items())
    assert not torch.equal(there["vae"]["context"], plain["vae"]["context"])


def twice(adapted: PlayerParams, start: PlayerParams) -> PlayerParams:
    """Return parameters twice as far from `start` as `adapted`."""
    return {player: {n: 2 * v - start[player][n] for n, v in values.items()} for player, values in adapted.items()}


def points_of_a_task(folder: Path) -> np.ndarray:
    return Experiment.load(folder).build_tasks().task("validation", 0, 5, 5).support


def test_no_steps_give_the_initialization(points_run: Path, exported: Path, tmp_path: Path) -> None:
    written = load_export(export_adapted(points_run, tmp_path / "adapted", task_index=0, steps=0).folder)
    assert torch.equal(written.sample(4), load_export(exported).sample(4))


def test_a_model_adapts_to_images_and_outlives_its_data(pictures: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(pictures, tmp_path / "data"))
    settings = {"tasks__name": "images", "tasks__path": str(data), "tasks__size": 16, "training__query_size": 2}
    folder = run(tiny(**settings), tmp_path / "run")
    result = export_adapted(folder, tmp_path / "adapted", images=data / "high", steps=2)
    shutil.rmtree(data)
    shutil.rmtree(folder)

    model = load_export(result.folder)
    assert json.loads((result.folder / "export.json").read_text())["examples"] == 16
    samples = model.sample(3)
    assert samples.shape == (3, 1, 16, 16)
    assert samples.min() >= 0 and samples.max() <= 1


def test_the_lines_of_python_load_and_sample(points_run: Path, tmp_path: Path) -> None:
    initialization = export_initialization(points_run, tmp_path / "it's a folder")
    adapted = export_adapted(points_run, tmp_path / "adapted", task_index=0)
    earlier = adapted.code.replace("metagen_gui.api", "metagen_gui.engine.export")
    assert earlier != adapted.code
    script = f"{initialization.code}\nassert samples.shape == (16, 2)\n{earlier}\n{adapted.code}\nprint(*samples.shape)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("16 2\n", "")


# -- where it is written -----------------------------------------------------------------------------------------------


# -- what cannot be exported -------------------------------------------------------------------------------------------


def test_wrong_requests_are_named(points_run: Path, pictures: Path, tmp_path: Path) -> None:
    to = tmp_path / "export"
    wrong: list[tuple[str, Callable[[], object]]] = [
        ("images", lambda: export_adapted(points_run, to, images=pictures)),
        ("task", lambda: export_adapted(points_run, to, task_index=-1)),
        ("steps", lambda: export_adapted(points_run, to, task_index=0, steps=-1)),
        ("steps", lambda: export_adapted(points_run, to, task_index=0, steps=1_000_000)),
        ("export", lambda: export_adapted(points_run, to)),
        (str(tmp_path / "none"), lambda: export_initialization(tmp_path / "none", to)),
        (str(pictures), lambda: export_initialization(pictures, to)),
        ("x" * 300, lambda: export_initialization(Path("x" * 300), to)),
        (
            str(pictures / "low" / "0.png"),
            lambda: export_initialization(points_run, pictures / "low" / "0.png" / "new"),
        ),
    ]
    for where, request in wrong:
        with pytest.raises(BadInput) as refused:
            request()
        assert refused.value.where == where
        assert not to.exists()


def test_a_run_that_learned_nothing_finite_is_refused(points_run: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(points_run, tmp_path / "run"))
    learned = load_checkpoint(folder / "checkpoints").meta
    learned["vae"]["context"][0] = torch.nan
    save_checkpoint(folder / "checkpoints", Checkpoint(3, learned))
    with pytest.raises(BadInput, match="not all parameters are finite"):
        export_initialization(folder, tmp_path / "export")


@pytest.mark.parametrize(
    "examples", [torch.zeros(2), torch.zeros(3, 3), torch.zeros(0, 2), torch.full((2, 2), torch.nan)]
)
def test_examples_of_another_kind_are_refused(exported: Path, examples: torch.Tensor) -> None:
    with pytest.raises(BadInput, match="examples"):
        load_export(exported).adapt(examples)


def test_an_adapted_model_does_not_adapt_again(exported: Path) -> None:
    model = load_export(exported)
    with pytest.raises(BadInput, match="adapted already"):
        model.adapt(torch.zeros(2, 2)).adapt(torch.zeros(2, 2))


# -- what is not believed ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChordSpec(DataSpec):
    """Data of a plugin's own kind, with a field that it adds."""

    loudest: float = 1.0
    kind = "chords"

    def is_possible(self) -> bool:
        return self.shape == (3,)

    def to_show(self, values: Any) -> Any:
        return values


class Chords(TaskFamily):
    title, summary = "Chords", "Three tones at once."
    Settings = Config
    spec: DataSpec = ChordSpec((3,), loudest=2.0)

    def task(self, stream: Stream, index: int, shots: int, query_size: int) -> Task:
        tones = self.generator(stream, index).random((shots + query_size, 3), np.float32)
        return Task(f"chord {index}", tones[:shots], tones[shots:])


class Untold(Chords):
    """Says what an example is only once it has been made."""

    def __init__(self, settings: Any, seed: int) -> None:
        super().__init__(settings, seed)
        self.spec = ChordSpec((3,), loudest=3.0)

    @classmethod
    def spec_of(cls, settings: Any) -> None:
        return None


def test_data_of_a_familys_own_kind_is_exported_and_read_by_its_own_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_families, "_plugins", {**dict(task_families.items())})
    task_families.register("chords")(Chords)
    folder = export_initialization(run(tiny(tasks__name="chords"), tmp_path / "run"), tmp_path / "export").folder
    model = load_export(folder)
    assert model.spec == Chords.spec and model.sample(2).shape == (2, 3)
    edit(folder, data={"kind": "chords", "shape": [4]})
    with pytest.raises(BadInput, match="chords of shape"):
        load_export(folder)
    task_families.register("untold")(Untold)
    with pytest.raises(BadInput, match=r"^tasks.name: untold has data of its own kind, chords, which its spec_of"):
        run(tiny(tasks__name="untold"), tmp_path / "never")
    assert not (tmp_path / "never" / "checkpoints").exists()
