"""Conjugate gradients against a dense solver, one task at a time and many at once."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from metagen_gui.engine.adaptation.conjugate_gradients import solve
from tests.engine.toys import positive


def run(matrix: Tensor, wanted: Tensor, steps: int) -> Tensor:
    half = len(wanted) // 2

    def product(x: dict[str, Tensor]) -> dict[str, Tensor]:
        out = matrix @ torch.cat([x["a"], x["b"]])
        return {"a": out[:half], "b": out[half:]}

    found = solve(product, {"a": wanted[:half], "b": wanted[half:]}, steps)
    return torch.cat([found["a"], found["b"]])


@pytest.mark.parametrize("size", [2, 5, 9])
def test_it_is_exact_after_as_many_steps_as_there_are_numbers_and_stays_so(size: int) -> None:
    matrix, wanted = positive(size, 1), torch.arange(1.0, size + 1).double()
    exact = torch.linalg.solve(matrix, wanted)
    for steps in (size, size + 1, size + 20):
        torch.testing.assert_close(run(matrix, wanted, steps), exact, rtol=1e-10, atol=1e-10)
    assert not torch.allclose(run(matrix, wanted, 1), exact, rtol=1e-2)


def test_every_step_lessens_the_error_in_the_matrixs_own_norm() -> None:
    matrix, wanted = positive(8, 2), torch.ones(8).double()
    exact = torch.linalg.solve(matrix, wanted)
    errors = [float((x - exact) @ matrix @ (x - exact)) for x in (run(matrix, wanted, steps) for steps in range(9))]
    assert all(after < before for before, after in pairwise(errors))


def test_tasks_of_one_batch_are_solved_apart() -> None:
    """One needs no step at all, another all of them."""
    matrices = torch.stack([torch.eye(4).double(), positive(4, 3)])
    wanted = torch.stack([torch.zeros(4).double(), torch.ones(4).double()])
    together = torch.func.vmap(lambda m, w: run(m, w, 6))(matrices, wanted)
    assert not together[0].any()
    torch.testing.assert_close(together[1], torch.linalg.solve(matrices[1], wanted[1]), rtol=1e-10, atol=1e-10)


def test_negative_curvature_ends_the_search_with_what_was_found() -> None:
    matrix = torch.diag(torch.tensor([2.0, 1.0, -5.0, 0.5]).double())
    found = run(matrix, torch.tensor([1.0, 1.0, 0.2, 1.0]).double(), 10)
    assert found.isfinite().all() and found.abs().max() < 10
    assert not run(-torch.eye(4).double(), torch.ones(4).double(), 3).any()
