"""What a meta-learning algorithm is: an adaptation and a meta-gradient, over whatever players the model has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from metagen_gui.engine.config import Config, setting
from metagen_gui.engine.models.base import GenerativeModel, Noise, Params, PlayerParams
from metagen_gui.engine.registry import Registry

MetaParams = dict[str, Params]
"""What is meta-learned, by player: the initialization under the model's own names, and the algorithm's own tensors
under names that begin with `@` (learned rates: `@rate.context`)."""


class AlgorithmSettings(Config):
    """Settings that every algorithm has."""

    inner_lr: float = setting(
        0.1,
        "Step size of adaptation; each group of parameters multiplies it by a rate of its own.",
        label="Inner learning rate",
        low=0,
        high=100,
        log=True,
        live=True,
    )
    adaptation_steps: int = setting(
        5, "How many steps the model takes on the support set of a task.", unit="steps", low=1, high=100
    )
    adapts: str = setting(
        "default",
        "Which groups of parameters change during adaptation; the others are shared by all tasks. "
        "A name from the list, or groups joined by +.",
        label="What adapts",
        choices_from="model.adapts",
    )
    group_rates: dict[str, float] = setting(
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
        0.0,
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

    `gradients` has the structure of the meta-parameters. `query_loss` and `support_loss` hold, per player, one loss per
    task `(tasks,)`, detached.
    """

    gradients: MetaParams
    query_loss: dict[str, Tensor]
    support_loss: dict[str, Tensor]


class Algorithm(ABC):
    """A meta-learning algorithm. Subclass, set the class attributes, implement the methods, register.

    Axes: `support` and `query` begin with `tasks`; noise begins with `(tasks, steps, turns)` for adaptation and with
    `(tasks, players)` for the query.
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
    def initialize(self, generator: torch.Generator) -> MetaParams:
        """Return fresh meta-parameters."""

    @abstractmethod
    def meta_gradient(self, meta: MetaParams, support: Tensor, query: Tensor, noise: Any, ramp: float) -> MetaGradient:
        """Return the outer gradient, averaged over tasks."""

    @abstractmethod
    def trajectory(self, meta: MetaParams, support: Tensor, noise: Noise, steps: int) -> list[PlayerParams]:
        """Return one task's parameters after 0, 1, … `steps` adaptation steps: `steps + 1` of them."""


algorithms: Registry[Algorithm] = Registry("algorithm", "metagen_gui.engine.algorithms")
