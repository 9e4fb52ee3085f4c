"""Runs scored on the tasks of another experiment: what fits, which tasks they are, and whether any was seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from metagen_gui.cli.evaluate import document
from metagen_gui.cli.evaluation.text import what_was_done
from metagen_gui.engine.data.image_files import contents
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.held_out import Request, choose_tasks, compare, score_run
from metagen_gui.engine.held_out.chosen_tasks import BY_BYTES
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.trained.trained_run import TrainedRun, open_run

Tiny = Callable[..., Experiment]


def pictures(root: Path, *, seed: int, classes: int = 12) -> Path:
    """Classes of eight pictures, called alike whatever the seed."""
    for label in range(classes):
        (root / f"class {label:02}").mkdir(parents=True)
        for number in range(8):
            values = np.random.default_rng((seed, label, number)).integers(0, 255, (12, 12))
            Image.fromarray(values.astype(np.uint8)).save(root / f"class {label:02}" / f"{number}.png")
    return root


@pytest.fixture
def trained(tiny: Tiny, tmp_path: Path) -> Callable[..., TrainedRun]:
    def make(name: str, *plugins: str, **values: Any) -> TrainedRun:
        experiment = tiny(*plugins, values={"training.meta_steps": 1, **values})
        list(meta_train(experiment, out=tmp_path / name, previews=False))
        return open_run(tmp_path / name)

    return make


def asked(path: Path, **tasks: Any) -> Request:
    path.write_text(json.dumps({"version": 1, "tasks": tasks, "training": {"seed": 7}}))
    return Request(tasks=3, tasks_from=path)


def test_a_run_is_scored_on_the_tasks_of_the_other_experiment_by_its_seed(
    trained: Callable[..., TrainedRun], tmp_path: Path
) -> None:
    run = trained("run", "strokes")
    request = asked(tmp_path / "other.json", name="strokes", settings={"size": 16, "characters": "invented", "pen": 3})
    chosen, own = choose_tasks([run], request), choose_tasks([run], Request(tasks=3))
    task = chosen.family.task("test", 1, chosen.shots, chosen.query_size)
    np.testing.assert_array_equal(chosen.draws(1)[0][1], task.query)
    assert (chosen.family.seed, chosen.family.settings.pen) == (7, 3) and task.name.split("/")[0] in chosen.groups
    assert not np.array_equal(task.query, own.draws(1)[0][1])
    said = what_was_done(chosen)
    assert f"Strokes of {tmp_path / 'other.json'} that no run has seen (stream test, seed 7)" in said
    found, before = score_run(run, chosen, request), score_run(run, own, Request(tasks=3))
    assert not np.array_equal(found.losses["vae"], before.losses["vae"])
    told = document(chosen, [found], [])["tasks"]
    assert (told["family"], told["from"], told["seed"], told["doubts"], told["remarks"]) == (
        *("strokes", str(tmp_path / "other.json"), 7),
        *([], []),
    )
    assert document(own, [before], [])["tasks"]["from"] is None


def test_runs_that_were_trained_on_different_tasks_compare_on_a_third(
    trained: Callable[..., TrainedRun], tmp_path: Path
) -> None:
    runs = [trained("strokes", "strokes"), trained("images", "images")]
    request = asked(
        tmp_path / "o.json", name="images", settings={"size": 16, "path": str(pictures(tmp_path / "p", seed=1))}
    )
    with pytest.raises(BadInput, match="only runs on the same tasks compare"):
        choose_tasks(runs, Request(tasks=3))
    chosen = choose_tasks(runs, request)
    assert chosen.doubts == (f"{runs[1].folder}: {BY_BYTES}",), "what is made is in no picture that was found"
    assert "of Images of" in what_was_done(chosen) and "that no run has seen" not in what_was_done(chosen)
    first, later = (score_run(run, chosen, request) for run in runs)
    pair = compare(later, first)
    difference = (later.losses["vae"][-1] - first.losses["vae"][-1]).mean()
    assert not pair.objection and pair.players["vae"].mean == pytest.approx(difference)


def test_what_was_seen_is_found_by_contents_and_not_by_names(
    trained: Callable[..., TrainedRun], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, others = pictures(tmp_path / "own", seed=0), pictures(tmp_path / "others", seed=1)
    run = trained("run", "images", **{"tasks.path": str(own)})
    request = asked(tmp_path / "o.json", name="images", settings={"size": 16, "path": str(others)})
    alone = (f"{run.folder}: {BY_BYTES}",)
    assert choose_tasks([run], request).doubts == alone, "of other pictures, though every class is called alike"
    test = choose_tasks([run], request).family.layout.streams["test"][0].name
    learned = run.family.layout.streams["train"][0].name
    (others / test / "copy.png").write_bytes((own / learned / "0.png").read_bytes())
    (doubt,) = (chosen := choose_tasks([run], request)).doubts
    assert doubt == (f"{run.folder} was trained on, or validated with, pictures of what is scored here (1: {test})")
    assert "that no run has seen" not in what_was_done(chosen)
    monkeypatch.setattr(contents, "READ_AT_MOST", 0)
    *_, doubt = choose_tasks([open_run(run.folder)], request).doubts
    assert doubt == f"whether {run.folder} was trained on any of these was not checked"


def test_a_run_whose_own_pictures_are_gone_is_scored_and_that_is_told(
    trained: Callable[..., TrainedRun], tmp_path: Path
) -> None:
    own, others = pictures(tmp_path / "own", seed=0), pictures(tmp_path / "others", seed=1)
    run = trained("run", "images", **{"tasks.path": str(own)})
    own.rename(tmp_path / "elsewhere")
    chosen = choose_tasks([run], asked(tmp_path / "o.json", name="images", settings={"size": 16, "path": str(others)}))
    (doubt,) = chosen.doubts
    assert doubt.startswith(f"whether {run.folder} was trained on any of these was not checked: tasks.path: ")
    made = choose_tasks([run], asked(tmp_path / "s.json", name="strokes", settings={"size": 16}))
    assert "not checked" in made.doubts[0]


def test_the_tasks_of_a_run_are_what_that_run_holds_out(trained: Callable[..., TrainedRun], tmp_path: Path) -> None:
    run = trained("run", "strokes")
    other = trained("other", "images", **{"tasks.path": str(pictures(tmp_path / "p", seed=1))})
    chosen = choose_tasks([run], Request(tasks=2, tasks_from=other.folder))
    assert chosen.family.layout == other.family.layout and chosen.doubts == ()


def test_what_does_not_fit_is_one_line(trained: Callable[..., TrainedRun], tmp_path: Path) -> None:
    run, place = trained("run", "strokes"), tmp_path / "other.json"
    with pytest.raises(BadInput) as caught:
        choose_tasks([run], asked(place, name="strokes", settings={"size": 28}))
    assert str(caught.value) == (
        f"{place}: its examples are images of shape 1 × 28 × 28, grey, those of {run.folder} images of shape "
        "1 × 16 × 16, grey"
    )
    for tasks, says in (
        ({"name": "densities"}, "its examples are points of shape 2, those of"),
        ({"name": "dogs"}, "tasks.name"),
        ({"name": "strokes", "settings": {"size": 17}}, "tasks.size"),
        ({"name": "images", "settings": {"size": 16, "path": str(tmp_path / "nowhere")}}, "does not exist"),
    ):
        with pytest.raises(BadInput, match=says):
            choose_tasks([run], asked(place, **tasks))
    with pytest.raises(BadInput, match=r"nothing\.json"):
        choose_tasks([run], Request(tasks_from=tmp_path / "nothing.json"))


def test_other_pixels_are_told_of(trained: Callable[..., TrainedRun], tmp_path: Path) -> None:
    run = trained("run", "strokes")
    chosen = choose_tasks([run], asked(tmp_path / "o.json", name="strokes", settings={"size": 16, "pixels": "binary"}))
    assert chosen.remarks == (
        f"{run.folder} has learned from images of shape 1 × 16 × 16, grey; these are images of shape 1 × 16 × 16, "
        "0 or 1",
    )
