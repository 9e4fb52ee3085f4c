"""One row made ready: MetaGen's own learner, and the same networks, data and noise as ordinary modules for peers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from contest import speckles  # noqa: F401  registers the family
from contest.rows import Row
from metagen_gui.engine.adaptation.task_noise import TaskNoise
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.networks.adversarial_losses import discriminator_loss, generator_loss, r1_penalty
from metagen_gui.engine.randomness import generator_for

Noise = Mapping[str, Tensor]
Nets = Mapping[str, Callable[..., Any]]
"""By player, its network as a function, whoever fills in the parameters."""
Gradients = dict[str, dict[str, Tensor]]
"""Meta-gradients by player and parameter name."""

BATCHES = 3
"""Different meta-batches that take turns, so that nothing can be remembered from one step to the next."""


class NotApplicable(Exception):
    """A peer has no way to do this work; the text says why."""


@dataclass(frozen=True)
class Batch:
    """One meta-batch: `support` and `query` `(tasks, examples, *shape)`, and the noise of one outer step."""

    support: Tensor
    query: Tensor
    noise: TaskNoise

    def task(self, place: int) -> tuple[Tensor, Tensor, Noise, Noise]:
        """Return one task's support, query, adaptation noise `(steps, turns, …)` and query noise `(players, …)`."""
        support, query = ({n: v[place] for n, v in noise.items()} for noise in (self.noise.support, self.noise.query))
        return self.support[place], self.query[place], support, query


@dataclass(frozen=True)
class Work:
    """What has to be computed, without MetaGen's algorithms: modules, losses, and how adaptation goes.

    `name` is the model's, and `settings` are its settings, for who has to write its networks once more.
    """

    name: str
    settings: Any
    algorithm: str
    modules: dict[str, nn.Module]
    loss: Callable[[str, Nets, Tensor, Noise], Tensor]
    query_loss: Callable[[str, Nets, Tensor, Noise], Tensor]
    turns: tuple[str, ...]
    steps: int
    rate: float

    @property
    def second_order(self) -> bool:
        """Whether the meta-gradient passes through inner gradients."""
        return self.algorithm == "maml"

    @property
    def schedule(self) -> list[tuple[int, int, str]]:
        """Return every inner step in order: which adaptation step, which turn of it, and whose."""
        return [(step, turn, player) for step in range(self.steps) for turn, player in enumerate(self.turns)]

    def query_losses(self, nets: Nets, query: Tensor, noise: Noise) -> dict[str, Tensor]:
        """Return every player's query loss; `noise` begins with `(players,)`."""
        drawn = {player: {n: v[place] for n, v in noise.items()} for place, player in enumerate(self.modules)}
        return {player: self.query_loss(player, nets, query, drawn[player]) for player in self.modules}


def at(noise: Noise, step: int, turn: int) -> Noise:
    """Return the noise of one inner step."""
    return {name: value[step, turn] for name, value in noise.items()}


def learner_for(row: Row, device: str) -> MetaLearner:
    """Return MetaGen's learner for a row."""
    experiment = Experiment()
    for path, value in {**row.settings(), "training.device": device}.items():
        experiment = experiment.with_value(path, value)
    one_rate = dict.fromkeys(experiment.plugin("model").groups, 1.0)
    return MetaLearner(experiment.with_value("algorithm.group_rates", one_rate))


def draw_batches(learner: MetaLearner) -> list[Batch]:
    """Return the first meta-batches of training with their noise."""
    t, found = learner.training, []
    for number in range(BATCHES):
        drawn = learner.family.batch("train", number * t.meta_batch_size, t.meta_batch_size, t.shots, t.query_size)
        support, query = learner.tensors(drawn)
        generator = generator_for(t.seed, "training", number, learner.device)
        found.append(
            Batch(support, query, learner.algorithm.draw_noise(generator, len(support), t.shots, len(query[0])))
        )
    return found


def work_of(learner: MetaLearner) -> Work:
    """Return a learner's work on ordinary modules that hold its meta-parameters."""
    model: Any = learner.model
    name, algorithm = learner.experiment.model, learner.experiment.algorithm
    owner = {"vae": "networks", "curve": "network"}
    modules = {player: getattr(model, owner.get(name, player)) for player in model.players}
    for player, module in modules.items():
        module.to(learner.device).load_state_dict({n: v.detach() for n, v in learner.meta[player].items()})
    settings = learner.algorithm.settings
    losses = {"vae": _vae_losses, "gan": _gan_losses, "curve": _curve_losses}[name](model.settings)
    return Work(name, model.settings, algorithm, modules, *losses, model.turns(), learner.steps, settings.inner_lr)


def _vae_losses(settings: Any) -> tuple[Any, Any]:
    def loss(player: str, nets: Nets, batch: Tensor, noise: Noise) -> Tensor:
        misfit, kl = nets[player]("terms", batch, noise["z"])
        found: Tensor = misfit.mean() + settings.beta * kl.sum(1).mean()
        return found

    return loss, loss


def _gan_losses(settings: Any) -> tuple[Any, Any]:
    kind, weight = settings.loss, settings.penalty

    def loss(player: str, nets: Nets, batch: Tensor, noise: Noise) -> Tensor:
        fake, critic = nets["generator"](noise["z"]), nets["discriminator"]
        if player == "generator":
            return generator_loss(kind, critic(fake))
        penalty: Tensor = weight * r1_penalty(critic, batch)
        return discriminator_loss(kind, critic(batch), critic(fake)) + penalty

    return loss, loss  # judged by the discriminator that adapted to the support, without MMD²


def _curve_losses(settings: Any) -> tuple[Any, Any]:
    def loss(player: str, nets: Nets, batch: Tensor, noise: Noise) -> Tensor:
        misfit: Tensor = nets[player](batch[:, :1]) - batch[:, 1:]
        return misfit.square().mean()

    return loss, loss


def in_double(work: Work, batch: Batch) -> tuple[Work, Batch]:
    """Turn a work and a batch to float64 on the CPU, for a reference; the work's modules are changed in place."""
    for module in work.modules.values():
        module.double()
    parts = (batch.noise.support, batch.noise.opponent, batch.noise.query, batch.noise.inner)
    noise = TaskNoise(*({name: value.cpu().double() for name, value in part.items()} for part in parts))
    return work, Batch(batch.support.cpu().double(), batch.query.cpu().double(), noise)


def largest_difference(found: Gradients, reference: Gradients) -> float:
    """Return the largest ‖a − b‖ / ‖b‖ over parameters."""
    differences = [
        (found[player][name].detach().cpu().double() - value).norm() / value.norm()
        for player, values in reference.items()
        for name, value in values.items()
    ]
    return float(torch.stack(differences).max())
