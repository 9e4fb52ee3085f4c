"""What a meta-learning algorithm is: an adaptation and a meta-gradient, over whatever players the model has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from metagen_gui.engine.config import Config, setting
from metagen_gui.engine.inner_loop import InnerLoop, adapted_names
from metagen_gui.engine.models.base import GenerativeModel, Noise, Params, PlayerParams, adapted_groups
from metagen_gui.engine.registry import Registry

MetaParams = dict[str, Params]
"""What is meta-learned, by player: the initialization under the model's own names, and the algorithm's own tensors
under names that begin with `@` (learned rates: `@rate.context`)."""


@dataclass(frozen=True)
class TaskNoise:
    """Everything random in one outer step over `tasks` tasks.

    `support` begins with `(tasks, steps, turns)` and serves adaptation; `judge` likewise, for opponents that adapt to
    the query; `query` begins with `(tasks, players)` and serves the outer losses.
    """

    support: Noise
    judge: Noise
    query: Noise


class AlgorithmSettings(Config):
    """Settings that every algorithm has."""

    inner_lr: float = setting(
        0.3,
        "Step size of adaptation; each group of parameters multiplies it by a rate of its own.",
        label="Inner learning rate",
        low=0,
        high=100,
        log=True,
        live=True,
    )
    adaptation_steps: int = setting(
        3, "How many steps the model takes on the support set of a task.", unit="steps", low=1, high=100
    )
    adapts: str = setting(
        "default",
        "Which groups of parameters change during adaptation; the others are shared by all tasks. "
        "A name from the list, or groups joined by +.",
        label="What adapts",
        choices_from="model.adapts",
    )
    group_rates: dict[str, Annotated[float, Field(ge=0)]] = setting(
        {},
        "Inner rate of each group of parameters, as a multiple of the inner learning rate; groups left out keep the "
        "model's own.",
        label="Rates per group",
        choices_from="model.groups",
        live=True,
        expert=True,
    )
    learned_rates: Literal["no", "per_group", "per_entry"] = setting(
        "per_entry",
        "Whether the inner rates are learned with the initialization: per step and group, or per step and number.",
        label="Learned inner rates",
    )
    inner_clip: float = setting(
        5.0,
        "Longest gradient of an inner step (its norm over a player's adapted parameters); 0 means no limit.",
        label="Inner gradient limit",
        low=0,
        high=1e6,
        live=True,
        expert=True,
    )


@dataclass(frozen=True)
class MetaGradient:
    """What one outer step found.

    `gradients` has the structure of the meta-parameters; `query_loss` holds, per player, one loss per task `(tasks,)`,
    detached.
    """

    gradients: MetaParams
    query_loss: dict[str, Tensor]


class Algorithm(ABC):
    """A meta-learning algorithm. Subclass, set the class attributes, implement the rest, `@algorithms.register(NAME)`.

    The base class adapts by gradient steps with fixed or learned rates, which is all that MAML, first-order MAML and
    Reptile need; what distinguishes them is `meta_gradient`. An algorithm that adapts differently overrides
    `initialize` and `trajectory` as well.
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    reference: ClassVar[str] = ""
    Settings: ClassVar[type[AlgorithmSettings]] = AlgorithmSettings
    suggests: ClassVar[Mapping[str, Any]] = {}
    """Defaults of other groups that suit this algorithm, as `{"training.outer_lr": 0.001}`."""

    def __init__(self, settings: Any, model: GenerativeModel) -> None:
        self.settings = settings
        self.model = model

    @abstractmethod
    def meta_gradient(
        self, meta: MetaParams, support: Tensor, query: Tensor, noise: TaskNoise, ramp: float
    ) -> MetaGradient:
        """Return the outer gradient, averaged over tasks. `support`, `query` and noise begin with the axis `tasks`."""

    def initialize(self, generator: torch.Generator) -> MetaParams:
        """Return fresh meta-parameters: the model's initialization and, if rates are learned, their logarithms."""
        params = self.model.initialize(generator)
        return {player: {**values, **self._fresh_rates(player, values)} for player, values in params.items()}

    def initialization(self, meta: MetaParams) -> PlayerParams:
        """Return the model's parameters in `meta`, without the algorithm's own."""
        return {
            player: {name: value for name, value in values.items() if not name.startswith("@")}
            for player, values in meta.items()
        }

    def trajectory(
        self, meta: MetaParams, batch: Tensor, noise: Noise, steps: int, *, first_order: bool = False, ramp: float = 1.0
    ) -> list[PlayerParams]:
        """Return one task's parameters after 0, 1, … `steps` adaptation steps on `batch` `(shots, *shape)`."""
        params = self.initialization(meta)
        loop = self.inner_loop(params, first_order=first_order, ramp=ramp)
        return loop.trajectory(params, self.rates(meta), batch, noise, steps)

    def inner_loop(self, params: PlayerParams, *, first_order: bool, ramp: float) -> InnerLoop:
        """Return how the model adapts under these settings."""
        names = adapted_names(self.model, params, adapted_groups(type(self.model), self.settings.adapts))
        return InnerLoop(self.model, names, self.settings.inner_clip, first_order, ramp)

    def rates(self, meta: MetaParams) -> dict[str, Params]:
        """Return the inner rates by player and parameter; the first axis is the adaptation step.

        A learned rate is `inner_lr · group_rate · exp(gain · s)` with s learned from 0, so that one outer step changes
        rates of 0.5 and of 0.001 by the same share.
        """
        scale = {**self.model.group_rates, **self.settings.group_rates}
        found: dict[str, Params] = {}
        for player, values in self.initialization(meta).items():
            found[player] = {}
            for name, value in values.items():
                group = self.model.group_of(player, name)
                rate = value.new_full((1,), self.settings.inner_lr * scale[group])
                learned = meta[player].get(f"@rate.{name}", meta[player].get(f"@rate.{group}"))
                if learned is not None:
                    rate = rate.view(1, *[1] * (learned.ndim - 1)) * torch.exp(RATE_GAIN * learned)
                found[player][name] = rate
        return found

    def _fresh_rates(self, player: str, values: Params) -> Params:
        groups = adapted_groups(type(self.model), self.settings.adapts)
        steps = self.settings.adaptation_steps
        moving = {name: self.model.group_of(player, name) for name in values}
        moving = {name: group for name, group in moving.items() if group in groups}
        if self.settings.learned_rates == "per_group":
            return {f"@rate.{group}": torch.zeros(steps) for group in sorted(set(moving.values()))}
        if self.settings.learned_rates == "per_entry":
            return {f"@rate.{name}": torch.zeros(steps, *values[name].shape) for name in moving}
        return {}


RATE_GAIN = 10.0
"""How much faster than a weight the logarithm of a rate moves: rates travel over decades, weights do not."""


def query_losses(
    algorithm: Algorithm,
    meta: MetaParams,
    support: Tensor,
    query: Tensor,
    noise: TaskNoise,
    ramp: float = 1.0,
    *,
    first_order: bool = False,
) -> dict[str, Tensor]:
    """Return every player's query loss per task `(tasks,)` after adaptation, all tasks in one vmapped pass."""

    def one_task(support: Tensor, query: Tensor, *noise: Noise) -> dict[str, Tensor]:
        return adapt_and_grade(algorithm, meta, support, query, *noise, ramp=ramp, first_order=first_order)[1]

    losses: dict[str, Tensor] = torch.func.vmap(one_task)(support, query, noise.support, noise.judge, noise.query)
    return losses


def adapt_and_grade(
    algorithm: Algorithm,
    meta: MetaParams,
    support: Tensor,
    query: Tensor,
    adapting: Noise,
    judging: Noise,
    grading: Noise,
    *,
    ramp: float,
    first_order: bool = False,
) -> tuple[PlayerParams, dict[str, Tensor]]:
    """Return one task's parameters after adaptation to `support` `(shots, *shape)`, and every player's query loss.

    The noise is that task's part of a `TaskNoise`: its support, judge and query.
    """
    model, steps = algorithm.model, algorithm.settings.adaptation_steps
    adapted = algorithm.trajectory(meta, support, adapting, steps, first_order=first_order, ramp=ramp)[-1]
    judge = None
    if model.judged:
        judge = algorithm.trajectory(meta, query, judging, steps, first_order=first_order, ramp=ramp)[-1]
    losses = {
        player: model.query_loss(player, adapted, query, of_player(grading, place), judge, ramp)
        for place, player in enumerate(model.players)
    }
    return adapted, losses


def of_player(noise: Noise, place: int) -> Noise:
    """Return the noise of the player at `place` from noise that begins with `(players,)`."""
    return {name: value[place] for name, value in noise.items()}


def mean_gradient(losses: Mapping[str, Tensor], meta: MetaParams) -> MetaGradient:
    """Return each player's gradient of the mean of its own losses `(tasks,)`, and the losses, detached."""
    means = {player: loss.mean() for player, loss in losses.items()}
    return MetaGradient(gradients_by_player(means, meta), {player: loss.detach() for player, loss in losses.items()})


def gradients_by_player(losses: Mapping[str, Tensor], meta: MetaParams) -> MetaParams:
    """Return, for each player, the gradient of its own loss with respect to its own meta-parameters.

    Players never see each other's outer gradient; what a loss does not depend on gets zeros.
    """
    found: MetaParams = {}
    for player, values in meta.items():
        got = torch.autograd.grad(losses[player], list(values.values()), retain_graph=True, allow_unused=True)
        found[player] = {
            name: torch.zeros_like(value) if gradient is None else gradient
            for (name, value), gradient in zip(values.items(), got, strict=True)
        }
    return found


algorithms: Registry[Algorithm] = Registry("algorithm", "metagen_gui.engine.algorithms")
