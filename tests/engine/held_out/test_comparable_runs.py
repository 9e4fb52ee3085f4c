"""Runs that compare get the same tasks; those that do not are refused by name."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metagen_gui.engine.held_out import Request, choose_tasks, compare, score_run
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.statistics import half_width
from metagen_gui.engine.tasks.images import Images
from metagen_gui.engine.tasks.strokes import Strokes
from metagen_gui.engine.trained.trained_run import open_run
from tests.engine.held_out.conftest import Tiny, Trained
from tests.engine.held_out.test_held_out import CURVE, scored


@pytest.mark.parametrize("model", ["vae", "gan"])
def test_two_copies_of_a_run_differ_by_nothing(trained: Trained, tmp_path: Path, model: str) -> None:
    run = trained("densities", model, "maml")
    copy = open_run(Path(shutil.copytree(run.folder, tmp_path / "copy")))
    request = Request(tasks=3)
    tasks = choose_tasks([run, copy], request)
    first, later = (score_run(one, tasks, request) for one in (run, copy))
    pair = compare(later, first)
    assert all(np.array_equal(later.losses[name], values) for name, values in first.losses.items())
    found = [*pair.players.values(), *pair.details.values()]
    assert found and all((one.mean, one.interval, one.lower, one.tasks) == (0.0, 0.0, 0, 3) for one in found)
    assert list(pair.players) == ([] if model == "gan" else ["vae"])
    assert ("judged by the other" in pair.objection) == (model == "gan")


def test_runs_of_other_seeds_steps_and_queries_get_the_tasks_of_the_first(trained: Trained) -> None:
    first = trained(*CURVE, values={"training.seed": 1}, name="first")
    values = {"training.seed": 2, "training.query_size": 9, "algorithm.adaptation_steps": 5}
    later = trained("sinusoids", "curve", "reptile", values=values, name="later")
    request = Request(tasks=4)
    tasks = choose_tasks([first, later], request)
    assert (tasks.family.seed, tasks.query_size) == (1, 4)
    one, other = (score_run(run, tasks, request) for run in (first, later))
    pair = compare(other, one)
    assert (one.last, other.last) == (2, 5)
    apart = other.losses["curve"][5] - one.losses["curve"][2]
    assert pair.players["curve"].mean == pytest.approx(apart.mean())
    assert pair.players["curve"].interval == pytest.approx(half_width(apart))
    assert pair.players["curve"].lower == (apart < 0).sum()


@pytest.mark.parametrize(("tasks", "seeds"), [(Strokes, (0, 5)), (Images, (0, 5))])
def test_what_belongs_to_a_stream_does_not_depend_on_the_seed(
    tiny: Tiny, tasks: type[Strokes | Images], seeds: tuple[int, int]
) -> None:
    """Or a run could be tested on classes that it was trained on, under another run's seed."""
    name = "strokes" if tasks is Strokes else "images"
    one, other = (tasks(tiny(name).config("tasks"), seed) for seed in seeds)
    if isinstance(one, Strokes) and isinstance(other, Strokes):
        streams = [
            {stream: [(a.name, n) for a, n in found] for stream, found in family.characters.items()}
            for family in (one, other)
        ]
        assert streams[0] == streams[1]
    elif isinstance(one, Images) and isinstance(other, Images):
        assert one.layout == other.layout


def test_settings_that_change_only_training_tasks_do_not_matter(trained: Trained) -> None:
    first, later = (
        trained("strokes", "vae", "maml", values={"tasks.turned": turned}, name=str(turned)) for turned in (True, False)
    )
    assert choose_tasks([first, later], Request(tasks=2)).family is first.family


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "other densities": (
        {"tasks.shape": "moons"},
        "held-out tasks are not those of .*tasks.shape is 'moons', there",
    ),
    "another number of shots": ({"training.shots": 7}, "trained with 7 shots, .* with 3; say how many"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_runs_that_do_not_compare_are_refused_by_name(trained: Trained, what: str) -> None:
    values, says = REFUSED[what]
    first, later = trained("densities", name="first"), trained("densities", values=values, name="later")
    with pytest.raises(BadInput, match=says) as refused:
        choose_tasks([first, later], Request(tasks=2))
    assert refused.value.where == str(later.folder)


def test_runs_on_other_families_are_refused(trained: Trained) -> None:
    first, later = trained("densities", name="first"), trained(*CURVE, name="later")
    with pytest.raises(BadInput, match=r"trained on sinusoids, .* on densities"):
        choose_tasks([first, later], Request(tasks=2))


def test_losses_of_other_kinds_do_not_compare_but_networks_may_differ(trained: Trained) -> None:
    def against(*plugins: str, **values: Any) -> tuple[str, list[str], list[str]]:
        named = {path.replace("__", "."): value for path, value in values.items()}
        later = trained("sinusoids", *plugins, values=named, name=f"{len(list(first.run.folder.parent.iterdir()))}")
        pair = compare(scored(later, tasks=2), first)
        return pair.objection, list(pair.players), list(pair.details)

    first = scored(trained("sinusoids", "vae", "maml", name="first"), tasks=2)
    assert against("vae", "reptile", model__width=9) == ("", ["vae"], ["kl", "active_units"])
    objection, players, details = against("vae", "maml", model__beta=0.5)
    assert objection == "model.beta, which decides what the loss measures, is 0.5 here and 1.0 there"
    assert (players, details) == ([], ["kl", "active_units"])
    assert against("curve", "maml") == ("curve and vae have losses of different kinds", [], [])
