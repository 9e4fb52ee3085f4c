"""The arithmetic of adaptation, shared by every algorithm.

All functions here work on *one* task and are run for all tasks of a meta-batch at once by `torch.func.vmap`. They are
pure, so a meta-gradient may be taken through them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.meta_params import MARK
from metagen_gui.engine.beneath_autograd.recomputed_steps import recomputed
from metagen_gui.engine.models.base import USUAL, Circumstances, GenerativeModel, Noise, Params, PlayerParams

T = TypeVar("T")
Rates = Mapping[str, Mapping[str, Tensor]]
"""Inner rates by player and parameter name; the first axis is the adaptation step."""


ORDER = MARK + "order"
"""The noise that says which examples an inner step sees: indices `(steps, turns, minibatch)`. Without it, all."""


class Game(Protocol):
    """What adapts, as far as the inner loop is concerned: players who descend, in turns, losses of their own."""

    def turns(self) -> tuple[str, ...]:
        """Return who steps, in order, in one adaptation step."""

    def loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        """Return the loss of `player` as a scalar."""


SECOND_MOMENT, MOMENTS_TAKEN = "moment.", "moments_taken"
"""Names of the inner Adam's state among an algorithm's own tensors, where it is carried from task to task."""


class Moments(NamedTuple):
    """One player's state of the inner Adam: the running mean of squared gradients, and how many steps are in it."""

    second: Params
    taken: Tensor


@dataclass(frozen=True)
class InnerLoop:
    """How a model adapts: which parameters move, how long a gradient may be, whether the path is differentiated.

    `adapted` names the parameters that move, by player. With `first_order` inner gradients are constants to whoever
    differentiates the outcome (FOMAML, Finn 2017, section 5.2). With `decay` above 0 a step is Adam's without momentum
    (β1 = 0, β2 = `decay`); otherwise it is plain gradient descent.
    """

    model: Game
    adapted: Mapping[str, tuple[str, ...]]
    clip: float = 0.0
    first_order: bool = False
    circumstances: Circumstances = USUAL
    decay: float = 0.0

    def trajectory(
        self, params: PlayerParams, rates: Rates, batch: Tensor, noise: Noise, steps: int
    ) -> list[PlayerParams]:
        """Return the parameters after 0, 1, … `steps` adaptation steps on `batch` `(shots, *shape)`."""
        return [params for params, _ in self.walk(params, rates, batch, noise, steps)]

    def walk(
        self,
        params: PlayerParams,
        rates: Rates,
        batch: Tensor,
        noise: Noise,
        steps: int,
        moments: Mapping[str, Moments] | None = None,
    ) -> Iterator[tuple[PlayerParams, Mapping[str, Moments]]]:
        """Yield the parameters after 0, 1, … `steps` adaptation steps, and the inner Adam's moments with them.

        In one adaptation step every player of `model.turns()` descends in turn, each its own loss with respect to its
        own parameters, seeing what the players before it have just done. `noise` begins with `(steps, turns)`.
        Steps beyond those the rates were made for use the last rate. `moments` are those to begin with; else 0.
        """
        kept = dict(moments or {})
        yield params, kept
        for step in range(steps):
            drawn = {name: value[step] for name, value in noise.items()}
            at_step = {
                player: {name: rates[player][name][min(step, len(rates[player][name]) - 1)] for name in names}
                for player, names in self.adapted.items()
            }
            given = params, kept, at_step, batch, drawn
            # what else plays holds tensors of its own, whose gradients a step that is computed again would miss
            again = isinstance(self.model, GenerativeModel) and not self.first_order
            moved, kept = recomputed(self.step, *given) if again else self.step(*given)
            params = {**params, **{player: {**params[player], **values} for player, values in moved.items()}}
            yield params, kept

    def step(
        self,
        params: PlayerParams,
        moments: Mapping[str, Moments],
        rates: Mapping[str, Mapping[str, Tensor]],
        batch: Tensor,
        noise: Noise,
    ) -> tuple[PlayerParams, dict[str, Moments]]:
        """Return what one adaptation step makes of the adapted parameters, and of the moments.

        `noise` begins with `(turns,)`, and `rates` are those of this step.
        """
        kept, moved = dict(moments), {}
        for turn, player in enumerate(self.model.turns()):
            if self.adapted.get(player):
                drawn = {name: value[turn] for name, value in noise.items()}
                seen = batch[drawn.pop(ORDER)] if ORDER in drawn else batch
                gradients = self.gradients(player, params, seen, drawn)
                if self.decay:
                    kept[player] = second_moment(gradients, kept.get(player), self.decay)
                    gradients = adam_direction(gradients, kept[player], self.decay)
                params = {**params, player: descend(params[player], gradients, rates[player])}
                moved[player] = {name: params[player][name] for name in self.adapted[player]}
        return moved, kept

    def gradients(self, player: str, params: PlayerParams, batch: Tensor, noise: Noise) -> Params:
        """Return the gradient of the player's loss with respect to its adapted parameters, as adaptation uses it."""
        gradients = gradient_field(self.model, player, params, self.adapted[player], batch, noise, self.circumstances)
        if self.first_order:
            gradients = {name: gradient.detach() for name, gradient in gradients.items()}
        return limit(gradients, self.clip) if self.clip else gradients


def last(path: Iterator[T]) -> T:
    """Return where `path` ends; what lies behind is let go of on the way."""
    return deque(path, maxlen=1).pop()


def gradient_field(
    model: Game,
    player: str,
    params: PlayerParams,
    names: tuple[str, ...],
    batch: Tensor,
    noise: Noise,
    circumstances: Circumstances = USUAL,
) -> Params:
    """Return the gradient of `player`'s own loss with respect to its own parameters `names`."""

    def loss(moving: Params) -> Tensor:
        return model.loss(player, {**params, player: {**params[player], **moving}}, batch, noise, circumstances)

    gradients: Params = torch.func.grad(loss)({name: params[player][name] for name in names})
    return gradients


def descend(params: Params, gradients: Params, rates: Mapping[str, Tensor]) -> Params:
    """Return `params` after one step down `gradients`, with a rate per parameter (a number or of its shape)."""
    moved = {name: torch.addcmul(params[name], rates[name], gradient, value=-1) for name, gradient in gradients.items()}
    return {**params, **moved}


def fresh_moments(params: Params, names: tuple[str, ...]) -> Moments:
    """Return the moments that Adam begins with: zeros, no steps taken."""
    taken = next(iter(params.values())).new_zeros(())
    return Moments({name: torch.zeros_like(params[name]) for name in names}, taken)


def named_moments(moments: Moments) -> Params:
    """Return moments as the tensors of an algorithm that keeps them among its meta-parameters."""
    return {MOMENTS_TAKEN: moments.taken, **{SECOND_MOMENT + name: value for name, value in moments.second.items()}}


def moments_in(values: Params) -> Moments:
    """Return the moments that `named_moments` has named."""
    second = {n.removeprefix(SECOND_MOMENT): value for n, value in values.items() if n.startswith(SECOND_MOMENT)}
    return Moments(second, values[MOMENTS_TAKEN])


def second_moment(gradients: Params, before: Moments | None, decay: float) -> Moments:
    """Return Adam's running mean of squared gradients, begun at 0 (Kingma & Ba 2015, algorithm 1)."""
    second, taken = before or fresh_moments(gradients, tuple(gradients))
    moved = {name: decay * second[name] + (1 - decay) * gradient.square() for name, gradient in gradients.items()}
    return Moments(moved, taken + 1)


def adam_direction(gradients: Params, moments: Moments, decay: float) -> Params:
    """Return g / (√v̂ + 1e-8), v̂ being the second moment corrected for its start at 0."""
    correction = 1 - decay**moments.taken
    return {
        name: gradient / (torch.sqrt(moments.second[name] / correction) + 1e-8) for name, gradient in gradients.items()
    }


def limit(gradients: Params, longest: float) -> Params:
    """Scale `gradients` so that their common norm is at most `longest`; short ones are left as they are."""
    squares = torch.stack([gradient.square().sum() for gradient in gradients.values()]).sum()
    # the tiny term keeps the root differentiable where all gradients vanish
    scale = torch.clamp(torch.sqrt(squares + 1e-24).reciprocal() * longest, max=1.0)
    return {name: gradient * scale for name, gradient in gradients.items()}


SHARES = (1.0, 0.25, 0.0625, 2.0**-6, 2.0**-8, 0.0)
"""Of a step's length, what a line search tries."""


def best_share(loss: Callable[[Tensor], Tensor], like: Tensor) -> Tensor:
    """Return the share of a step, of `SHARES`, after which `loss` of it is least; `like` gives type and device."""
    shares = torch.tensor(SHARES, dtype=like.dtype, device=like.device)
    losses: Tensor = torch.func.vmap(loss)(shares)
    best = losses.nan_to_num(nan=torch.inf).argmin()
    return shares.index_select(0, best.reshape(1))[0]  # by a number of the tensor's own a graph could not go on


def adapted_names(model: GenerativeModel, params: PlayerParams, groups: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return, by player, the names of the parameters that belong to `groups`."""
    return {
        player: tuple(name for name in values if model.group_of(player, name) in groups)
        for player, values in params.items()
    }
