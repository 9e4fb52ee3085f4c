"""Adaptation and meta-gradients against closed forms, in float64, through the inner loop that users run."""

from __future__ import annotations

import weakref
from typing import Any

import pytest
import torch

from metagen_gui.engine.adaptation.inner_loop import InnerLoop, descend, limit
from metagen_gui.engine.algorithms.base import AlgorithmSettings, MetaParams, Moment, algorithms
from metagen_gui.engine.models.base import Params
from tests.engine.toys import Bilinear, DiracGan, Quadratic, build, positive, quiet, task


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


def rounds(lr: float, steps: int, start: tuple[float, float]) -> list[tuple[float, float]]:
    """Return (ψ, θ) of the Dirac-WGAN after 0, 1, … `steps` rounds of the inner loop."""
    algorithm = build("maml", DiracGan(1), steps, lr)
    params = {p: {"x": torch.tensor([v], dtype=torch.float64)} for p, v in zip(("y", "x"), start, strict=True)}
    batch = task(torch.zeros(1, 1).double(), torch.zeros(1).double())
    path = algorithm.trajectory(MetaParams(params), batch, {"none": torch.zeros(steps, 2, 1)}, steps)
    return [(float(params["y"]["x"]), float(params["x"]["x"])) for params in path]


@pytest.mark.parametrize("lr", [0.05, 0.3, 1.0])
def test_alternating_rounds_of_the_dirac_wgan_have_spectral_radius_one(lr: float) -> None:
    """ψ' = ψ − ηθ, θ' = θ + ηψ': the matrix of a round, read off the inner loop, against the closed form."""
    columns = [rounds(lr, 1, start)[1] for start in ((1.0, 0.0), (0.0, 1.0))]
    found = torch.tensor(columns, dtype=torch.float64).T
    expected = torch.tensor([[1, -lr], [lr, 1 - lr**2]], dtype=torch.float64)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-14)
    assert torch.linalg.eigvals(found).abs().tolist() == pytest.approx([1.0, 1.0], abs=1e-10)
    assert max(abs(theta) for _, theta in rounds(lr, 100, (1.0, 1.0))) < 4


@pytest.mark.parametrize("lr", [0.05, 0.3, 1.0])
def test_simultaneous_steps_of_the_dirac_wgan_would_spiral_out(lr: float) -> None:
    """Both gradients taken at the same place, by the same functions: radius √(1 + η²)."""
    model = DiracGan(1)
    loop = InnerLoop(model, dict.fromkeys(model.players, ("x",)))
    batch, noise = task(torch.zeros(1, 1).double(), torch.zeros(1).double()), {"none": torch.zeros(1)}
    columns = []
    for start in ((1.0, 0.0), (0.0, 1.0)):
        here = {p: {"x": torch.tensor([v], dtype=torch.float64)} for p, v in zip(model.players, start, strict=True)}
        rate = {"x": torch.tensor(lr, dtype=torch.float64)}
        there = {p: descend(here[p], loop.gradients(p, here, batch, noise), rate) for p in model.players}
        columns.append([float(there[p]["x"]) for p in model.players])
    radii = torch.linalg.eigvals(torch.tensor(columns, dtype=torch.float64).T).abs().tolist()
    assert radii == pytest.approx([(1 + lr**2) ** 0.5] * 2, rel=1e-12)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_the_unrolled_gradient_of_the_bilinear_game_is_that_of_its_matrix(steps: int) -> None:
    """A round is linear, (x, y) ↦ R(x, y), so the gradient of V'(R^k (x, y)) is a product of matrices."""
    lr, size = 0.2, 2
    model = Bilinear(size)
    algorithm = build("maml", model, steps, lr)
    meta = algorithm.initialize(torch.Generator().manual_seed(3))
    x, y = (meta[p]["x"].requires_grad_() for p in model.players)
    m, n = positive(size, 4) + torch.ones(size, size).double(), positive(size, 5)
    eye, zero = torch.eye(size).double(), torch.zeros(size, size).double()
    turn_x = torch.cat([torch.cat([eye, -lr * m], 1), torch.cat([zero, eye], 1)])
    turn_y = torch.cat([torch.cat([eye, zero], 1), torch.cat([lr * m.T, eye], 1)])
    path = torch.linalg.matrix_power(turn_y @ turn_x, steps)
    end = path @ torch.cat([x, y]).detach()
    slope = path.T @ torch.cat([n @ end[size:], n.T @ end[:size]])
    nothing = torch.zeros(size, dtype=torch.float64)
    given = (task(m, nothing)[None], task(n, nothing)[None], quiet(1, steps, 2, 2))
    found = algorithm.meta_gradient(meta, *given, Moment()).gradients
    torch.testing.assert_close(found["x"]["x"], slope[:size], rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(found["y"]["x"], -slope[size:], rtol=1e-10, atol=1e-12)


def test_meta_parameters_are_not_overwritten_by_adaptation() -> None:
    algorithm = build("maml", Quadratic(2), 3, 0.1)
    meta = algorithm.initialize(torch.Generator().manual_seed(0))
    before = meta["x"]["x"].clone()
    batch = task(positive(2, 0), torch.ones(2).double())
    path = algorithm.trajectory(meta, batch, {"none": torch.zeros(3, 1, 1)}, 3)
    assert torch.equal(meta["x"]["x"], before) and torch.equal(path[0]["x"]["x"], before)
    assert not torch.equal(path[-1]["x"]["x"], before)


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("imaml", "metagen_gui.engine.algorithms.imaml.descend"),
        ("reptile", "metagen_gui.engine.adaptation.inner_loop.descend"),
    ],
)
def test_where_no_path_is_differentiated_none_is_kept(monkeypatch: pytest.MonkeyPatch, name: str, where: str) -> None:
    """However many steps are taken, only the parameters of the last one or two are in memory."""
    passed: list[weakref.ref[torch.Tensor]] = []

    def watched(*given: Any) -> Params:
        moved = descend(*given)
        passed.append(weakref.ref(moved["x"]))
        assert sum(each() is not None for each in passed) <= 2
        return moved

    monkeypatch.setattr(where, watched)
    settings = {"inner_solver": "gradient"} if name == "imaml" else {}
    algorithm = build(name, Quadratic(2), 30, 0.01, **settings)
    meta = algorithm.initialize(torch.Generator().manual_seed(0))
    given = task(positive(2, 0), torch.ones(2).double())[None]
    algorithm.meta_gradient(meta, given, given, quiet(1, 30, 1, 1), Moment())
    assert len(passed) == 30


def test_limit_shortens_long_gradients_only() -> None:
    long = {"a": torch.tensor([3.0]), "b": torch.tensor([4.0])}
    assert limit(long, 10.0)["a"].item() == pytest.approx(3.0)
    short = limit(long, 1.0)
    assert (short["a"].item(), short["b"].item()) == pytest.approx((0.6, 0.8))


def test_settings_of_every_algorithm_extend_the_common_ones() -> None:
    for _, plugin in algorithms.items():
        assert issubclass(plugin.Settings, AlgorithmSettings)
