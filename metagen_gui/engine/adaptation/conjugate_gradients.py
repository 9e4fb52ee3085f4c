"""Conjugate gradients over parameters (Hestenes & Stiefel 1952), for one task at a time under `torch.func.vmap`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from metagen_gui.engine.models.base import Params


def solve(product: Callable[[Params], Params], wanted: Params, steps: int) -> Params:
    """Return x with `product(x)` ≈ `wanted` after `steps` steps from 0; `product` is linear, symmetric, positive.

    Once the residual vanishes, further steps change nothing, so tasks of one meta-batch may need different numbers.
    A direction along which `product` is not positive ends the search there: what was found so far is kept.
    """
    found = {name: torch.zeros_like(value) for name, value in wanted.items()}
    residual, direction, square = wanted, wanted, _dot(wanted, wanted)
    going = torch.ones_like(square, dtype=torch.bool)
    for _ in range(steps):
        turned = product(direction)
        curvature = _dot(direction, turned)
        going = going & (curvature > 0)
        length = torch.where(going, square / curvature.clamp_min(TINY), 0.0)
        found = {name: value + length * direction[name] for name, value in found.items()}
        residual = {name: value - length * turned[name] for name, value in residual.items()}
        before, square = square, _dot(residual, residual)
        share = torch.where(before > 0, square / before.clamp_min(TINY), 0.0)
        direction = {name: value + share * direction[name] for name, value in residual.items()}
    return found


TINY = 1e-30


def _dot(a: Params, b: Params) -> Tensor:
    return torch.stack([(a[name] * b[name]).sum() for name in a]).sum()
