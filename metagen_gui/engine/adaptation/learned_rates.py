"""Inner rates that are learned with the initialization, kept as logarithms among the algorithm's own tensors.

A learned rate is `inner_lr · group_rate · exp(GAIN · s)` with s learned from 0, so that one outer step changes rates of
0.5 and of 0.001 by the same share. The tensors are named `rate.GROUP` or `rate.PARAMETER`; their first axis is the
adaptation step (a rate per layer and step: MAML++, Antoniou et al. 2019, section 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from metagen_gui.engine.models.base import Params

Kind = Literal["no", "per_group", "per_layer", "per_entry"]

RATE = "rate."
"""What the names of learned rates begin with."""
GAIN = 10.0
"""How much faster than a weight the logarithm of a rate moves: rates travel over decades, weights do not."""


def fresh_rates(kind: Kind, steps: int, moving: Mapping[str, Tensor], groups: Mapping[str, str]) -> Params:
    """Return the learned tensors for the adapted parameters `moving`, whose groups are given by name; all zero."""
    if kind == "per_group":
        return {RATE + group: torch.zeros(steps) for group in sorted({groups[name] for name in moving})}
    if kind == "per_layer":
        return {RATE + name: torch.zeros(steps) for name in moving}
    if kind == "per_entry":
        return {RATE + name: torch.zeros(steps, *value.shape) for name, value in moving.items()}
    return {}


def learned_rate(fixed: Tensor, learned: Tensor) -> Tensor:
    """Return the rates `(steps, …)` that `learned` makes of one `fixed` rate `(1,)`."""
    return fixed * torch.exp(GAIN * learned)
