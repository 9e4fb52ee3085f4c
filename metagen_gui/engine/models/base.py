"""What a generative model is: named players, one loss per player, and samples from latents.

A model holds no weights. Every method is a function of `params`, so the same object serves any number of tasks at once
under `torch.func.vmap`; shapes below are those of *one* task.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from metagen_gui.engine.data.spec import DataSpec
from metagen_gui.engine.health.remedies import Advice
from metagen_gui.engine.health.signs import Signs
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Config
from metagen_gui.engine.settings.plain_text import quoted
from metagen_gui.engine.settings.registry import Registry

Params = dict[str, Tensor]
"""Parameters of one player by their dotted name."""
PlayerParams = dict[str, Params]
"""Parameters of every player, by player."""
Noise = dict[str, Tensor]
"""Everything random that one evaluation of a loss needs."""


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What a loss is taken under, besides parameters, examples and noise; read by the models that it concerns.

    `ramp` goes from 0 to 1 while a warm-up of loss weights lasts; it is 1 in evaluation. `opponent` holds parameters
    adapted to the query, in the outer losses of models that ask for one (`needs_opponent`). `training` tells outer
    steps from looking on: what is drawn to learn from more varied tasks is drawn there only.
    """

    ramp: float = 1.0
    training: bool = False
    opponent: PlayerParams | None = None


USUAL = Circumstances()


@dataclass(frozen=True)
class LossKind:
    """What a model's loss is, to whoever reads figures of it; `bounds`: −log p itself, or a bound of it from above."""

    title: str = ""
    """What it is called, such as −ELBO; empty for a loss without a name."""
    unit: str = ""
    about: str = "The model's own loss on the query."
    bounds: bool = False


@dataclass(frozen=True)
class Likelihood:
    """How well a model can tell log p of examples: exactly, or by a lower bound that takes so many `draws`."""

    exact: bool
    draws: int = 1
    about: str = "log p of the query, as the model itself tells it."
    title: str = ""
    """What its negative is called; by default −log p, or a bound of it."""

    @property
    def called(self) -> str:
        """What figures of it are headed."""
        return self.title or ("−log p" if self.exact else f"Bound of −log p, {self.draws} draws")


class GenerativeModel(ABC):
    """A generative model. Subclass, set the class attributes, implement the methods, `@models.register(NAME)`."""

    title: ClassVar[str]
    summary: ClassVar[str]
    reference: ClassVar[str] = ""
    Settings: ClassVar[type[Config]]
    suggests: ClassVar[Mapping[str, Any]] = {}
    """Defaults of other groups that suit this model, as `{"algorithm.adaptation_steps": 4}`."""
    remedies: ClassVar[Mapping[str, Advice]] = {}
    """What helps against an illness of a run, by its watcher's name: changes of settings, see `lower` and `put`."""
    signs: ClassVar[Mapping[str, Signs]] = {}
    """What an illness shows by that only models of a kind can have, by the name of its watcher."""

    players: ClassVar[tuple[str, ...]]
    groups: ClassVar[tuple[str, ...]]
    """Named groups of parameters: the units of *what adapts* and of the inner rates."""
    group_rates: ClassVar[Mapping[str, float]]
    """Inner rate of each group as a multiple of `inner_lr`, by default."""
    adapts: ClassVar[Mapping[str, tuple[str, ...]]]
    """The choices of *what adapts*: a name and its groups. The first is the default."""

    loss_is: ClassVar[LossKind] = LossKind()
    """What `comparable_loss` is; for models whose loss compares."""

    @classmethod
    def loss_compares(cls) -> bool:
        """Whether figures of its first player's loss compare between steps and runs; those of opponents do not."""
        return len(cls.players) == 1

    likelihood: Likelihood | None = None
    """What `log_likelihood` returns, or None for a model that cannot tell."""

    loss_settings: ClassVar[tuple[str, ...] | None] = None
    """The settings that decide what the loss measures: losses compare between runs that agree in them. None: all."""

    detail_names: tuple[str, ...] = ()
    """The names of the figures that `details` returns."""

    normal_latents: int = 0
    """How many of the first columns of `latents` are standard normal and lead smoothly from sample to sample. Walks go
    along these and leave the others as they are; 0: there is nothing to walk along."""

    score_name: str = ""
    """Which of them tells, after adaptation, the best state of a run: the lower the better. Empty: the first player's
    query loss."""

    def __init__(self, settings: Any, spec: DataSpec) -> None:
        if why := self.objection_to(spec):
            raise BadInput("model.name", why)
        self.settings = settings
        self.spec = spec

    @classmethod
    def objection_to(cls, spec: DataSpec) -> str:
        """Return why this model cannot learn from such data, in one sentence, or nothing if it can."""
        return ""

    def check(self, shots: int, query_size: int) -> None:
        """Raise `BadInput` if the model cannot learn from tasks of this size; called before a run starts."""

    @abstractmethod
    def initialize(self, generator: torch.Generator) -> PlayerParams:
        """Return fresh parameters of every player."""

    @property
    def conditions(self) -> bool:
        """Whether `condition` adds anything under these settings."""
        return False

    def condition(self, params: PlayerParams, support: Tensor) -> PlayerParams:
        """Return `params` and what losses and samples look up of the `support` `(shots, *shape)`, by default nothing.

        Called once, before the first adaptation step, and differentiated. What it adds is no parameter: it is not
        learned, does not adapt, and `group_of` names no group of the model for it. Losses are also asked for without
        it, and then nothing is looked up. In `loss` the batch is the support or a part of it, in `query_loss` and
        `log_likelihood` other examples.
        """
        return params

    @abstractmethod
    def group_of(self, player: str, name: str) -> str:
        """Return the group that the parameter `name` of `player` belongs to."""

    def turns(self) -> tuple[str, ...]:
        """Return who steps, in order, in one adaptation step. A VAE's only player; a GAN's n_D and n_G alternating."""
        return self.players

    @abstractmethod
    def noise(self, generator: torch.Generator, lead: tuple[int, ...], examples: int) -> Noise:
        """Draw the noise of one loss evaluation over `examples` examples; every tensor begins with the axes `lead`."""

    @abstractmethod
    def loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        """Return the loss of `player` on `batch` `(examples, *shape)` as a scalar, averaged over examples."""

    def query_loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        """Return the outer loss of `player`: by default its loss, on the query."""
        return self.loss(player, params, batch, noise, circumstances)

    @property
    def needs_opponent(self) -> bool:
        """Whether the outer loss needs an opponent that has adapted to the query."""
        return False

    @abstractmethod
    def latents(self, generator: torch.Generator, count: int) -> Tensor:
        """Return all that `count` samples are random by, `(count, size)`: standard numbers they are made from.

        A model that draws noise at every step of generation has columns for each of them.
        """

    def for_sampling(self, adapted: PlayerParams, start: PlayerParams) -> PlayerParams:
        """Return the parameters that samples are made with; `start` are those before adaptation, which it begins at.

        For settings that change what is sampled and no loss, such as guidance. By default, `adapted` as they are.
        """
        return adapted

    @abstractmethod
    def generate(self, params: PlayerParams, latents: Tensor) -> Tensor:
        """Return one example per latent `(count, *shape)`, in the range of the data; nothing else is drawn."""

    def encode(self, params: PlayerParams, examples: Tensor) -> tuple[Tensor, Tensor] | None:
        """Return mean and logarithm of the standard deviation of the latents of examples `(examples, latent)` each.

        None for a model that has no encoder.
        """
        return None

    def path(self, params: PlayerParams, latents: Tensor) -> Tensor | None:
        """Return what samples go through while they are made, `(states, count, *shape)`, or None if that is one step.

        The last state is what `generate` returns.
        """
        return None

    def details(self, params: PlayerParams, batch: Tensor, noise: Noise) -> dict[str, Tensor]:
        """Return further figures about `batch` as scalars, such as the KL; averaged over tasks and logged."""
        return {}

    def comparable_loss(self, loss: Any, details: Mapping[str, Any]) -> Any:
        """Return what `loss_is` names, from a loss and its `details` (tensors or arrays of one shape)."""
        return loss

    @property
    def reweighted(self) -> tuple[str, str] | None:
        """How the loss under these settings differs from the comparable one, in a word and a sentence; None: not."""
        return None

    def caveat(self, examples: Tensor) -> str:
        """Return what a reader must know of the loss on `examples` `(n, *shape)`, in a sentence; "" for nothing."""
        return ""

    def log_likelihood(self, params: PlayerParams, batch: Tensor, noise: Noise) -> Tensor:
        """Return log p of `batch` `(examples, *shape)` in nats `(examples,)`, as exactly as `likelihood` says."""
        raise NotImplementedError

    def likelihood_noise(
        self, generator: torch.Generator, lead: tuple[int, ...], examples: int, draws: int | None = None
    ) -> Noise:
        """Draw the noise of one `log_likelihood`; tensors begin with `lead`, then the draws unless it is exact.

        There are as many draws as `likelihood` says, unless `draws` says otherwise.
        """
        assert self.likelihood is not None
        of_bound = () if self.likelihood.exact else (draws or self.likelihood.draws,)
        return self.noise(generator, (*lead, *of_bound), examples)

    def field(self, params: PlayerParams, points: Tensor) -> Tensor | None:
        """Return a score of `points` `(n, 2)` as `(n,)` to be drawn as a background, or None where there is none."""
        return None

    def curve(self, params: PlayerParams, x: Tensor) -> Tensor | None:
        """Return y at `x` `(n,)` as `(n,)` to be drawn as a curve, or None for a model that has none."""
        return None


models: Registry[GenerativeModel] = Registry("model", "metagen_gui.engine.models", GenerativeModel, "Models")


def adapted_groups(model: type[GenerativeModel], adapts: str) -> tuple[str, ...]:
    """Return the groups that `adapts` names for `model`: a choice of its list, or groups joined by `+`."""
    if adapts == "default":
        return next(iter(model.adapts.values()))
    if adapts in model.adapts:
        return model.adapts[adapts]
    groups = tuple(part.strip() for part in adapts.split("+"))
    for group in groups:
        if group not in model.groups:
            choices = ", ".join(dict.fromkeys((*model.adapts, *model.groups)))
            raise BadInput("algorithm.adapts", f"{quoted(group)} is not something that can adapt; there are {choices}")
    return groups


def side_by_side(params: Sequence[PlayerParams]) -> PlayerParams:
    """Stack the parameters of several tasks or steps, name by name, each `(n, *shape)`: what `vmap` goes through."""
    return {
        player: {name: torch.stack([each[player][name] for each in params]) for name in values}
        for player, values in params[0].items()
    }
