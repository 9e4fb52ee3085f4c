"""Peers that compute all tasks at once with `torch.func.vmap` over dense weights per task, and MetaGen itself."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from contest.task_loops import bound
from contest.work import Batch, Gradients, Nets, Noise, NotApplicable, Work, at
from metagen_gui.engine.adaptation.task_noise import TaskNoise
from metagen_gui.engine.algorithms.base import MetaGradient, Moment
from metagen_gui.engine.beneath_autograd.recomputed_steps import recomputing
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.precision import Precision
from metagen_gui.engine.learning.replayed_step import ReplayedStep
from metagen_gui.engine.learning.task_chunks import in_chunks

Params = dict[str, dict[str, Tensor]]
FEW = 2
"""Tasks at a time where memory is what counts."""


class MetaGen:
    """MetaGen's engine, replayed from a recording, in mixed precision, or as the algorithm is written."""

    def __init__(self, learner: MetaLearner, *, replay: bool, precision: Precision = "float32") -> None:
        self.learner = learner
        self.step = ReplayedStep(learner.algorithm, replay, "auto", precision)

    @property
    def replaying(self) -> bool:
        """Whether recordings have taken over."""
        return self.step.on and self.step.replaying

    @property
    def graphed(self) -> bool:
        """Whether a CUDA graph has."""
        return self.step.graphed

    def __call__(self, batch: Batch) -> Gradients:
        """Return the meta-gradient of a batch."""
        found = self.step.meta_gradient(self.learner.meta, batch.support, batch.query, batch.noise, Moment())
        return found.gradients


class Lean:
    """MetaGen's engine in the least memory, not time: `training.chunk` 2, `recompute` always and no `replay`."""

    def __init__(self, learner: MetaLearner) -> None:
        self.learner = learner
        self.step = ReplayedStep(learner.algorithm, on=False)

    def __call__(self, batch: Batch) -> Gradients:
        """Return the meta-gradient of a batch."""

        def some(support: Tensor, query: Tensor, noise: TaskNoise) -> MetaGradient:
            with recomputing(True):
                return self.step.meta_gradient(self.learner.meta, support, query, noise, Moment())

        return in_chunks(some, batch.support, batch.query, batch.noise, FEW).gradients


class TorchFunc:
    """`torch.func`: `vmap` over tasks of `grad` through `functional_call`."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.meta: Params = {player: dict(module.named_parameters()) for player, module in work.modules.items()}

    def __call__(self, batch: Batch) -> Gradients:
        """Return the meta-gradient of a batch."""
        reptile = self.work.algorithm == "reptile"
        with torch.set_grad_enabled(not reptile):
            given = (batch.support, batch.query, batch.noise.support, batch.noise.query)
            losses, adapted = torch.func.vmap(self._one_task)(*given)
        if reptile:
            return {p: {n: v.detach() - adapted[p][n].mean(0) for n, v in own.items()} for p, own in self.meta.items()}
        found, last = {}, next(reversed(self.meta))
        for player, own in self.meta.items():
            got = torch.autograd.grad(losses[player].mean(), list(own.values()), retain_graph=player != last)
            found[player] = dict(zip(own, got, strict=True))
        return found

    def _one_task(self, support: Tensor, query: Tensor, adapting: Noise, grading: Noise) -> tuple[Any, Any]:
        work, params = self.work, self.meta
        for step, turn, player in work.schedule:
            gradients = torch.func.grad(partial(self._loss, player, params, support, at(adapting, step, turn)))(
                params[player]
            )
            if not work.second_order:
                gradients = {name: gradient.detach() for name, gradient in gradients.items()}
            moved = {name: value - work.rate * gradients[name] for name, value in params[player].items()}
            params = {**params, player: moved}
        return work.query_losses(self._nets(params), query, grading), params if work.algorithm == "reptile" else {}

    def _loss(self, player: str, params: Params, support: Tensor, noise: Noise, moving: dict[str, Tensor]) -> Tensor:
        return self.work.loss(player, self._nets({**params, player: moving}), support, noise)

    def _nets(self, params: Params) -> Nets:
        return {player: bound(module, params[player]) for player, module in self.work.modules.items()}


class ParallelMetalearn:
    """The algorithms of `parallel-metalearn`, whose steps leave the meta-gradient with the parameters."""

    def __init__(self, work: Work) -> None:
        if len(work.modules) > 1:
            raise NotApplicable("has one loss for one module")
        if work.name != "vae":
            raise NotApplicable("packed here for images and latents")
        algorithms: Any = import_module("metalearn.algorithms")
        optimizers: Any = import_module("metalearn.inner_optimizers")
        self.work, (self.player,) = work, work.modules
        self.model = _Packed(work, self.player)
        inner = optimizers.InnerSGD(
            self.model.get_fast_weights(),
            first_order=not work.second_order,
            inner_lr=work.rate,
            max_inner_steps=work.steps,
            learn_lr=False,
        )
        algorithm = algorithms.Reptile if work.algorithm == "reptile" else algorithms.MAML
        self.algorithm = algorithm(
            model=self.model,
            optimizer=_Resting(self.model.parameters()),
            inner_optimizer=inner,
            support_loss_fn=_LossOf(),
            inner_steps=work.steps,
            device=next(self.model.parameters()).device,
        )

    def __call__(self, batch: Batch) -> Gradients:
        """Return the meta-gradient of a batch."""
        support = self._packed(batch.support, batch.noise.support["z"][:, :, 0])
        query = self._packed(batch.query, batch.noise.query["z"].expand(-1, self.work.steps, -1, -1))
        none = support.new_zeros(len(support))
        self.algorithm.step(iter([(support, none, query, none)]), training=True)
        return {self.player: {n: _gradient(p) for n, p in self.work.modules[self.player].named_parameters()}}

    def _packed(self, examples: Tensor, noise: Tensor) -> Tensor:
        """Return examples `(tasks, n, *shape)` with their noise `(tasks, steps, n, latent)` as rows of numbers."""
        return torch.cat([examples.flatten(2), noise.transpose(1, 2).flatten(2)], dim=2)


class _Packed(nn.Module):
    """A module in the form that `metalearn` asks for; examples carry the noise of every step with them."""

    def __init__(self, work: Work, player: str) -> None:
        super().__init__()
        self.net, self.work, self.player = work.modules[player], work, player
        self.shape: tuple[int, ...] = self.net.shape  # type: ignore[assignment]

    def get_fast_weights(self) -> OrderedDict[str, Tensor]:
        """Return what adapts: everything."""
        return OrderedDict(self.named_parameters())

    def forward(self, packed: Tensor, training: bool = True, num_step: int = 0) -> dict[str, Tensor]:
        """Return the loss of one task's packed examples `(n, numbers)` with the noise of step `num_step`."""
        pixels = torch.Size(self.shape).numel()
        noise = packed[:, pixels:].reshape(len(packed), self.work.steps, -1)[:, min(num_step, self.work.steps - 1)]
        examples = packed[:, :pixels].reshape(-1, *self.shape)
        return {"loss": self.work.loss(self.player, {self.player: self.net}, examples, {"z": noise})}


class _Resting(torch.optim.SGD):
    """An outer optimizer that leaves the parameters as they are."""

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Do nothing."""


class _LossOf(nn.Module):
    """A loss in the form that `metalearn` asks for: the model has computed it."""

    def forward(self, out_dict: dict[str, Tensor], **given: Any) -> tuple[Tensor, Tensor]:
        """Return loss and metric."""
        return out_dict["loss"], out_dict["loss"].detach()


def _gradient(parameter: Tensor) -> Tensor:
    assert parameter.grad is not None
    return parameter.grad
