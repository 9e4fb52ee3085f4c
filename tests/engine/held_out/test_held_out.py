"""Scores on held-out tasks: the right tasks, the right losses, the right statistics, and pairs that are pairs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from metagen_gui.engine.held_out import Request, RunScores, choose_tasks, compare, score_run, scores
from metagen_gui.engine.held_out.summaries import difference, diverged, summarize
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.tasks.base import Stream, Task
from metagen_gui.engine.tasks.sinusoids import Sinusoids
from metagen_gui.engine.trained.trained_run import TrainedRun
from tests.engine.cells import diagonal, home
from tests.engine.held_out.conftest import Trained

CURVE = ("sinusoids", "curve", "maml")


def scored(run: TrainedRun, **asked: Any) -> RunScores:
    request = Request(**asked)
    return score_run(run, choose_tasks([run], request), request)


# -- what is scored ----------------------------------------------------------------------------------------------------


def test_losses_are_those_of_adapting_by_hand(trained: Trained) -> None:
    """On an even grid of the test stream's curves, each support adapted to on its own; draws of a task are averaged."""
    run = trained(*CURVE, values={"algorithm.inner_lr": 0.05})
    found = scored(run, tasks=3, shots=4, support_draws=2, steps=(5, 1, 1), grid=7)
    assert (found.steps, found.rows, found.last) == ((1, 5), (0, 1, 5), 5)
    algorithm, family = run.model.algorithm, run.family
    for index in range(3):
        query = torch.from_numpy(family.grid("test", index, 7))
        support = torch.from_numpy(family.task("test", index, 8, 4).support)
        paths = [algorithm.trajectory(run.model.weights, draw, {}, 5) for draw in (support[:4], support[4:])]
        for row, step in enumerate((0, 1, 5)):
            by_hand = [algorithm.model.loss("curve", path[step], query, {}).item() for path in paths]
            assert found.losses["curve"][row, index] == pytest.approx(np.mean(by_hand), rel=1e-5)
            assert not row or by_hand[0] != pytest.approx(by_hand[1], rel=1e-3)
    assert not found.diverged.any()


def test_random_losses_are_those_of_score_with_the_noise_of_each_draw(trained: Trained) -> None:
    run = trained("densities", "gan", "maml")
    request = Request(tasks=2, support_draws=2)
    tasks = choose_tasks([run], request)
    found = score_run(run, tasks, request)
    support, query = (torch.stack([*map(torch.from_numpy, part)]) for part in zip(*tasks, strict=True))
    noise = scores._joined([scores._noise(run.model.algorithm, tasks, number, 2) for number in range(4)])
    by_hand = scores.score(run.model.algorithm, run.model.weights, support, query, noise, 2)
    for kind, values in (("query_loss", found.losses), ("details", found.details)):
        assert set(values) == set(getattr(by_hand, kind))
        for name, drawn in getattr(by_hand, kind).items():
            assert np.array_equal(values[name], drawn.reshape(3, 2, 2).mean(2))
    assert len({float(value) for value in noise.query["z"][:, 0, 0, 0]}) == 4, "every draw has noise of its own"


@pytest.mark.parametrize(("algorithm", "model"), diagonal(2))
def test_every_algorithm_and_model_can_be_scored_beyond_its_steps(trained: Trained, algorithm: str, model: str) -> None:
    run = trained(home(model), model, algorithm)
    found = scored(run, tasks=2, steps=(0, 2, 4))
    assert list(found.losses) == list(run.model.algorithm.model.players)
    assert tuple(found.details) == run.model.algorithm.model.detail_names
    assert all(np.isfinite(values).all() and values.shape == (3, 2) for values in found.losses.values())


def test_by_default_steps_and_shots_are_those_of_training(trained: Trained) -> None:
    run = trained(*CURVE, values={"training.shots": 6})
    assert scored(run, tasks=1).steps == (0, 1, 2)
    assert choose_tasks([run], Request()).shots == 6


def test_only_the_test_stream_is_asked_and_nothing_is_written(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained(*CURVE)
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}
    asked: set[tuple[Stream, int]] = set()
    task, grid = Sinusoids.task, Sinusoids.grid

    def watched_task(self: Sinusoids, stream: Stream, index: int, *sizes: int) -> Task:
        asked.add((stream, index))
        return task(self, stream, index, *sizes)

    def watched_grid(self: Sinusoids, stream: Stream, index: int, count: int) -> Any:
        asked.add((stream, index))
        return grid(self, stream, index, count)

    monkeypatch.setattr(Sinusoids, "task", watched_task)
    monkeypatch.setattr(Sinusoids, "grid", watched_grid)
    scored(run, tasks=3)
    assert asked == {("test", 0), ("test", 1), ("test", 2)}
    assert {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")} == before


@pytest.mark.parametrize("tasks", ["densities", "strokes", "images", "sinusoids"])
def test_draws_share_no_example_and_have_one_query(trained: Trained, tasks: str) -> None:
    run = trained(tasks, "vae", "maml", values={"training.shots": 2, "training.query_size": 2})
    chosen = choose_tasks([run], Request(tasks=2, support_draws=3))
    for index in range(2):
        draws = chosen.draws(index)
        assert len(draws) == 3
        assert all(np.array_equal(query, draws[0][1]) for _, query in draws)
        examples = np.concatenate([draws[0][1], *(support for support, _ in draws)])
        assert len(np.unique(examples.reshape(len(examples), -1), axis=0)) == chosen.examples + 6


def test_a_grid_is_for_families_that_have_one(trained: Trained) -> None:
    curve, other = trained(*CURVE), trained("densities", "vae", "maml", name="other")
    assert (choose_tasks([curve], Request()).examples, choose_tasks([curve], Request(grid=9)).examples) == (100, 9)
    assert choose_tasks([other], Request()).examples == 4
    with pytest.raises(BadInput, match="grid: densities has no even grid"):
        choose_tasks([other], Request(grid=9))


def test_a_judge_adapts_as_in_training_whatever_steps_are_asked_for(trained: Trained) -> None:
    run = trained("densities", "gan", "maml", values={"algorithm.inner_lr": 1.0})
    few, many = (scored(run, tasks=2, steps=steps).losses["generator"] for steps in ((0,), (0, 8)))
    assert np.array_equal(few[0], many[0])


def test_a_task_scores_the_same_among_few_and_many_and_however_they_are_divided(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained("densities", "gan", "maml")
    many, few = scored(run, tasks=5, support_draws=2), scored(run, tasks=2, support_draws=2, steps=(1,))
    told: list[int] = []
    monkeypatch.setattr(scores, "TASKS_AT_ONCE", 3)
    request = Request(tasks=5, support_draws=2)
    divided = score_run(run, choose_tasks([run], request), request, told.append)
    assert told == [3, 3, 3, 1]
    for name, values in many.losses.items():
        assert few.losses[name] == pytest.approx(values[:2, :2], rel=1e-4)
        assert divided.losses[name] == pytest.approx(values, rel=1e-4)


def test_longer_paths_are_followed_for_fewer_tasks_at_once(trained: Trained) -> None:
    run, told = trained(*CURVE), list[int]()
    request = Request(tasks=10, steps=(0, 23))  # eight times as many parameters as on the way of two steps
    score_run(run, choose_tasks([run], request), request, told.append)
    assert told == [4, 4, 2]


def test_what_was_read_lies_as_what_was_trained(trained: Trained) -> None:
    """In one order and aligned, or sums differ in their last digits from one process to the next."""
    run = trained("densities", "gan", "maml")
    fresh = run.model.algorithm.initialize(torch.Generator())
    for player, values in run.model.weights.items():
        assert list(values) == list(fresh[player])
        assert all(value.data_ptr() % 64 == 0 for value in values.values())


# -- several runs ------------------------------------------------------------------------------------------------------


def test_more_examples_than_there_are_are_refused(trained: Trained) -> None:
    run = trained("images", "vae", "maml")  # of eight images a class, four are the query
    assert choose_tasks([run], Request(tasks=1, shots=2, support_draws=2)).draws(0)
    with pytest.raises(BadInput, match=r"^shots: 5 shots cannot be had: .* 9 or more images"):
        choose_tasks([run], Request(shots=5))
    with pytest.raises(BadInput, match=r"^shots, support draws: 3 shots × 2 draws cannot be had"):
        choose_tasks([run], Request(shots=3, support_draws=2))
    gan = trained("sinusoids", "gan", "maml", values={"model.mode_seeking": 1.0}, name="gan")
    with pytest.raises(BadInput, match="1 shot cannot be had: 1 is too few for mode seeking"):
        choose_tasks([gan], Request(shots=1))


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({"tasks": 0}, "tasks"),
        ({"shots": -1}, "shots"),
        ({"support_draws": 0}, "support draws"),
        ({"grid": 1}, "grid"),
        ({"steps": (0, -1)}, "steps"),
        ({"steps": (1_001,)}, "steps"),
        ({"steps": ()}, "steps"),
    ],
)
def test_a_request_that_cannot_be_is_named(asked: dict[str, Any], where: str) -> None:
    with pytest.raises(BadInput) as refused:
        Request(**asked)
    assert refused.value.where == where


# -- statistics --------------------------------------------------------------------------------------------------------


def test_the_interval_is_that_of_the_mean() -> None:
    values = np.array([1.0, 2.0, 4.0])
    spread = math.sqrt(((1 - 7 / 3) ** 2 + (2 - 7 / 3) ** 2 + (4 - 7 / 3) ** 2) / 2)
    t = 0.95 * math.sqrt(2 / (1 - 0.95**2))
    found = summarize(values)
    assert (found.mean, found.median, found.tasks) == (pytest.approx(7 / 3), 2.0, 3)
    assert found.interval == pytest.approx(t * spread / math.sqrt(3))
    pair = difference(values, np.array([1.5, 2.5, 5.5]))
    assert (pair.mean, pair.lower, pair.tasks) == (pytest.approx(-2.5 / 3), 3, 3)
    assert pair.interval == pytest.approx(t * math.sqrt(1 / 3) / math.sqrt(3))


def test_without_tasks_there_are_no_figures() -> None:
    nothing, one = summarize(np.zeros(0)), summarize(np.ones(1))
    assert math.isnan(nothing.mean) and math.isnan(nothing.median) and nothing.tasks == 0
    assert one.mean == one.median == 1.0 and math.isnan(one.interval)
    assert not difference(np.zeros(1), np.ones(1)).is_clear


def test_a_loss_has_diverged_that_is_not_finite_or_far_above_the_usual_at_step_0() -> None:
    worst = np.array([[-7.0, 7.0, 7.0, 7.0, 7.0], [699.0, 701.0, np.nan, np.inf, -np.inf]])
    assert diverged(worst).tolist() == [[False] * 5, [False, True, True, True, True]]
    small = np.array([[0.001, 0.001], [99.0, 101.0]])
    assert diverged(small).tolist() == [[False] * 2, [False, True]], "a tiny loss may grow a hundredfold"
    assert diverged(np.full((2, 2), np.nan)).all()


def test_tasks_that_diverge_are_counted_and_left_out(trained: Trained) -> None:
    """A rate that is far too high: everything is lost after a few steps; figures go on without what is lost."""
    run = trained(*CURVE, values={"algorithm.inner_lr": 90.0, "training.meta_steps": 1, "training.outer_lr": 0.0})
    found = scored(run, tasks=20, steps=(0, 1, 30), support_draws=2)
    assert [found.lost(step) for step in (0, 30)] == [0, 20]
    kept = found.losses["curve"][1][~found.diverged[1]]
    assert found.summary(found.losses["curve"], 1).tasks == len(kept) == 20 - found.lost(1)
    assert found.summary(found.losses["curve"], 30).tasks == found.gain("curve").tasks == 0


@pytest.mark.parametrize("lost", [np.inf, -np.inf, np.nan])
def test_one_lost_draw_loses_the_task_for_every_figure(
    trained: Trained, monkeypatch: pytest.MonkeyPatch, lost: float
) -> None:
    run, own = trained("densities", "gan", "maml"), scores.score

    def spoiled(*given: Any, **named: Any) -> Any:
        found = own(*given, **named)
        found.query_loss["generator"][2, 3] = lost  # the second task's second draw
        return found

    monkeypatch.setattr(scores, "score", spoiled)
    found = scored(run, tasks=3, support_draws=2)
    assert found.diverged.tolist() == [[False] * 3, [False] * 3, [False, True, False]]
    for values in (*found.losses.values(), *found.details.values()):
        mine = found.summary(values, 2)
        assert mine.tasks == 2 and mine.mean == pytest.approx(values[2, [0, 2]].mean())
    gain = found.gain("discriminator")
    apart = found.losses["discriminator"][2, [0, 2]] - found.losses["discriminator"][0, [0, 2]]
    assert (gain.tasks, gain.mean) == (2, pytest.approx(apart.mean()))
    pair = compare(found, found)
    assert pair.details["mmd2"].tasks == 2
