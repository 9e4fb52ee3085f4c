"""Factored adaptation: the numbers of the dense computation, without writing out any task's weights."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from metagen_gui.engine.adaptation.task_noise import TaskNoise
from metagen_gui.engine.algorithms.base import Algorithm, MetaGradient, MetaParams
from metagen_gui.engine.beneath_autograd.factoring import Factoring
from metagen_gui.engine.beneath_autograd.kernels import When, quick
from metagen_gui.engine.beneath_autograd.low_rank import Factors, LowRank, Piece, StandIn
from metagen_gui.engine.learning.replayed_step import ReplayedStep
from metagen_gui.engine.models.base import adapted_groups
from metagen_gui.testing.algorithms import EARLY, double, draw
from tests.engine.adaptation.test_meta_gradients import CASES, IMAGES, build, title
from tests.engine.cells import EVERY, diagonal

TASKS, M, N = 3, 7, 5


class Watch(TorchDispatchMode):
    """Notes the largest tensor that is computed, and which products are kept."""

    def __init__(self) -> None:
        super().__init__()
        self.largest = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        if isinstance(out, Tensor) and not out._is_view():
            self.largest = max(self.largest, out.untyped_storage().nbytes() // out.element_size())
        return out


def gradient(algorithm: Algorithm, meta: MetaParams, drawn: tuple[Tensor, Tensor, TaskNoise], when: When):
    with quick(when):
        return algorithm.meta_gradient(meta, *drawn, EARLY)


def assert_equal(found: MetaGradient, expected: MetaGradient, meta: MetaParams) -> None:
    """Compare to 1e-10; what is a difference of larger numbers, parameters or gradients, to their last digits."""
    for part, other in ((found.gradients, expected.gradients), (found.replaced, expected.replaced)):
        for player, values in other.items():
            digit = 1e-15 * max(largest(value) for value in (*values.values(), *meta[player].values()))
            for name, value in values.items():
                assert type(part[player][name]) is Tensor
                torch.testing.assert_close(part[player][name], value, rtol=1e-10, atol=1e-10 * largest(value) + digit)
    for player, value in expected.query_loss.items():
        torch.testing.assert_close(found.query_loss[player], value, rtol=1e-12, atol=0)


def largest(value: Tensor) -> float:
    return float(value.detach().abs().max()) if value.numel() else 0.0


def everything_adapts(name: str, case: tuple) -> Algorithm:
    """Return an algorithm in which as much as can be adapts by plain gradient steps, and gradients are limited."""
    model_name, spec, model_settings, settings = case
    wanted = {"adapts": "everything", "inner_clip": 0.7, **settings}
    if name == "cavia":
        wanted["adapts"] = "context"
    if name == "reptile":
        wanted["inner_optimizer"] = "sgd"
    if name == "imaml":
        wanted["conjugate_steps"] = 2
    if name in ("maml", "fomaml", "maml_pp", "anil"):
        wanted["learned_rates"] = "per_layer"
    return build(name, (model_name, spec, {"width": 24, "depth": 2, **model_settings}, wanted))


@pytest.mark.parametrize(("name", "model"), diagonal(2))
def test_every_algorithm_and_model_gives_the_same_by_factors(name: str, model: str) -> None:
    _, spec, small, _ = next(case for case in CASES if case[0] == model)
    algorithm = everything_adapts(name, (model, spec, small, {}))
    meta, drawn = double(algorithm.initialize(torch.Generator().manual_seed(1))), draw(algorithm)
    assert_equal(gradient(algorithm, meta, drawn, "always"), gradient(algorithm, meta, drawn, "never"), meta)


@pytest.mark.parametrize(
    ("name", "case"),
    [
        (name, case)
        for place, case in enumerate(CASES)
        for turn, name in enumerate(("maml", "fomaml", "reptile"))
        if EVERY or turn == place % 3
    ],
    ids=title,
)
def test_every_loss_gives_the_same_by_factors(name: str, case: tuple) -> None:
    model_name, spec, model_settings, settings = case
    groups = adapted_groups(type(build(name, case).model), settings.get("adapts", "everything"))
    algorithm = everything_adapts(name, (model_name, spec, model_settings, {**settings, "adapts": "+".join(groups)}))
    meta, drawn = double(algorithm.initialize(torch.Generator().manual_seed(1))), draw(algorithm)
    assert_equal(gradient(algorithm, meta, drawn, "always"), gradient(algorithm, meta, drawn, "never"), meta)


@pytest.mark.parametrize(
    ("name", "settings"), [("maml", {}), ("fomaml", {}), ("reptile", {}), ("maml", {"inner_clip": 0})]
)
def test_no_task_gets_weights_of_its_own(name: str, settings: dict[str, object]) -> None:
    """A VAE of wide layers adapts wholly: nothing as large as two tasks' weights is ever computed."""
    tasks, width = 6, 96
    algorithm = everything_adapts(name, ("vae", IMAGES, {"width": width, "context_size": 8}, settings))
    meta, drawn = double(algorithm.initialize(torch.Generator().manual_seed(1))), draw(algorithm, tasks)
    sizes = {}
    for when in ("never", "always"):
        with Watch() as watch:
            gradient(algorithm, meta, drawn, when)
        sizes[when] = watch.largest
    layer = width * 256  # from pixels to units
    assert sizes["never"] >= tasks * layer
    assert sizes["always"] < 2 * layer


def test_where_matrices_are_small_nothing_changes() -> None:
    algorithm = everything_adapts("maml", CASES[2])
    meta, drawn = double(algorithm.initialize(torch.Generator().manual_seed(1))), draw(algorithm)
    auto, never = gradient(algorithm, meta, drawn, "auto"), gradient(algorithm, meta, drawn, "never")
    for player, values in never.gradients.items():
        for name, value in values.items():
            assert torch.equal(auto.gradients[player][name], value)


def test_many_examples_are_computed_densely() -> None:
    """Of a matrix (8, 8) four ranks are half; from there on factors would hold more numbers than it."""
    with Factoring(0):
        few = torch.bmm(torch.rand(2, 8, 3), torch.rand(2, 3, 8))
        many = torch.bmm(torch.rand(2, 8, 4), torch.rand(2, 4, 8))
        assert isinstance(few, LowRank) and type(many) is Tensor
        assert type(few + torch.bmm(torch.rand(2, 8, 3), torch.rand(2, 3, 8))) is Tensor


def test_steps_that_write_in_place_are_computed_densely() -> None:
    algorithm = everything_adapts("maml", CASES[2])
    meta, drawn = double(algorithm.initialize(torch.Generator().manual_seed(1))), draw(algorithm)
    expected = gradient(algorithm, meta, drawn, "never")

    class Careless:
        """Adds a product into a matrix, as a plugin might."""

        settings, model = algorithm.settings, algorithm.model
        calls = 0

        def meta_gradient(self, *given):
            self.calls += 1
            torch.bmm(torch.rand(2, 9, 1), torch.rand(2, 1, 9)).add_(1.0)
            return algorithm.meta_gradient(*given)

    careless = Careless()
    step = ReplayedStep(careless, on=False, factored="always")  # type: ignore[arg-type]
    assert_equal(step.meta_gradient(meta, *drawn, EARLY), expected, meta)
    assert step.factored == "never" and careless.calls == 2


# -- the algebra itself ----------------------------------------------------------------------------------------------


def matrix(generator: torch.Generator, base: bool, pieces: int, turned: bool) -> tuple[LowRank, Tensor]:
    """Return a random matrix by factors, and written out."""
    m, n = (N, M) if turned else (M, N)

    def drawn(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    parts = [
        Piece(drawn(TASKS, 1, m), drawn(TASKS, 1, n), [None, 0.5, drawn(TASKS, 1, 1)][i % 3]) for i in range(pieces)
    ]
    shared = drawn(m, n) if base or not parts else None
    made = LowRank((TASKS, m, n), shared, Factors(parts) if parts else None)
    dense = torch.zeros(TASKS, m, n, dtype=torch.float64) if shared is None else shared.expand(TASKS, m, n)
    for a, b, factor in parts:
        dense = dense + torch.bmm(a.transpose(1, 2), b) * (1 if factor is None else factor)
    return (made.swapped(), dense.transpose(1, 2)) if turned else (made, dense)


def per_task(g: torch.Generator) -> Tensor:
    return torch.randn(TASKS, 1, 1, generator=g, dtype=torch.float64).expand(TASKS, M, N)


OPERATIONS = {
    "a + b": lambda a, b, g: a + b,
    "a − b": lambda a, b, g: a - b,
    "a + shared": lambda a, b, g: torch.ones(M, N, dtype=torch.float64) + a,
    "shared − a": lambda a, b, g: torch.ones(1, M, N, dtype=torch.float64) - a,
    "a + of each": lambda a, b, g: a + torch.arange(TASKS * M * N, dtype=torch.float64).view(TASKS, M, N),
    "−a": lambda a, b, g: -a,
    "a / number": lambda a, b, g: a / 3,
    "number · a": lambda a, b, g: torch.tensor(2.0, dtype=torch.float64) * a,
    "per task · a": lambda a, b, g: a * per_task(g),
    "a ∘ b": lambda a, b, g: a * b,
    "addcmul": lambda a, b, g: torch.addcmul(a, torch.tensor(0.1, dtype=torch.float64), b, value=-1),
    "turned twice": lambda a, b, g: a.transpose(1, 2).permute(0, 2, 1),
    "view": lambda a, b, g: a.view(TASKS, M, N),
    "other view": lambda a, b, g: a.reshape(TASKS * M, N).view(TASKS, M, N),
    "exp": lambda a, b, g: torch.exp(0.01 * a),
}
READINGS = {
    "itself": lambda x: x * 1.0,
    "after": lambda x: torch.bmm(torch.linspace(-1, 1, TASKS * 4 * M, dtype=torch.float64).view(TASKS, 4, M), x),
    "before": lambda x: torch.bmm(x, torch.linspace(-1, 1, TASKS * N * 4, dtype=torch.float64).view(TASKS, N, 4)),
    "turned, after": lambda x: torch.bmm(torch.ones(TASKS, 2, N, dtype=torch.float64), x.transpose(1, 2)),
    "by itself": lambda x: torch.bmm(x, x.transpose(1, 2)),
    "total": lambda x: x.sum(0),
    "total, kept": lambda x: x.sum(0, keepdim=True),
    "mean": lambda x: x.mean(0),
    "squares": lambda x: x.square().sum((1, 2)),
    "all squares": lambda x: (x * x).sum(),
    "all entries": lambda x: x.sum(),
    "rows": lambda x: x.sum(2),
    "mean of rows": lambda x: x.mean(1),
}


@given(
    st.lists(st.sampled_from(sorted(OPERATIONS)), max_size=4),
    st.tuples(st.booleans(), st.integers(0, 2), st.booleans()),
    st.tuples(st.booleans(), st.integers(0, 2), st.booleans()),
    st.sampled_from(sorted(READINGS)),
    st.integers(0, 999),
)
def test_factors_calculate_as_the_matrices_do(operations, one, other, reading: str, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    (a, dense_a), (b, dense_b) = matrix(generator, *one), matrix(generator, *other)
    state = generator.get_state()
    results = []
    for x, y in ((a, b), (dense_a, dense_b)):
        generator.set_state(state)
        with Factoring(0):
            for name in operations:
                x = OPERATIONS[name](x, y, generator)
            found = READINGS[reading](x)
        results.append(found.dense() if isinstance(found, StandIn) else found)
    torch.testing.assert_close(results[0], results[1], rtol=1e-11, atol=1e-11)


def test_pieces_with_a_matrix_in_common_become_one() -> None:
    """The first layer sees the same support in every step, so that its change stays of one rank."""
    inputs = torch.rand(2, 3, 9)
    with Factoring(0):
        steps = [torch.bmm(torch.rand(2, 9, 3), inputs) for _ in range(3)]
        change = steps[0] - 0.1 * steps[1] + steps[2] * torch.rand(2, 1, 1)
        assert isinstance(change, LowRank) and change.rank == 3


def test_a_path_of_factors_takes_the_memory_of_its_last() -> None:
    start, path = torch.rand(9, 7), []
    with Factoring(0):
        here = start.expand(2, 9, 7)
        for step in range(3):
            here = here - 0.5 * torch.bmm(torch.rand(2, 9, 1) + step, torch.rand(2, 1, 7))
            path.append(here)
            expected = [each.dense().clone() for each in path]
    with Factoring(0):
        for each, dense in zip(path, expected, strict=True):
            torch.testing.assert_close(torch.bmm(torch.eye(9).expand(2, 9, 9), each), dense)
    assert len({each.factors.gathered().a.untyped_storage()._cdata for each in path}) == 1
    assert [each.rank for each in path] == [1, 2, 3]


def test_factors_that_grow_otherwise_are_left_alone() -> None:
    """What joins a piece of the last step changes it, and of two that grow from one neither changes the other."""
    rows, other = torch.rand(2, 1, 7), torch.rand(2, 1, 7)
    with Factoring(0):
        first = torch.bmm(torch.rand(2, 9, 1), other) + torch.bmm(torch.rand(2, 9, 1), rows)
        joined = first + (torch.bmm(torch.rand(2, 9, 1), rows) + torch.bmm(torch.rand(2, 9, 1), torch.rand(2, 1, 7)))
        pieces = [torch.bmm(piece.a.transpose(1, 2), piece.b) for piece in first.factors.pieces]
        before = sum(piece.dense() for piece in pieces)
        joined.dense()
        torch.testing.assert_close(first.again().dense(), before)
        left, right = (first + torch.bmm(torch.rand(2, 9, 1), torch.rand(2, 1, 7)) for _ in range(2))
        left.dense(), right.dense()
        torch.testing.assert_close(first.again().dense(), before)
