"""What a meta-learning algorithm is: an adaptation and a meta-gradient, over whatever players the model has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.formulas import Formulas
from metagen_gui.engine.adaptation.inner_loop import InnerLoop, adapted_names
from metagen_gui.engine.adaptation.learned_rates import RATE, fresh_rates, learned_rate
from metagen_gui.engine.adaptation.meta_gradients import (
    MetaGradient,
    facing,
    grade,
    gradients_by_player,
    mean_gradient,
)
from metagen_gui.engine.adaptation.meta_params import MetaParams
from metagen_gui.engine.adaptation.settings import AlgorithmSettings, LearnedRateSettings
from metagen_gui.engine.adaptation.task_noise import TaskNoise, of_player
from metagen_gui.engine.models.base import (
    USUAL,
    Circumstances,
    GenerativeModel,
    Noise,
    Params,
    PlayerParams,
    adapted_groups,
)
from metagen_gui.engine.settings.registry import Registry

__all__ = [
    "Algorithm",
    "AlgorithmSettings",
    "Circumstances",
    "Formulas",
    "LearnedRateSettings",
    "MetaGradient",
    "MetaParams",
    "Moment",
    "RateLearner",
    "TaskNoise",
    "algorithms",
    "facing",
    "grade",
    "gradients_by_player",
    "mean_gradient",
    "of_player",
    "query_losses",
]


@dataclass(frozen=True, kw_only=True)
class Moment(Circumstances):
    """The circumstances of an outer step: what models read, and the `share` of the run that is over, from 0 to 1."""

    share: float = 0.0
    training: bool = True


class Algorithm(ABC):
    """A meta-learning algorithm. Subclass, set the class attributes, implement the rest, `@algorithms.register(NAME)`.

    The base class adapts by gradient steps with fixed rates; `RateLearner` by gradient steps whose rates may be
    learned. What distinguishes most algorithms is `meta_gradient`; one that adapts differently overrides `initialize`
    and `trajectory` as well.
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    reference: ClassVar[str] = ""
    Settings: ClassVar[type[AlgorithmSettings]] = AlgorithmSettings
    suggests: ClassVar[Mapping[str, Any]] = {}
    """Defaults of other groups that suit this algorithm, as `{"training.outer_lr": 0.001}`."""

    fine_tuning: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """How adaptation becomes what people do by hand, plain steps on all examples: settings for `sgd` and for `adam`,
    and `both`. Empty where it cannot."""

    formulas: ClassVar[Formulas] = Formulas()
    """What it computes, as lines of text; `inner_formula` where that depends on settings or on the step."""

    rates_given: Mapping[str, Tensor] | None = None
    """The fixed rates `(1,)` by group, while they come from outside, as they do where a step is recorded."""

    def __init__(self, settings: Any, model: GenerativeModel) -> None:
        self.settings = settings
        self.model = model

    @abstractmethod
    def meta_gradient(
        self, meta: MetaParams, support: Tensor, query: Tensor, noise: TaskNoise, moment: Moment
    ) -> MetaGradient:
        """Return the outer gradient, averaged over tasks. `support`, `query` and noise begin with the axis `tasks`."""

    def check(self) -> None:
        """Raise `BadInput` if this algorithm cannot train this model; called before a run starts."""

    def phase(self, share: float) -> Hashable:
        """Return what of the run's `share` decides which computation a meta-gradient is.

        Equal phases promise the same operations, whatever the share, so that they may be replayed from a recording. The
        base class promises nothing; return None where the share does not matter.
        """
        return share

    @property
    def steps(self) -> int:
        """How many adaptation steps a task gets, of every kind."""
        return int(self.settings.adaptation_steps)

    # -- adaptation ------------------------------------------------------------------------------------------------

    def initialize(self, generator: torch.Generator) -> MetaParams:
        """Return fresh meta-parameters: the model's initialization and whatever else the algorithm learns."""
        return MetaParams(self.model.initialize(generator))

    def initialization(self, meta: MetaParams) -> PlayerParams:
        """Return the parameters that adaptation begins with, in dictionaries of their own."""
        return {player: dict(values) for player, values in meta.model.items()}

    def start(self, meta: MetaParams, batch: Tensor) -> PlayerParams:
        """Return what adaptation to `batch` begins with: the initialization, and what the model looks up of `batch`."""
        return self.model.condition(self.initialization(meta), batch)

    def trajectory(
        self,
        meta: MetaParams,
        batch: Tensor,
        noise: Noise,
        steps: int,
        circumstances: Circumstances = USUAL,
        *,
        first_order: bool = False,
    ) -> list[PlayerParams]:
        """Return one task's parameters after 0, 1, … `steps` adaptation steps on `batch` `(shots, *shape)`."""
        params = self.start(meta, batch)
        loop = self.inner_loop(params, circumstances, first_order=first_order)
        return loop.trajectory(params, self.rates(meta), batch, noise, steps)

    def training_path(self, meta: MetaParams, batch: Tensor, noise: Noise, moment: Circumstances) -> list[PlayerParams]:
        """Return one task's parameters after 0, 1, … steps as an outer step has them, from its noise of the support."""
        return self.trajectory(meta, batch, noise, self.steps, moment)

    def inner_formula(self, step: int) -> str:
        """Return the line of the inner step `step`, from 0."""
        return self.formulas.inner

    def inner_loop(self, params: PlayerParams, circumstances: Circumstances, *, first_order: bool) -> InnerLoop:
        """Return how the model adapts under these settings."""
        return InnerLoop(self.model, self.adapted(params), self.settings.inner_clip, first_order, circumstances)

    def adapted(self, params: PlayerParams) -> dict[str, tuple[str, ...]]:
        """Return the names of the parameters that adapt, by player."""
        return adapted_names(self.model, params, adapted_groups(type(self.model), self.settings.adapts))

    def rates(self, meta: MetaParams) -> dict[str, Params]:
        """Return the inner rates by player and parameter; the first axis is the adaptation step."""
        fixed: Mapping[str, Any] = self.rates_given or self.fixed_rates()

        def rate(value: Tensor, group: str) -> Tensor:
            return fixed[group] if self.rates_given else value.new_full((1,), fixed[group])

        return {
            player: {name: rate(value, self.model.group_of(player, name)) for name, value in values.items()}
            for player, values in self.initialization(meta).items()
        }

    def fixed_rates(self) -> dict[str, float]:
        """Return the inner rate of every group of parameters, as it is set."""
        scale = {**self.model.group_rates, **self.settings.group_rates}
        return {group: self.settings.inner_lr * times for group, times in scale.items()}

    def learned_rates(self, meta: MetaParams) -> dict[str, Params]:
        """Return the inner rates that are learned, by player and parameter, or {}; the first axis is the step.

        A first axis of length 1 stands for all steps. They are shown in the window and written with an export.
        """
        learns = [player for player, own in meta.own.items() if any(name.startswith(RATE) for name in own)]
        names, rates = self.adapted(self.initialization(meta)), self.rates(meta) if learns else {}
        return {player: {name: rates[player][name] for name in names[player]} for player in learns}

    # -- randomness ------------------------------------------------------------------------------------------------

    def draw_noise(
        self, generator: torch.Generator, tasks: int, shots: int, query_size: int, steps: int | None = None
    ) -> TaskNoise:
        """Draw everything random that one outer step over `tasks` tasks needs, with `steps` adaptation steps."""
        model, steps = self.model, self.steps if steps is None else steps
        players = len(model.players)
        return TaskNoise(
            support=self.adaptation_noise(generator, tasks, steps, shots),
            opponent=self.adaptation_noise(generator, tasks, steps, query_size if model.needs_opponent else 0),
            query=model.noise(generator, (tasks, players), query_size),
            inner=model.noise(generator, (tasks, players), shots),
        )

    def adaptation_noise(self, generator: torch.Generator, tasks: int, steps: int, examples: int) -> Noise:
        """Draw the noise of adaptation to `examples` examples; every tensor begins with `(tasks, steps, turns)`."""
        return self.model.noise(generator, (tasks, steps, len(self.model.turns())), examples)


class RateLearner(Algorithm):
    """An algorithm that adapts by gradient steps whose rates are fixed, or learned with the initialization."""

    Settings: ClassVar[type[AlgorithmSettings]] = LearnedRateSettings

    def initialize(self, generator: torch.Generator) -> MetaParams:
        """Return the model's initialization and, if rates are learned, their logarithms (`learned_rates.py`)."""
        params = self.model.initialize(generator)
        kind, steps, own = self.settings.learned_rates, max(1, self.settings.adaptation_steps), {}
        for player, names in self.adapted(params).items():
            groups = {name: self.model.group_of(player, name) for name in names}
            own[player] = fresh_rates(kind, steps, {name: params[player][name] for name in names}, groups)
        return MetaParams(params, own)

    def rates(self, meta: MetaParams) -> dict[str, Params]:
        """Return the inner rates by player and parameter; the first axis is the adaptation step."""
        found = super().rates(meta)
        for player, own in meta.own.items():
            values = found[player]
            for name, fixed in values.items():
                learned = own.get(RATE + name, own.get(RATE + self.model.group_of(player, name)))
                if learned is not None:
                    values[name] = learned_rate(fixed, learned)
        return found


def query_losses(
    algorithm: Algorithm,
    meta: MetaParams,
    support: Tensor,
    query: Tensor,
    noise: TaskNoise,
    circumstances: Circumstances = USUAL,
    *,
    first_order: bool = False,
) -> dict[str, Tensor]:
    """Return every player's query loss per task `(tasks,)` after adaptation, all tasks in one vmapped pass."""
    model, steps = algorithm.model, algorithm.steps

    def adapt(batch: Tensor, noise: Noise) -> PlayerParams:
        return algorithm.trajectory(meta, batch, noise, steps, circumstances, first_order=first_order)[-1]

    def one_task(support: Tensor, query: Tensor, adapting: Noise, opposing: Noise, grading: Noise) -> dict[str, Tensor]:
        adapted, outer = adapt(support, adapting), facing(model, circumstances, lambda: adapt(query, opposing))
        return grade(model, adapted, query, grading, outer)

    losses: dict[str, Tensor] = torch.func.vmap(one_task)(support, query, noise.support, noise.opponent, noise.query)
    return losses


algorithms: Registry[Algorithm] = Registry("algorithm", "metagen_gui.engine.algorithms", Algorithm, "Algorithms")
