"""Adaptation and meta-gradients against closed forms, in float64, through the inner loop that users run."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from metagen_gui.engine.algorithms.base import Algorithm, AlgorithmSettings, Moment, RateLearner, TaskNoise, algorithms
from metagen_gui.engine.config import Config
from metagen_gui.engine.inner_loop import limit
from metagen_gui.engine.models.base import GenerativeModel, Noise, PlayerParams
from metagen_gui.engine.tasks.base import DataSpec


class Quadratic(GenerativeModel):
    """ℓ(x; batch) = ½(x − c)ᵀA(x − c): a batch row holds A's rows and c, so support and query may differ in both."""

    Settings = Config
    players = ("x",)
    groups = ("x",)
    group_rates = {"x": 1.0}
    adapts = {"everything": ("x",)}

    def __init__(self, size: int) -> None:
        super().__init__(Config(), DataSpec("points", (size + 1, size)))
        self.size = size

    def initialize(self, generator: torch.Generator) -> PlayerParams:
        return {"x": {"x": torch.randn(self.size, generator=generator, dtype=torch.float64)}}

    def group_of(self, player: str, name: str) -> str:
        return "x"

    def noise(self, generator: torch.Generator, lead: tuple[int, ...], examples: int) -> Noise:
        return {"none": torch.zeros(*lead, 1)}

    def loss(self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, ramp: float = 1.0) -> Tensor:
        matrix, centre = batch[0, :-1], batch[0, -1]
        away = params["x"]["x"] - centre
        return 0.5 * away @ matrix @ away

    def latents(self, generator: torch.Generator, count: int) -> Tensor:
        return torch.zeros(count, 1)

    def generate(self, params: PlayerParams, latents: Tensor) -> Tensor:
        return params["x"]["x"].expand(len(latents), -1)


class Bilinear(Quadratic):
    """The game V(x, y) = xᵀMy: x descends V and y descends −V, in turns. M comes with the batch."""

    players = ("x", "y")

    def initialize(self, generator: torch.Generator) -> PlayerParams:
        draw = {p: torch.randn(self.size, generator=generator, dtype=torch.float64) for p in self.players}
        return {player: {"x": value} for player, value in draw.items()}

    def loss(self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, ramp: float = 1.0) -> Tensor:
        value = params["x"]["x"] @ batch[0, :-1] @ params["y"]["x"]
        return value if player == "x" else -value


def positive(size: int, seed: int) -> Tensor:
    root = torch.randn(size, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return root @ root.T / size + 0.5 * torch.eye(size, dtype=torch.float64)


def task(matrix: Tensor, centre: Tensor) -> Tensor:
    return torch.cat([matrix, centre[None]])[None]


def quiet(tasks: int, steps: int, turns: int, players: int) -> TaskNoise:
    zeros = {"none": torch.zeros(tasks, steps, turns, 1)}
    each = {"none": torch.zeros(tasks, players, 1)}
    return TaskNoise(zeros, zeros, each, each)


def build(name: str, model: GenerativeModel, steps: int, lr: float, **settings: object) -> Algorithm:
    plugin = algorithms.get(name)
    chosen = {"inner_clip": 0.0, **settings}
    if issubclass(plugin, RateLearner):
        chosen = {"learned_rates": "no", **chosen}
    return plugin(plugin.Settings(inner_lr=lr, adaptation_steps=steps, **chosen), model)


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("name", ["maml", "fomaml", "reptile"])
def test_quadratic_tasks_have_the_closed_form(name: str, steps: int, size: int) -> None:
    lr = 0.07
    settings = {"inner_optimizer": "sgd"} if name == "reptile" else {}
    algorithm = build(name, Quadratic(size), steps, lr, **settings)
    meta = algorithm.initialize(torch.Generator().manual_seed(1))
    theta = meta["x"]["x"].requires_grad_()
    support, query, expected = [], [], []
    for i in range(3):
        a, b = positive(size, i), positive(size, 10 + i)
        c, d = (torch.randn(size, generator=torch.Generator().manual_seed(s), dtype=torch.float64) for s in (i, 20 + i))
        m = torch.linalg.matrix_power(torch.eye(size, dtype=torch.float64) - lr * a, steps)
        phi = c + m @ (theta.detach() - c)
        outer = b @ (phi - d)
        expected.append({"maml": m.T @ outer, "fomaml": outer, "reptile": theta.detach() - phi}[name])
        support.append(task(a, c))
        query.append(task(b, d))
    found = algorithm.meta_gradient(meta, torch.stack(support), torch.stack(query), quiet(3, steps, 1, 1), Moment())
    torch.testing.assert_close(found.gradients["x"]["x"], torch.stack(expected).mean(0), rtol=1e-10, atol=1e-12)


def test_learned_rates_have_the_closed_form_of_one_step_meta_sgd() -> None:
    """∂θ = (I − diag(α)A)ᵀB(φ − d); ∂α = −A(θ − c) ∘ B(φ − d), here through α = lr · exp(gain · s)."""
    from metagen_gui.engine.learned_rates import GAIN

    size, lr = 4, 0.05
    algorithm = build("maml", Quadratic(size), 1, lr, learned_rates="per_entry")
    meta = algorithm.initialize(torch.Generator().manual_seed(1))
    scale = 0.1 * torch.arange(size, dtype=torch.float64)
    meta["x"]["@rate.x"] = (scale[None] / GAIN).requires_grad_()
    theta = meta["x"]["x"].requires_grad_()
    a, b, c, d = positive(size, 0), positive(size, 1), torch.ones(size).double(), -torch.ones(size).double()
    found = algorithm.meta_gradient(meta, task(a, c)[None], task(b, d)[None], quiet(1, 1, 1, 1), Moment())
    rate = lr * torch.exp(scale)
    inner = a @ (theta.detach() - c)
    outer = b @ (theta.detach() - rate * inner - d)
    torch.testing.assert_close(found.gradients["x"]["x"], outer - a @ (rate * outer), rtol=1e-10, atol=1e-12)
    expected = -inner * outer * rate * GAIN
    torch.testing.assert_close(found.gradients["x"]["@rate.x"][0], expected, rtol=1e-10, atol=1e-12)


def test_players_alternate_and_each_keeps_to_its_own_outer_gradient() -> None:
    """One round on V = xᵀMy: x' = x − αMy, y' = y + αMᵀx'; on the query V' = x'ᵀNy' differentiate by hand."""
    lr, size = 0.3, 3
    model = Bilinear(size)
    algorithm = build("maml", model, 1, lr)
    meta = algorithm.initialize(torch.Generator().manual_seed(3))
    x, y = (meta[p]["x"].requires_grad_() for p in model.players)
    m, n = positive(size, 4) + torch.ones(size, size).double(), positive(size, 5)
    nothing = torch.zeros(size, dtype=torch.float64)
    found = algorithm.meta_gradient(meta, task(m, nothing)[None], task(n, nothing)[None], quiet(1, 1, 2, 2), Moment())
    moved_x = x.detach() - lr * m @ y.detach()
    moved_y = y.detach() + lr * m.T @ moved_x
    # ∂x'/∂x = I, ∂y'/∂x = αMᵀ;  ∂x'/∂y = −αM, ∂y'/∂y = I − α²MᵀM
    by_x = n @ moved_y + lr * m @ n.T @ moved_x
    by_y = -(-lr * m.T @ n @ moved_y + (torch.eye(size).double() - lr**2 * m.T @ m).T @ n.T @ moved_x)
    torch.testing.assert_close(found.gradients["x"]["x"], by_x, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(found.gradients["y"]["x"], by_y, rtol=1e-10, atol=1e-12)


def test_alternating_turns_keep_the_bilinear_game_on_its_orbit() -> None:
    """Simultaneous steps on V = xy multiply the distance by √(1 + α²) each; alternating ones have spectral radius 1."""
    lr, steps = 0.2, 100
    algorithm = build("maml", Bilinear(1), steps, lr)
    meta = algorithm.initialize(torch.Generator().manual_seed(0))
    batch = task(torch.ones(1, 1).double(), torch.zeros(1).double())
    path = algorithm.trajectory(meta, batch, {"none": torch.zeros(steps, 2, 1)}, steps)
    # the alternating map conserves x² + y² + αxy (up to the sign convention of who moves first)
    energy = [float(p["x"]["x"] ** 2 + p["y"]["x"] ** 2 - lr * p["x"]["x"] * p["y"]["x"]) for p in path]
    assert max(energy) - min(energy) < 1e-12 * steps
    assert (1 + lr**2) ** steps > 50, "simultaneous steps would have left the orbit by now"


def test_meta_parameters_are_not_overwritten_by_adaptation() -> None:
    algorithm = build("maml", Quadratic(2), 3, 0.1)
    meta = algorithm.initialize(torch.Generator().manual_seed(0))
    before = meta["x"]["x"].clone()
    batch = task(positive(2, 0), torch.ones(2).double())
    path = algorithm.trajectory(meta, batch, {"none": torch.zeros(3, 1, 1)}, 3)
    assert torch.equal(meta["x"]["x"], before) and torch.equal(path[0]["x"]["x"], before)
    assert not torch.equal(path[-1]["x"]["x"], before)


def test_limit_shortens_long_gradients_only() -> None:
    long = {"a": torch.tensor([3.0]), "b": torch.tensor([4.0])}
    assert limit(long, 10.0)["a"].item() == pytest.approx(3.0)
    short = limit(long, 1.0)
    assert (short["a"].item(), short["b"].item()) == pytest.approx((0.6, 0.8))


def test_settings_of_every_algorithm_extend_the_common_ones() -> None:
    for _, plugin in algorithms.items():
        assert issubclass(plugin.Settings, AlgorithmSettings)
