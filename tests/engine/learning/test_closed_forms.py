"""Meta-gradients of every algorithm on quadratic tasks against their closed forms, in float64, to 1e-10.

ℓ_S = ½(x − c)ᵀA(x − c) and ℓ_Q = ½(x − d)ᵀB(x − d), so after k steps of rate α φ = c + M(θ − c) with M = (I − αA)^k.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from metagen_gui.engine.adaptation.learned_rates import GAIN
from metagen_gui.engine.algorithms.base import Moment
from metagen_gui.engine.algorithms.maml_pp import step_weights
from tests.engine.toys import Quadratic, Shifted, build, positive, quiet, task

LR = 0.07
SIZES, STEPS = [1, 2, 5], [1, 2, 3, 4, 5]
Problem = tuple[Tensor, Tensor, Tensor, Tensor]
"""A, B, c, d of one task."""


def problems(size: int, count: int = 3) -> list[Problem]:
    def draw(seed: int) -> Tensor:
        return torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)

    return [(positive(size, i), positive(size, 10 + i), draw(30 + i), draw(20 + i)) for i in range(count)]


def power(a: Tensor, rate: float | Tensor, steps: int) -> Tensor:
    """Return (I − diag(rate) A)^steps."""
    scaled = torch.as_tensor(rate, dtype=torch.float64).reshape(-1, 1) * a
    return torch.linalg.matrix_power(torch.eye(len(a), dtype=torch.float64) - scaled, steps)


def assert_closed_form(algorithm, meta, size: int, steps: int, moment: Moment, expected: dict[str, Callable]) -> None:
    """Compare the meta-gradient of three tasks with the mean of `expected[name](problem)`."""
    drawn = problems(size)
    for value in meta["x"].values():
        value.requires_grad_()
    support = torch.stack([task(a, c) for a, _, c, _ in drawn])
    query = torch.stack([task(b, d) for _, b, _, d in drawn])
    found = algorithm.meta_gradient(meta, support, query, quiet(3, steps, 1, 1), moment).gradients["x"]
    assert set(found) == set(expected)
    for name, formula in expected.items():
        wanted = torch.stack([formula(*problem) for problem in drawn]).mean(0)
        torch.testing.assert_close(found[name], wanted, rtol=1e-10, atol=1e-12)


def start(algorithm) -> tuple[dict, Tensor]:
    meta = algorithm.initialize(torch.Generator().manual_seed(1))
    return meta, meta["x"]["x"].detach().clone()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("name", ["maml", "fomaml", "reptile", "anil"])
def test_plain_rates(name: str, steps: int, size: int) -> None:
    settings = {"inner_optimizer": "sgd"} if name == "reptile" else {}
    algorithm = build(name, Quadratic(size), steps, LR, **settings)
    meta, theta = start(algorithm)

    def expected(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
        m = power(a, LR, steps)
        phi = c + m @ (theta - c)
        outer = b @ (phi - d)
        return {"maml": m.T @ outer, "anil": m.T @ outer, "fomaml": outer, "reptile": theta - phi}[name]

    assert_closed_form(algorithm, meta, size, steps, Moment(), {"x": expected})


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("name", ["anil", "cavia", "imaml"])
def test_one_part_adapts_and_the_other_is_shared(name: str, steps: int, size: int) -> None:
    """The loss sees x + u and only u adapts. CAVIA begins u at 0 and does not learn it."""
    strength = 1.5
    settings = (
        {"proximity": strength, "conjugate_steps": size + 3, "inner_solver": "gradient"} if name == "imaml" else {}
    )
    algorithm = build(name, Shifted(size), steps, LR, adapts="context", **settings)
    meta, x = start(algorithm)
    begin = x if name == "cavia" else x + meta["x"]["context"].detach()
    eye = torch.eye(size, dtype=torch.float64)

    def expected(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
        if name == "imaml":
            held = a + strength * eye
            rest = torch.linalg.solve(held, a @ c + strength * begin)
            end = rest + power(held, LR, steps) @ (begin - rest)
            # ∂ℓ_Q/∂u and ∂ℓ_Q/∂x agree: moving x by δ moves the whole inner problem by δ
            return torch.linalg.solve(eye + a / strength, b @ (end - d))
        m = power(a, LR, steps)
        return m.T @ (b @ (c + m @ (begin - c) - d))

    nothing = {"context": lambda *_: torch.zeros(size, dtype=torch.float64)}
    both = {"x": expected, **(nothing if name == "cavia" else {"context": expected})}
    assert_closed_form(algorithm, meta, size, steps, Moment(), both)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("steps", STEPS)
def test_implicit_gradients_at_the_end_of_adaptation(steps: int, size: int) -> None:
    """After k steps on the regularised loss: (I + A/λ)⁻¹ B(φ − d), however φ was reached."""
    strength = 0.8
    algorithm = build(
        "imaml", Quadratic(size), steps, LR, proximity=strength, conjugate_steps=size + 3, inner_solver="gradient"
    )
    meta, theta = start(algorithm)
    eye = torch.eye(size, dtype=torch.float64)

    def expected(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
        phi = theta
        for _ in range(steps):
            phi = phi - LR * (a @ (phi - c) + strength * (phi - theta))
        return torch.linalg.solve(eye + a / strength, b @ (phi - d))

    assert_closed_form(algorithm, meta, size, steps, Moment(), {"x": expected})


def test_implicit_gradients_are_those_of_the_minimum() -> None:
    """With enough steps φ is the minimum (A + λI)⁻¹(Ac + λθ) itself, whose derivative is λ(A + λI)⁻¹."""
    size, strength, steps = 3, 1.0, 100
    algorithm = build(
        "imaml", Quadratic(size), steps, 0.3, proximity=strength, conjugate_steps=size + 3, inner_solver="gradient"
    )
    meta, theta = start(algorithm)
    eye = torch.eye(size, dtype=torch.float64)

    def expected(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
        phi = torch.linalg.solve(a + strength * eye, a @ c + strength * theta)
        return strength * torch.linalg.solve(a + strength * eye, b @ (phi - d))

    assert_closed_form(algorithm, meta, size, steps, Moment(), {"x": expected})


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("steps", STEPS)
def test_meta_sgd(steps: int, size: int) -> None:
    """N = I − diag(α)A: ∂θ = (N^k)ᵀB(φ − d), ∂α = −Σ_j A(x_j − c) ∘ (N^(k−1−j))ᵀB(φ − d); an entry of α is negative."""
    algorithm = build("meta_sgd", Quadratic(size), steps, 1.0)
    meta, theta = start(algorithm)
    alpha = torch.linspace(-0.05, 0.12, size, dtype=torch.float64) if size > 1 else torch.tensor([-0.05]).double()
    meta.own["x"]["rate.x"] = alpha[None].clone()

    def slope(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
        n = power(a, alpha, steps)
        return n.T @ (b @ (c + n @ (theta - c) - d))

    def by_rate(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
        outer = b @ (c + power(a, alpha, steps) @ (theta - c) - d)
        parts = [
            -(a @ (power(a, alpha, j) @ (theta - c))) * (power(a, alpha, steps - 1 - j).T @ outer) for j in range(steps)
        ]
        return torch.stack(parts).sum(0)[None]

    assert_closed_form(algorithm, meta, size, steps, Moment(), {"x": slope, "@rate.x": by_rate})


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("steps", STEPS)
def test_maml_plus_plus(steps: int, size: int, share: float) -> None:
    """Σ_j w_j (M_jᵀ) B(φ_j − d), the bracket left out while the order of derivatives is first."""
    settings = {"multi_step_share": 0.4, "first_order_share": 0.05}
    algorithm = build("maml_pp", Quadratic(size), steps, LR, **settings)
    meta, theta = start(algorithm)
    weights = step_weights(steps, share, 0.4)

    def expected(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
        total = torch.zeros(size, dtype=torch.float64)
        for j, weight in enumerate(weights, start=1):
            m = power(a, LR, j)
            outer = b @ (c + m @ (theta - c) - d)
            total += weight * (outer if share < 0.05 else m.T @ outer)
        return total

    assert_closed_form(algorithm, meta, size, steps, Moment(share=share), {"x": expected})


def test_learned_rates_have_the_closed_form_of_one_step_meta_sgd() -> None:
    """∂θ = (I − diag(α)A)ᵀB(φ − d); ∂α = −A(θ − c) ∘ B(φ − d), here through α = lr · exp(gain · s)."""
    size, lr = 4, 0.05
    algorithm = build("maml", Quadratic(size), 1, lr, learned_rates="per_entry")
    meta = algorithm.initialize(torch.Generator().manual_seed(1))
    scale = 0.1 * torch.arange(size, dtype=torch.float64)
    meta.own["x"]["rate.x"] = (scale[None] / GAIN).requires_grad_()
    theta = meta["x"]["x"].requires_grad_()
    a, b, c, d = positive(size, 0), positive(size, 1), torch.ones(size).double(), -torch.ones(size).double()
    found = algorithm.meta_gradient(meta, task(a, c)[None], task(b, d)[None], quiet(1, 1, 1, 1), Moment())
    rate = lr * torch.exp(scale)
    inner = a @ (theta.detach() - c)
    outer = b @ (theta.detach() - rate * inner - d)
    torch.testing.assert_close(found.gradients["x"]["x"], outer - a @ (rate * outer), rtol=1e-10, atol=1e-12)
    expected = -inner * outer * rate * GAIN
    torch.testing.assert_close(found.gradients["x"]["@rate.x"][0], expected, rtol=1e-10, atol=1e-12)
