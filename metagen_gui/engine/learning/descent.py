"""The outer step itself: one optimizer per player takes its gradient, unless some number in it is not finite.

Whether it was is a number on the device that computes. To ask for it there and then would let a GPU stand still until
the answer has come, so the optimizers are told by a tensor: they leave everything as it was where it says so.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.meta_params import MetaParams, Named
from metagen_gui.engine.training import TrainingSettings


def optimizers_for(
    meta: MetaParams, training: TrainingSettings, device: torch.device
) -> dict[str, torch.optim.Optimizer]:
    """Return an optimizer for every player."""
    kind = torch.optim.SGD if training.outer_optimizer == "sgd" else torch.optim.Adam
    fused = device.type in ("cpu", "cuda")
    return {player: kind(list(values.values()), lr=training.outer_lr, fused=fused) for player, values in meta.items()}


def descend(
    meta: MetaParams,
    gradients: Named,
    optimizers: dict[str, torch.optim.Optimizer],
    training: TrainingSettings,
    share: float,
) -> Tensor:
    """Give every player's optimizer its gradient, limited in length, when `share` of the run is over.

    Returns whether all gradients were finite, as a tensor where they lie; if not, nothing has changed.
    """
    finite, gradients, norms = _limited_entries(gradients, training.outer_value_clip)
    rate = training.outer_lr * schedule(training.lr_schedule, share)
    for player, optimizer in optimizers.items():
        clip = training.outer_clip
        scale = torch.clamp(clip / (norms[player] + 1e-12), max=1.0) if clip else None
        for name, value in meta[player].items():
            gradient = gradients[player][name]
            value.grad = gradient if scale is None else gradient * scale
        for group in optimizer.param_groups:
            group["lr"] = rate
        _step(optimizer, finite)
    return finite


def _limited_entries(gradients: Named, limit: float) -> tuple[Tensor, Named, dict[str, Tensor]]:
    """Return whether all entries are finite, the gradients with entries of at most `limit` (0: any), their norms."""
    if limit:
        entries = [[g for g in values.values() if g.numel()] for values in gradients.values()]  # no empty context
        longest = [torch.nn.utils.get_total_norm(of_player, math.inf) for of_player in entries]
        gradients = {p: {n: g.clamp(-limit, limit) for n, g in values.items()} for p, values in gradients.items()}
    norms = {player: torch.nn.utils.get_total_norm(list(values.values())) for player, values in gradients.items()}
    # once limited, what is infinite would pass for large
    told = longest if limit else list(norms.values())
    return torch.stack(told).isfinite().all(), gradients, norms


def _step(optimizer: torch.optim.Optimizer, finite: Tensor) -> None:
    """Take a step if `finite` says so."""
    if optimizer.defaults.get("fused"):
        optimizer.found_inf = (~finite).float()  # type: ignore[attr-defined]  # as torch.amp.GradScaler tells it
        optimizer.step()
    elif finite:
        optimizer.step()


def replace(meta: MetaParams, replaced: Named, finite: Tensor) -> None:
    """Write what an algorithm gives outright, without a gradient, into `meta` if `finite` says so."""
    with torch.no_grad():
        for player, values in replaced.items():
            for name, value in values.items():
                old = meta[player][name]
                old.copy_(torch.where(finite, value, old))


def schedule(kind: str, share: float) -> float:
    """Return the factor of the outer rate when `share` of the run is over: 1 at first, 0 just after the last step."""
    if kind == "linear":
        return 1 - share
    if kind == "cosine":
        return 0.5 * (1 + math.cos(math.pi * share))
    return 1.0
