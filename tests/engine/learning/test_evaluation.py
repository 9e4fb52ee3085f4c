"""Looking at a meta-learner: what is scored, what is drawn, and that looking changes nothing."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from metagen_gui.engine.algorithms.base import of_player
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning import evaluation
from metagen_gui.engine.learning.evaluation import score, take_snapshot
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.observer import Observer
from metagen_gui.engine.learning.sight import (
    ALONG,
    GRID,
    MOST_STEPS,
    STATES,
    along,
    grid_points,
    shown_steps,
    square_around,
)
from metagen_gui.engine.models.base import USUAL, Circumstances, PlayerParams, models
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.tasks.base import TaskBatch
from tests.engine.cells import diagonal, go_together, home

Tiny = Callable[..., Experiment]


def moved(learner: MetaLearner) -> MetaLearner:
    """Move every meta-parameter a little, so that no context or rate is at its start."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for values in learner.meta.values():
            for value in values.values():
                value.add_(0.1 * torch.randn(value.shape, generator=generator))
    return learner


@pytest.mark.parametrize(("algorithm", "model"), diagonal(0))
def test_scores_are_the_losses_along_each_tasks_path(tiny: Tiny, algorithm: str, model: str) -> None:
    """Step 0 is the loss at the initialization; every later one that of the trajectory, task by task without vmap."""
    learner = moved(MetaLearner(tiny(home(model), model, algorithm)))
    batch = learner.family.batch("validation", 0, 3, 4, 5)
    support, query = torch.from_numpy(batch.support), torch.from_numpy(batch.query)
    steps, generator = learner.steps + 1, torch.Generator().manual_seed(0)  # one step more than was trained
    noise = learner.algorithm.draw_noise(generator, 3, 4, 5, steps)
    found = score(learner.algorithm, learner.meta, support, query, noise, steps)
    assert set(found.query_loss) == set(found.support_loss) == set(learner.model.players)
    assert tuple(found.details) == learner.model.detail_names
    for values in (*found.query_loss.values(), *found.support_loss.values(), *found.details.values()):
        assert values.shape == (steps + 1, 3) and values.dtype == np.float64

    for task in range(3):
        adapting, judging, grading = (
            {name: value[task] for name, value in part.items()} for part in (noise.support, noise.opponent, noise.query)
        )
        path = learner.algorithm.trajectory(learner.meta, support[task], adapting, steps)
        outer = USUAL
        if learner.model.needs_opponent:
            outer = Circumstances(opponent=learner.algorithm.trajectory(learner.meta, query[task], judging, steps)[-1])
        for place, player in enumerate(learner.model.players):
            drawn = of_player(grading, place)
            expected = [learner.model.query_loss(player, params, query[task], drawn, outer).item() for params in path]
            assert found.query_loss[player][:, task] == pytest.approx(expected, rel=1e-4, abs=1e-5)
            looked = {name: value[task, place] for name, value in noise.inner.items()}
            expected = [learner.model.loss(player, params, support[task], looked).item() for params in path]
            assert found.support_loss[player][:, task] == pytest.approx(expected, rel=1e-4, abs=1e-5)
        figures = [learner.model.details(params, query[task], of_player(grading, 0)) for params in path]
        for name, values in found.details.items():
            expected = [one[name].item() for one in figures]
            assert values[:, task] == pytest.approx(expected, rel=1e-3, abs=1e-5)
    assert not np.allclose(
        found.query_loss[learner.model.players[0]][0], found.query_loss[learner.model.players[0]][-1]
    )


@pytest.mark.parametrize("model", models.names())
@pytest.mark.parametrize("tasks", ["densities", "strokes"])
def test_a_snapshot_has_the_promised_shapes_and_types(tiny: Tiny, tasks: str, model: str) -> None:
    changes = {"training.preview_tasks": 2, "training.preview_samples": 5, "training.validation_tasks": 3}
    if not go_together("maml", model, tasks):
        return
    learner = MetaLearner(tiny(tasks, model, "maml", changes))
    found = Observer(learner).snapshot()
    points = learner.family.spec.kind == "points"
    shape, count = learner.family.spec.shape, 256 if points else 5
    assert found.steps == (0, 1, 2) and len(found.names) == 2 and found.meta_step == 0
    assert found.support.shape == (2, 3, *shape) and found.query.shape == (2, 4, *shape)
    assert found.samples.shape == (2, 3, count, *shape)
    for values in (found.support, found.query, found.samples):
        assert values.dtype == (np.float32 if points else np.uint8)
    batch = learner.family.batch("validation", 0, 2, 3, 4)
    assert found.names == batch.names, "the first validation tasks are shown"
    given = batch.support if points else np.round(batch.support * 255).astype(np.uint8)
    assert np.array_equal(found.support, given)
    if not points:
        assert found.density is found.field is found.extent is None
        return
    assert found.density.shape == (2, GRID, GRID) and found.density.dtype == np.float32
    left, bottom, right, top = found.extent
    assert left == bottom == -right == -top and max(np.abs(found.support).max(), np.abs(found.query).max()) < right
    cells = grid_points(found.extent)
    for task in range(2):
        truth = learner.family.density("validation", task, cells).reshape(GRID, GRID)
        assert np.array_equal(found.density[task], truth.astype(np.float32))
    if model == "gan":
        assert found.field.shape == (2, 3, GRID, GRID) and found.field.dtype == np.float32
        start = learner.algorithm.initialization(learner.meta)
        expected = learner.model.field(start, torch.from_numpy(cells)).detach().numpy().reshape(GRID, GRID)
        assert found.field[0, 0] == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("tasks", ["densities", "strokes"])
def test_every_column_shows_the_same_latents(tiny: Tiny, tasks: str) -> None:
    """All tasks begin at one initialization: with the same latents their first columns are equal, and so are all
    columns where nothing adapts."""
    learner = moved(MetaLearner(tiny(tasks, "vae", "maml")))
    samples = Observer(learner).snapshot().samples

    def alike(a: np.ndarray, b: np.ndarray) -> bool:
        return np.allclose(a, b, rtol=0, atol=1e-4 if tasks == "densities" else 1)

    assert alike(samples[0, 0], samples[1, 0])
    assert not alike(samples[0, 0], samples[0, -1]) and not alike(samples[0, -1], samples[1, -1])
    assert not alike(samples[0, 0, 0], samples[0, 0, 1])
    still = learner.experiment.with_value("algorithm.inner_lr", 0.0)
    learner.algorithm.settings = still.config("algorithm")
    samples = Observer(learner).snapshot().samples
    for step in range(samples.shape[1]):
        assert alike(samples[:, step], samples[:, 0])


@pytest.mark.parametrize(("algorithm", "model"), diagonal(1))
def test_looking_changes_nothing(tiny: Tiny, algorithm: str, model: str) -> None:
    learner = moved(MetaLearner(tiny(home(model), model, algorithm)))
    before = {p: {n: v.detach().clone() for n, v in values.items()} for p, values in learner.meta.items()}
    state = torch.get_rng_state()
    (first, numbers), snapshot = Observer(learner).validate(0.0), Observer(learner).snapshot()
    assert torch.equal(torch.get_rng_state(), state)
    for player, values in learner.meta.items():
        for name, value in values.items():
            assert torch.equal(value, before[player][name]) and value.grad is None and value.requires_grad
    assert Observer(learner).validate(0.0)[1] == numbers and np.array_equal(
        Observer(learner).snapshot().samples, snapshot.samples
    )
    assert all(np.isfinite(losses).all() for losses in first.query_loss.values())


def test_a_report_is_the_mean_over_tasks_by_step(tiny: Tiny) -> None:
    learner = MetaLearner(tiny("densities", "gan", "maml", {"training.validation_tasks": 4}))
    report, columns = Observer(learner).validate(1.5)
    assert report.tasks == 4 and report.seconds == 1.5 and report.meta_step == 0
    assert list(report.query_loss) == ["discriminator", "generator"]
    for player, losses in report.query_loss.items():
        assert losses.shape == (3,)
        assert [columns[f"validation/query_loss/{player}/{step}"] for step in range(3)] == losses.tolist()
    assert set(columns) == {name for name in Observer(learner).columns() if name.startswith("validation/")}
    assert report.details["mmd2/2"] == columns["validation/mmd2/2"]
    support, query = learner.tensors(learner.family.batch("validation", 0, 4, 3, 4))
    noise = learner.algorithm.draw_noise(generator_for(0, "validation"), 4, 3, 4, 2)
    by_task = score(learner.algorithm, learner.meta, support, query, noise, 2)
    for player in learner.model.players:
        assert report.query_loss[player].tolist() == by_task.query_loss[player].mean(1).tolist()
        assert report.support_loss[player].tolist() == by_task.support_loss[player].mean(1).tolist()


def test_snapshots_of_a_run_show_the_same_latents(tiny: Tiny) -> None:
    learner = MetaLearner(tiny("strokes", "vae", "maml"))
    first = Observer(learner).snapshot()
    learner.meta_step = 2
    assert np.array_equal(Observer(learner).snapshot().samples, first.samples)


@pytest.mark.parametrize("tasks", ["densities", "strokes"])
def test_more_steps_than_were_trained_can_be_shown_with_the_same_latents(tiny: Tiny, tasks: str) -> None:
    more, as_trained = (
        Observer(MetaLearner(tiny(tasks, "vae", "maml", {"training.steps_shown": steps}))).snapshot()
        for steps in (4, 0)
    )
    assert more.steps == (0, 1, 2, 3, 4) and more.samples.shape[1] == 5
    assert np.array_equal(more.samples[:, 0], as_trained.samples[:, 0])


@pytest.mark.parametrize("model", models.names())
def test_many_tasks_are_scored_in_turns_with_the_same_result(
    tiny: Tiny, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = moved(MetaLearner(tiny(home(model), model, "maml", {"training.validation_tasks": 5})))
    (whole, _), sizes = Observer(learner).validate(0.0), []
    own = type(learner.model).details

    def watched(self: object, params: object, batch: torch.Tensor, noise: object) -> object:
        sizes.append(torch._C._functorch.get_unwrapped(batch).shape[0])
        return own(self, params, batch, noise)

    monkeypatch.setattr(type(learner.model), "details", watched)
    monkeypatch.setattr(evaluation, "TASKS_AT_ONCE", 2)
    in_turns, _ = Observer(learner).validate(0.0)
    assert sizes == [2] * 6 + [1] * 3, "three adaptation steps each"
    for player, losses in whole.query_loss.items():
        assert in_turns.query_loss[player] == pytest.approx(losses, rel=1e-4, abs=1e-5)


def test_the_columns_of_a_long_path_are_of_the_steps_they_name(tiny: Tiny) -> None:
    values = {"training.steps_shown": 20, "training.preview_tasks": 3, "training.validation_tasks": 2}
    learner = moved(MetaLearner(tiny("strokes", "vae", "maml", values)))
    found, model = Observer(learner).snapshot(), learner.model
    assert len(found.names) == 3 and found.steps[-1] == 20 and found.steps != tuple(range(len(found.steps)))
    generator = generator_for(0, "preview")
    latents, noise = model.latents(generator, 2), model.noise(generator, (3, 20, 1), 3)
    support = torch.from_numpy(learner.family.batch("validation", 0, 3, 3, 4).support)
    path = learner.algorithm.trajectory(learner.meta, support[2], {name: v[2] for name, v in noise.items()}, 20)
    for column, step in enumerate(found.steps):
        expected = model.generate(path[step], latents).detach().numpy() * 255
        assert np.allclose(found.samples[2, column], expected, atol=1)
    assert (
        np.abs(found.samples[2, -1] - model.generate(path[len(found.steps) - 1], latents).detach().numpy() * 255).max()
        > 2
    )


def test_the_way_of_samples_is_kept_from_noise_to_the_samples_themselves(tiny: Tiny) -> None:
    values = {"model.sampling_steps": 20, "training.preview_samples": 3}
    for tasks, count, digits in (("densities", 256, 0.01), ("strokes", 3, 0)):
        learner = moved(MetaLearner(tiny(tasks, "flow", "maml", values)))
        found = Observer(learner).snapshot()
        assert found.path is not None and found.path.shape[1:4] == (len(found.steps), STATES, count)
        assert np.allclose(found.path[:, :, -1].astype(float), found.samples, atol=digits, rtol=0)
        latents = learner.model.latents(generator_for(0, "preview"), count).view(count, *learner.model.spec.shape)
        begun = latents.numpy() if tasks == "densities" else (127.5 * (latents.numpy() + 1)).clip(0, 255)
        assert np.allclose(found.path[:, :, 0].astype(float), begun, atol=0.01 if tasks == "densities" else 0.51)
        assert not np.allclose(found.path[:, :, 4].astype(float), found.samples, atol=0.1)


def test_samples_are_made_with_what_the_model_samples_with(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step's samples pass through `for_sampling`, which is told the parameters before adaptation."""
    learner = moved(MetaLearner(tiny("densities", "vae", "maml")))
    plain, theta = Observer(learner).snapshot(), learner.algorithm.initialization(learner.meta)
    started = []

    def as_before(self: object, adapted: PlayerParams, start: PlayerParams) -> PlayerParams:
        started.append(start)
        return start

    monkeypatch.setattr(type(learner.model), "for_sampling", as_before)
    found = Observer(learner).snapshot()
    assert started and all(start["vae"]["context"] is theta["vae"]["context"] for start in started)
    for column in range(len(found.steps)):
        np.testing.assert_allclose(found.samples[:, column], plain.samples[:, 0], rtol=1e-5, atol=1e-5)
    assert not np.allclose(plain.samples[:, -1], plain.samples[:, 0], rtol=1e-3)


@pytest.mark.parametrize("steps", [1, 2, MOST_STEPS - 1, MOST_STEPS, 30, 100])
def test_long_paths_are_shown_at_evenly_spread_steps(steps: int) -> None:
    shown = shown_steps(steps)
    assert shown[0] == 0 and shown[-1] == steps and list(shown) == sorted(set(shown))
    assert len(shown) == min(steps + 1, MOST_STEPS)
    gaps = np.diff(shown)
    assert gaps.max() - gaps.min() <= 1


def test_the_grid_runs_row_by_row_from_the_bottom() -> None:
    points = grid_points((-2.0, -1.0, 2.0, 3.0))
    cell = 4 / GRID
    assert points.shape == (GRID * GRID, 2) and points.dtype == np.float32
    assert points[0] == pytest.approx([-2 + cell / 2, -1 + cell / 2])
    assert points[1] == pytest.approx([-2 + 1.5 * cell, -1 + cell / 2])
    assert points[-1] == pytest.approx([2 - cell / 2, 3 - cell / 2])


def test_values_that_are_not_numbers_are_drawn_as_ink_free(tiny: Tiny) -> None:
    learner = MetaLearner(tiny("strokes", "vae", "maml"))
    with torch.no_grad():
        learner.meta["vae"]["decoder.out.bias"].fill_(math.nan)
    batch = learner.family.batch("validation", 0, 1, 2, 2)
    generator = torch.Generator().manual_seed(0)
    found = take_snapshot(
        learner.algorithm, learner.meta, learner.family, batch, generator, meta_step=0, steps=1, count=2
    )
    assert not found.samples.any()


def test_the_square_holds_all_points_with_a_margin() -> None:
    points = np.array([[[0.5, -2.9]]], np.float32)
    for support, query in ((points, points * 0), (points * 0, points)):
        assert square_around(TaskBatch(("a",), support, query)) == (-3.5, -3.5, 3.5, 3.5)


def test_a_curve_is_drawn_as_far_as_x_goes_however_high_it_is() -> None:
    points = np.array([[[4.9, -80.0], [-1.0, 3.0]]], np.float32)
    for support, query in ((points, points * 0), (points * 0, points)):
        x = along(TaskBatch(("a",), support, query))
        assert (len(x), x[0], x[-1]) == (ALONG, -5.5, 5.5)
