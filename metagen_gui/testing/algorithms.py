"""What every algorithm promises: gradients like the meta-parameters, a loss per task, the same again from the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.task_noise import TaskNoise
from metagen_gui.engine.algorithms.base import Algorithm, MetaParams, Moment, grade
from metagen_gui.engine.models.base import Noise, Params, PlayerParams
from metagen_gui.testing.promises import check_words, global_state, must, must_be_same, must_equal, seeded

TASKS, SHOTS, QUERIES = 2, 3, 4
EARLY = Moment(share=0.1)
"""A moment at which nothing that is scheduled over a run is over yet."""
H = 1e-5
"""How far weights are moved for differences, over all of them."""

Drawn = tuple[Tensor, Tensor, TaskNoise]
"""Support, query and noise of an outer step."""


def check_algorithm(algorithm: Algorithm, *, exact: bool = False) -> None:
    """Check an algorithm, built with a small model; raise `AssertionError` on a broken promise.

    `exact` says that its gradient is the derivative of the query loss after adaptation, which is then checked too.
    """
    check_words(type(algorithm))
    for check in ALGORITHM_CHECKS:
        check(algorithm)
    if exact:
        check_meta_gradient(algorithm)


def gradients_are_like_the_meta_parameters(algorithm: Algorithm) -> None:
    """Every player has a gradient for each of its tensors, of its shape and finite, and one loss per task."""
    meta = _leaves(algorithm.initialize(seeded()))
    found = algorithm.meta_gradient(meta, *draw(algorithm, dtype=torch.float32), EARLY)
    for player, values in meta.items():
        held = found.replaced.get(player, {})
        for name, value in values.items():
            gradient = found.gradients[player].get(name, held.get(name))
            must(gradient is not None, f"{player}.{name} has a gradient, or a new value")
            must(gradient is not None and gradient.shape == value.shape, f"the gradient of {name} has its shape")
            must(gradient is not None and bool(gradient.isfinite().all()), f"the gradient of {name} is finite")
        must_equal(tuple(found.query_loss[player].shape), (TASKS,), f"{player} has one loss per task")
        must(not found.query_loss[player].requires_grad, "losses are detached")


def the_same_comes_of_the_same(algorithm: Algorithm) -> None:
    """A meta-gradient is a function: the same again bit for bit, with nothing drawn from the global generator."""
    before = global_state()

    drawn = draw(algorithm, dtype=torch.float32)

    def found() -> dict[str, PlayerParams]:
        gradient = algorithm.meta_gradient(_leaves(algorithm.initialize(seeded())), *drawn, EARLY)
        return {"gradients": gradient.gradients, "losses": {"query": gradient.query_loss}}

    must_be_same(found(), found(), "a meta-gradient is a function of what it is handed")
    must(torch.equal(before, global_state()), "nothing draws from the global generator")


def equal_phases_are_computed_alike(algorithm: Algorithm) -> None:
    """Where `phase` is equal, a meta-gradient is the same bit for bit whatever the share, as a recording would be."""
    drawn, seen = draw(algorithm, dtype=torch.float32), dict[Hashable, tuple[float, dict[str, Any]]]()
    for share in (tenths / 10 for tenths in range(11)):
        found = algorithm.meta_gradient(_leaves(algorithm.initialize(seeded())), *drawn, Moment(share=share))
        parts = {"gradients": found.gradients, "losses": found.query_loss, "replaced": found.replaced}
        before, expected = seen.setdefault(algorithm.phase(share), (share, parts))
        must_be_same(
            parts, expected, f"where the phase is equal, as at shares {before:g} and {share:g}, so is the rest"
        )


def a_path_has_a_place_per_step(algorithm: Algorithm) -> None:
    """Adaptation of k steps gives k + 1 sets of the model's parameters, the same alone as with other tasks at once."""
    meta, (support, _, noise) = algorithm.initialize(seeded()), draw(algorithm, dtype=torch.float32)
    model = algorithm.model
    names = {player: set(values) for player, values in model.condition(model.initialize(seeded()), support[0]).items()}

    def adapt(batch: Tensor, drawn: Noise) -> list[PlayerParams]:
        return algorithm.trajectory(meta, batch, drawn, algorithm.steps)

    at_once = torch.func.vmap(adapt)(support, noise.support)
    for task in range(TASKS):
        path = adapt(support[task], _of_task(noise.support, task))
        must_equal(len(path), algorithm.steps + 1, "a path has a place per step and a beginning")
        for place, params in enumerate(path):
            must_equal({player: set(values) for player, values in params.items()}, names, "places are the model's")
            for player, values in params.items():
                for name, value in values.items():
                    same = torch.allclose(at_once[place][player][name][task], value, rtol=1e-3, atol=1e-4)
                    must(same, f"{name} after step {place} is the same alone as with other tasks at once")


ALGORITHM_CHECKS: tuple[Callable[[Algorithm], None], ...] = (
    gradients_are_like_the_meta_parameters,
    the_same_comes_of_the_same,
    equal_phases_are_computed_alike,
    a_path_has_a_place_per_step,
)
"""What `check_algorithm` checks, one promise each."""


def check_meta_gradient(algorithm: Algorithm, tolerance: float = 3e-6, weights: Sequence[float] = ()) -> None:
    """Compare the meta-gradient with central differences of the outer loss, in float64, along a random direction.

    The outer loss is the query loss after the last adaptation step, or the sum over steps with `weights`.
    """
    meta, drawn = double(algorithm.initialize(seeded(2))), draw(algorithm)
    found = algorithm.meta_gradient(meta, *drawn, EARLY).gradients
    for player, values in meta.items():
        random = seeded(3)
        direction = {name: torch.randn(value.shape, generator=random).double() for name, value in values.items()}
        length = sum(float(part.square().sum()) for part in direction.values()) ** 0.5
        ahead, behind = (
            _loss_at(algorithm, meta, player, direction, far * H / length, drawn, weights) for far in (1, -1)
        )
        expected = (ahead - behind) / (2 * H) * length
        slope = sum(float((found[player][name] * direction[name]).sum()) for name in values)
        must(expected != 0, f"the outer loss of {player} depends on its meta-parameters")
        near = abs(slope - expected) <= max(tolerance * abs(expected), 1e-9)
        must(
            near, f"the slope of {player}'s outer loss is {slope:.12g} by the gradient, {expected:.12g} by differences"
        )


def draw(algorithm: Algorithm, tasks: int = TASKS, dtype: torch.dtype = torch.float64) -> Drawn:
    """Return support, query and noise of small tasks."""
    shape, random = algorithm.model.spec.shape, seeded(1)
    support, query = (torch.rand(tasks, count, *shape, generator=random).to(dtype) for count in (SHOTS, QUERIES))
    noise = algorithm.draw_noise(seeded(), tasks, SHOTS, QUERIES)
    parts = {
        part: {n: v.to(dtype) if v.is_floating_point() else v for n, v in getattr(noise, part).items()}
        for part in ("support", "opponent", "query", "inner")
    }
    return support, query, replace(noise, **parts)


def double(meta: MetaParams) -> MetaParams:
    """Return leaves in float64, moved off zero, where contexts and biases begin and some derivatives vanish."""
    random = seeded(5)
    return MetaParams.of(
        {
            player: {
                name: (value.double() + 0.05 * torch.randn(value.shape, generator=random).double()).requires_grad_()
                for name, value in values.items()
            }
            for player, values in meta.items()
        }
    )


def _outer_losses(algorithm: Algorithm, meta: MetaParams, drawn: Drawn, weights: Sequence[float]) -> dict[str, Tensor]:
    """Return every player's outer loss, task by task without vmap, as its definition says."""
    support, query, noise = drawn
    model, steps = algorithm.model, algorithm.steps
    total = {player: torch.zeros(()).double() for player in model.players}
    for i in range(len(support)):
        adapting, opposing, grading = (_of_task(part, i) for part in (noise.support, noise.opponent, noise.query))
        path = algorithm.trajectory(meta, support[i], adapting, steps, EARLY)
        opponent = algorithm.trajectory(meta, query[i], opposing, steps, EARLY)[-1] if model.needs_opponent else None
        for weight, params in zip(weights or [0.0] * (steps - 1) + [1.0], path[1:], strict=True):
            for player, loss in grade(model, params, query[i], grading, replace(EARLY, opponent=opponent)).items():
                total[player] = total[player] + weight * loss / len(support)
    return total


def _loss_at(
    algorithm: Algorithm,
    meta: MetaParams,
    player: str,
    direction: Params,
    distance: float,
    drawn: Drawn,
    weights: Sequence[float],
) -> float:
    """Return the player's mean outer loss with its own meta-parameters moved along `direction`."""
    moved = {name: (value + distance * direction[name]).detach() for name, value in meta[player].items()}
    with torch.no_grad():
        return float(_outer_losses(algorithm, MetaParams.of({**meta, player: moved}), drawn, weights)[player])


def _leaves(meta: MetaParams) -> MetaParams:
    leaves = {player: {n: v.detach().requires_grad_() for n, v in values.items()} for player, values in meta.items()}
    return MetaParams.of(leaves)


def _of_task(noise: Noise, task: int) -> Noise:
    return {name: value[task] for name, value in noise.items()}
