"""The inner problem of implicit MAML: a loss, and a pull towards where adaptation began."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.conjugate_gradients import solve
from metagen_gui.engine.adaptation.inner_loop import best_share
from metagen_gui.engine.models.base import Params


@dataclass(frozen=True)
class Proximal:
    """ℓ(φ) + (λ/2) ‖φ − θ‖² of one task, over its adapted parameters; θ is `start` and λ `strength`."""

    loss: Callable[[Params], Tensor]
    start: Params
    strength: float

    def value(self, at: Params) -> Tensor:
        """Return the regularised loss."""
        away = torch.stack([(at[name] - self.start[name]).square().sum() for name in at]).sum()
        value: Tensor = self.loss(at) + 0.5 * self.strength * away
        return value

    def slope(self, at: Params) -> Params:
        """Return its gradient."""
        slope: Params = torch.func.grad(self.value)(at)
        return slope

    def turned(self, at: Params, vector: Params) -> Params:
        """Return (∇²ℓ + λI) times `vector`; the Hessian is symmetric, so pulling back is multiplying."""
        product: Params = torch.func.vjp(torch.func.grad(self.loss), at)[1](vector)[0]
        return {name: product[name] + self.strength * vector[name] for name in vector}

    def newton_step(self, at: Params, steps: int) -> Params:
        """Return where a Hessian-free step leads: Newton's direction by conjugate gradients, the best of a few lengths.

        Where the curvature is negative from the first, the direction is that of the gradient, over λ.
        """
        slope = self.slope(at)
        found = solve(lambda vector: self.turned(at, vector), slope, steps)
        none = torch.stack([(value == 0).all() for value in found.values()]).all()
        step = {name: torch.where(none, slope[name] / self.strength, value) for name, value in found.items()}

        def after(share: Tensor) -> Params:
            return {name: at[name] - share * step[name] for name in at}

        return after(best_share(lambda share: self.value(after(share)), next(iter(at.values()))))
