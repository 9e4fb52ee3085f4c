"""Mixed precision: products in bfloat16, everything that adds up in float32, and how much that is off.

A bfloat16 has the range of a float32 and 8 bits of its fraction, so a product is off by up to 0.4 %. Parameters, what
adaptation adds to them, losses and outer gradients stay in float32, as do scores and samples.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.task_noise import TaskNoise
from metagen_gui.engine.algorithms.base import Algorithm, MetaParams, Moment
from metagen_gui.engine.beneath_autograd.kernels import When, quick

Precision = Literal["float32", "mixed"]


def computing_in(precision: Precision, device: torch.device) -> AbstractContextManager[Any]:
    """Return a context for computing gradients on `device`."""
    if precision == "float32":
        return nullcontext()
    # a weight that was cast before must not be taken again: it may belong to another level of differentiation
    return torch.autocast(device.type, torch.bfloat16, cache_enabled=False)


def mixed_error(
    algorithm: Algorithm,
    meta: MetaParams,
    support: Tensor,
    query: Tensor,
    noise: TaskNoise,
    moment: Moment,
    factored: When = "auto",
) -> float:
    """Return ‖mixed − float32‖ / ‖float32‖ of the outer gradient of these tasks, all parameters together."""

    def gradient(precision: Precision) -> Tensor:
        with quick(factored), computing_in(precision, support.device):
            found = algorithm.meta_gradient(meta, support, query, noise, moment).gradients
        return torch.cat([value.flatten().double() for values in found.values() for value in values.values()])

    exact = gradient("float32")
    return float((gradient("mixed") - exact).norm() / exact.norm())
