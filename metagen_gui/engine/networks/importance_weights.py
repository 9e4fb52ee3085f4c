"""The importance-weighted bound of log p: nearer to it than an evidence lower bound, the more so the more draws.

    log p(x) ≥ E log 1/K Σ_k p(x | z_k) p(z_k) / q(z_k | x),   z_k ~ q(z | x)

Burda, Grosse & Salakhutdinov 2016, Importance Weighted Autoencoders, eq. 8. **Bias: downwards**, falling with K
(theorem 1); K = 1 is the evidence lower bound by one draw. Unlike that it does not depend on how good q is once K is
large, so it compares models whose encoders adapt differently.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

AT_ONCE = 8
"""Of the K draws, as many as are held in memory at the same time when no gradient is asked for."""


def importance_weighted(log_weights: Callable[[dict[str, Tensor]], Tensor], noise: Mapping[str, Tensor]) -> Tensor:
    """Return the bound in nats `(examples,)`; works under `vmap`.

    `log_weights` makes of some draws of `noise`, whose tensors begin with `(K,)`, the logs of their weights
    `(draws, examples)`.
    """
    draws = len(next(iter(noise.values())))
    some = ({name: value[at : at + AT_ONCE] for name, value in noise.items()} for at in range(0, draws, AT_ONCE))
    return torch.logsumexp(torch.cat([log_weights(part) for part in some]), dim=0) - math.log(draws)
