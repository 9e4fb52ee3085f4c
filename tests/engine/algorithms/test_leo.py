"""LEO against closed forms on quadratic tasks and a bilinear game, and against finite differences, in float64."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor

from metagen_gui.engine.adaptation import code_space
from metagen_gui.engine.adaptation.latent_embedding import CODE, Law, divergence, law_of_code, weight_penalty
from metagen_gui.engine.algorithms.base import MetaParams, Moment, TaskNoise
from metagen_gui.engine.algorithms.leo import Leo
from metagen_gui.engine.data.spec import DataSpec, ImageSpec, PointSpec
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.observer import Observer
from metagen_gui.engine.models.base import USUAL, GenerativeModel, models
from tests.engine.toys import Bilinear, Quadratic, positive, quiet, task

POINTS, IMAGES = PointSpec(), ImageSpec((1, 8, 8))
TINY = {"width": 6, "latent_size": 3, "context_size": 4}
CASES = [
    ("vae", {}, {"inner_lr": 0.03}),
    ("vae", {}, {"inner_clip": 0.2, "fine_tuning_steps": 0}),
    ("gan", {}, {}),
    ("gan", {"judge": "support", "discriminator_turns": 2}, {"adapts": "generator"}),
    ("curve", {"context_size": 0, "activation": "tanh", "initial_weights": "by_inputs"}, {}),
    ("flow", {"depth": 2, "draws": 2}, {}),
]
LOCAL = {"likelihood": "local", "local_width": 3, "channels": 4}
OF_IMAGES = [
    ("pixel", {"channels": 4, "layers": 2, "units": 2, "looks": 1}, {}),
    ("image_gan", {"channels": 4, "judge_channels": 2, "bank": 2, "code_size": 4}, {"inner_lr": 0.05}),
    ("vae", LOCAL, {"inner_lr": 0.03}),
    ("vae", {**LOCAL, "adapts_by": "both"}, {"inner_lr": 0.03, "adapts": "everything"}),
]
WEIGHTS = {"kl_weight": 0.3, "l2_weight": 0.02, "orthogonality_weight": 0.5}


def randn(*shape: int, seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def build(model: GenerativeModel, **settings: Any) -> tuple[Leo, MetaParams]:
    """Return LEO without clipping and its meta-parameters, moved off their starts and in float64."""
    chosen = {"inner_lr": 1.0, "inner_clip": 0.0, "code_size": 3, "code_hidden": 5, "adaptation_steps": 2}
    algorithm = Leo(Leo.Settings(**{**chosen, "fine_tuning_steps": 2, **settings}), model)
    meta = algorithm.initialize(torch.Generator().manual_seed(2))
    moved = {
        player: {
            name: (value.double() + 0.1 * randn(*value.shape, seed=place)).requires_grad_()
            for place, (name, value) in enumerate(values.items())
        }
        for player, values in meta.items()
    }
    return algorithm, MetaParams.of(moved)


def real(case: tuple[str, dict[str, Any], dict[str, Any]], **settings: Any) -> tuple[Leo, MetaParams]:
    plugin = models.get(case[0])
    chosen = {key: value for key, value in {**TINY, **case[1]}.items() if key in plugin.Settings.model_fields}
    spec: DataSpec = IMAGES if case in OF_IMAGES else POINTS
    return build(plugin(plugin.Settings(**chosen), spec), **{"inner_lr": 0.3, **case[2], **settings})


def drawn(algorithm: Leo, tasks: int = 2, shots: int = 3, queries: int = 4) -> tuple[Tensor, Tensor, TaskNoise]:
    noise = algorithm.draw_noise(torch.Generator().manual_seed(0), tasks, shots, queries)
    for part in (noise.support, noise.opponent, noise.query, noise.inner):
        # a VAE's prior has a logarithm among its numbers: what samples it stays small
        part.update({name: value.double() * (0.3 if name.startswith("@") else 1) for name, value in part.items()})
    spec = algorithm.model.spec
    support, query = randn(tasks, shots, *spec.shape, seed=5), randn(tasks, queries, *spec.shape, seed=6)
    if spec.has_pixels:
        support, query = (support > 0.5).double(), (query > 0.5).double()
    return support, query, noise


# -- closed forms ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampled", [False, True])
@pytest.mark.parametrize("fine", [0, 1, 3])
@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5])
def test_quadratic_tasks_have_the_closed_form(
    steps: int, size: int, fine: int, sampled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """z ← z − η∘DᵀA(θ + Dz + sε − c) with z_0 = μ + σε₀, then φ ← φ − f∘A(φ − c); a fresh ε at every step.

    With G = I − diag(η)DᵀAD and H = diag(η)DᵀA: z_k = G^k z_0 − Σ_i G^{k−1−i} H(θ + sε_i − c).
    """
    law = Law(randn(3, seed=50), randn(3, seed=51).exp())
    monkeypatch.setattr(code_space, "law_of_code", lambda networks, examples: law)
    algorithm, meta = build(Quadratic(size), adaptation_steps=steps, fine_tuning_steps=fine, inner_lr=0.5)
    own, eye = meta["x"], torch.eye(size, dtype=torch.float64)
    with torch.no_grad():
        own["@decoder.weight"][:, size:] = 0  # so that every deviation is the offset
    noise = algorithm.draw_noise(torch.Generator().manual_seed(0), 3, 1, 1)
    for name, value in noise.support.items():
        noise.support[name] = value.double() if sampled else 0 * value.double()
    decoder, theta = own["@decoder.weight"].detach()[:, :size].T, own["x"].detach()
    rate, fine_rate = 0.5 * own["@code_rate"].detach(), 0.5 * own["@fine.x"].detach()
    offset = (2 / (3 + size)) ** 0.5
    support, query, expected = [], [], []
    for i in range(3):
        a, b, c, d = positive(size, i), positive(size, 10 + i), randn(size, seed=20 + i), randn(size, seed=30 + i)
        spread = offset * noise.support["@decoded.x"][i, :, 0]
        pull = torch.diag(rate) @ decoder.T @ a
        go = torch.eye(3, dtype=torch.float64) - pull @ decoder
        power = torch.linalg.matrix_power
        code = power(go, steps) @ (law.mean + law.deviation * noise.support["@code.x"][i])
        code = code - sum(power(go, steps - 1 - j) @ pull @ (theta + spread[j] - c) for j in range(steps))
        moves = -sum(power(go, j) @ pull for j in range(steps))
        settle = power(eye - torch.diag(fine_rate) @ a, fine)
        phi = c + settle @ (theta + decoder @ code + spread[steps] - c)
        expected.append((eye + decoder @ moves).T @ settle.T @ b @ (phi - d))
        support.append(task(a, c))
        query.append(task(b, d))
        if not sampled and i == 0:
            path = algorithm.trajectory(meta, task(a, c), {"none": torch.zeros(steps + fine, 1, 1)}, steps + fine)
            torch.testing.assert_close(path[0]["x"]["x"], theta + decoder @ law.mean, rtol=1e-10, atol=1e-12)
            torch.testing.assert_close(path[-1]["x"]["x"], phi, rtol=1e-10, atol=1e-12)
    found = algorithm.meta_gradient(meta, torch.stack(support), torch.stack(query), noise, Moment())
    torch.testing.assert_close(found.gradients["x"]["x"], torch.stack(expected).mean(0), rtol=1e-10, atol=1e-12)


def test_players_alternate_in_both_phases_and_each_keeps_to_its_own_outer_gradient() -> None:
    """V = xᵀMy: x steps first, down V, and y sees it when it steps, up V; codes first, then the numbers themselves."""
    size = 3
    algorithm, meta = build(Bilinear(size), adaptation_steps=1, fine_tuning_steps=1)
    m, n = positive(size, 4) + torch.ones(size, size).double(), positive(size, 5)
    support, query = task(m, torch.zeros(size).double()), task(n, torch.zeros(size).double())

    def by_hand(x: dict[str, Tensor], y: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        dx, dy = x["decoder.weight"][:, :size].T, y["decoder.weight"][:, :size].T
        zx, zy = law_of_code(x, support).mean, law_of_code(y, support).mean
        zx = zx - x["code_rate"] * (dx.T @ m @ (y["x"] + dy @ zy))
        zy = zy + y["code_rate"] * (dy.T @ m.T @ (x["x"] + dx @ zx))
        end_x, end_y = x["x"] + dx @ zx, y["x"] + dy @ zy
        end_x = end_x - x["fine.x"] * (m @ end_y)
        return end_x, end_y + y["fine.x"] * (m.T @ end_x)

    path = algorithm.trajectory(meta, support, {"none": torch.zeros(2, 2, 1)}, 2)
    x, y = by_hand(*({**meta.model[player], **meta.own[player]} for player in ("x", "y")))
    torch.testing.assert_close(path[-1]["x"]["x"], x, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(path[-1]["y"]["x"], y, rtol=1e-10, atol=1e-12)

    settings = {"kl_weight": 0.0, "encoder_weight": 0.0, "l2_weight": 0.0, "orthogonality_weight": 0.0}
    algorithm.settings = algorithm.settings.model_copy(update=settings)
    noise = algorithm.draw_noise(torch.Generator(), 1, 1, 1)
    still = {name: 0 * value for name, value in noise.support.items()}
    noise = TaskNoise(still, still, quiet(1, 2, 2, 2).query, quiet(1, 2, 2, 2).inner)
    found = algorithm.meta_gradient(meta, support[None], query[None], noise, Moment()).gradients
    for player, sign in (("x", 1), ("y", -1)):
        values = list(meta[player].values())
        wanted = torch.autograd.grad(sign * (x @ n @ y), values, retain_graph=True, allow_unused=True)
        for name, value, gradient in zip(meta[player], values, wanted, strict=True):
            expected = torch.zeros_like(value) if gradient is None else gradient
            torch.testing.assert_close(found[player][name], expected, rtol=1e-9, atol=1e-11)


# -- the outer gradient ------------------------------------------------------------------------------------------------


def total(algorithm: Leo, meta: MetaParams, player: str, given: tuple[Tensor, Tensor, TaskNoise]) -> Tensor:
    losses, penalties = algorithm.outer_losses(meta, *given, Moment())
    return (losses[player] + penalties.get(player, 0.0)).mean()


@pytest.mark.parametrize("case", [*CASES, *OF_IMAGES], ids=str)
def test_the_outer_gradient_agrees_with_finite_differences(case: tuple) -> None:
    """Of the query loss and all penalties, with codes and changes sampled, part by part of what is learned."""
    algorithm, meta = real(case, **WEIGHTS, encoder_weight=0.0)
    given = drawn(algorithm)
    found = algorithm.meta_gradient(meta, *given, Moment()).gradients
    h = 2e-5
    for part, (player, values) in product(
        ("@encoder", "@relation", "@decoder", "@code_rate", "@fine", ""), meta.items()
    ):
        names = [name for name in values if (name.startswith(part) if part else not name.startswith("@"))]
        if not names:
            continue
        direction = {name: randn(*values[name].shape, seed=40 + i) for i, name in enumerate(names)}
        length = sum(float(way.square().sum()) for way in direction.values()) ** 0.5
        sides = []
        for far in (1, -1):
            moved = {name: values[name].detach() + far * h / length * way for name, way in direction.items()}
            with torch.no_grad():
                sides.append(
                    float(total(algorithm, MetaParams.of({**meta, player: {**values, **moved}}), player, given))
                )
        expected = (sides[0] - sides[1]) / (2 * h) * length
        slope = sum(float((found[player][name] * way).sum()) for name, way in direction.items())
        assert slope == pytest.approx(expected, rel=1e-5, abs=1e-8), (player, part)
        assert abs(expected) > 1e-5 or (part == "@fine" and not algorithm.settings.fine_tuning_steps)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_penalties_are_weighted_and_left_out_of_what_is_reported(case: tuple) -> None:
    algorithm, meta = real(case, **WEIGHTS, encoder_weight=0.7)
    support, query, noise = drawn(algorithm)
    losses, penalties = algorithm.outer_losses(meta, support, query, noise)
    found = algorithm.meta_gradient(meta, support, query, noise, Moment())
    plain = real(case, kl_weight=0.0, encoder_weight=0.0, l2_weight=0.0, orthogonality_weight=0.0)[0]
    for player in algorithm.model.players:
        assert torch.equal(found.query_loss[player], losses[player].detach())
        assert not found.query_loss[player].requires_grad
        without, none = plain.outer_losses(meta, support, query, noise)
        assert torch.equal(without[player], losses[player]) and not none.get(player, torch.zeros(())).any()
    assert set(penalties) == {player for player, values in meta.items() if "@decoder.weight" in values}
    space = algorithm._space(meta, USUAL, False)
    for player, terms in penalties.items():
        for i in range(len(support)):
            laws, codes, _ = space.walk(support[i], {n: v[i] for n, v in noise.support.items()}, algorithm.steps)
            far = (codes[-1][player][CODE] - codes[0][player][CODE]).square().mean()
            expected = 0.3 * divergence(laws[player]) + 0.7 * far + weight_penalty(meta.own[player], 0.02, 0.5)
            torch.testing.assert_close(terms[i], expected)
            assert far > 0 and len(codes) == 3


@pytest.mark.parametrize("case", CASES[::2], ids=str)
def test_the_encoder_is_drawn_to_where_codes_end_and_nothing_else_to_where_they_begin(case: tuple) -> None:
    """γ ‖stopgrad(z_k) − z_0‖²: the end of the path is a constant."""
    weight = 2.0
    (drawn_to, meta), (free, _) = real(case, encoder_weight=weight), real(case, encoder_weight=0.0)
    support, query, noise = drawn(drawn_to)
    one, other = (a.meta_gradient(meta, support, query, noise, Moment()).gradients for a in (drawn_to, free))
    space = drawn_to._space(meta, USUAL, False)
    for player, values in meta.items():
        if "@decoder.weight" not in values:
            continue
        far = torch.zeros(()).double()
        for i in range(len(support)):
            drawn_noise = {name: value[i] for name, value in noise.support.items()}
            end = space.walk(support[i], drawn_noise, drawn_to.steps).codes[-1][player][CODE].detach()
            start = law_of_code(meta.own[player], support[i]).at(drawn_noise[f"@code.{player}"])
            far = far + (end - start).square().mean() / len(support)
        wanted = torch.autograd.grad(weight * far, list(values.values()), allow_unused=True)
        for name, gradient in zip(values, wanted, strict=True):
            difference = one[player][name] - other[player][name]
            if name.startswith(("@encoder", "@relation")):
                torch.testing.assert_close(difference, gradient, rtol=1e-8, atol=1e-10)
            else:
                assert gradient is None and difference.abs().max() < 1e-12


# -- sampling ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [CASES[0], CASES[2]], ids=lambda case: case[0])
def test_training_samples_afresh_at_every_step_of_every_turn(case: tuple) -> None:
    algorithm, meta = real(case)
    support, query, noise = drawn(algorithm)
    first = algorithm.model.players[0]
    plain = total(algorithm, meta, first, (support, query, noise))
    turns, steps = len(algorithm.model.turns()), algorithm.settings.adaptation_steps
    for player in algorithm.model.players:
        places = [(f"@decoded.{player}", (row, turn)) for row in range(steps) for turn in range(turns)]
        for name, place in [(f"@code.{player}", ()), *places, (f"@decoded.{player}", (steps, 0))]:
            changed = noise.support[name].clone()
            changed[(slice(None), *place)] += 0.5
            other = TaskNoise({**noise.support, name: changed}, noise.opponent, noise.query, noise.inner)
            assert not torch.equal(total(algorithm, meta, first, (support, query, other)), plain), (name, place)


def test_the_judge_is_sampled_too() -> None:
    algorithm, meta = real(CASES[2])
    support, query, noise = drawn(algorithm)
    plain = total(algorithm, meta, "generator", (support, query, noise))
    for name in ("@code.discriminator", "@decoded.discriminator", "z"):
        other = TaskNoise(noise.support, {**noise.opponent, name: noise.opponent[name] + 0.5}, noise.query, noise.inner)
        assert not torch.equal(total(algorithm, meta, "generator", (support, query, other)), plain)


@pytest.mark.parametrize("model", ["vae", "gan"])
def test_looking_uses_means(model: str, tiny: Callable[..., Experiment]) -> None:
    learner = MetaLearner(tiny("densities", model, "leo"))
    learner.step()
    assert Observer(learner).validate(0.0)[1] == Observer(learner).validate(0.0)[1]
    algorithm, steps = learner.algorithm, learner.steps
    batch = torch.from_numpy(learner.family.batch("validation", 0, 1, 3, 4).support)[0]
    noise = algorithm.adaptation_noise(torch.Generator().manual_seed(0), 1, steps, 3)
    assert {f"@code.{player}" for player in algorithm.model.players} < set(noise)
    mine = {name: value[0] for name, value in noise.items()}
    others = {name: value + 1 if name.startswith("@") else value for name, value in mine.items()}
    without = {name: value for name, value in mine.items() if not name.startswith("@")}
    paths = [algorithm.trajectory(learner.meta, batch, given, steps) for given in (mine, others, without)]
    for path in paths[1:]:
        for params, same in zip(paths[0], path, strict=True):
            for player, values in params.items():
                assert all(torch.equal(value, same[player][name]) for name, value in values.items())


# -- what adapts, and how ----------------------------------------------------------------------------------------------
