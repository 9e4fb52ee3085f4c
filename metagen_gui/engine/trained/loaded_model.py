"""A trained model outside any run: it samples and, while it is an initialization, adapts to examples."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy.typing as npt
import torch
from torch import Tensor

from metagen_gui.engine.algorithms.base import Algorithm, MetaParams
from metagen_gui.engine.data.spec import DataSpec
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.models.base import GenerativeModel, PlayerParams
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import printable, shortened
from metagen_gui.engine.store.checkpoint import is_finite

Kind = Literal["initialization", "adapted"]
MOST_STEPS = 1_000
"""Adaptation steps at most: the parameters after every step are held in memory."""


@dataclass(frozen=True)
class LoadedModel:
    """What an export holds, ready to use; it computes on the CPU.

    `weights` is, for an initialization, everything that was meta-learned; for an adapted model the parameters that its
    samples are made with, alone.
    """

    experiment: Experiment
    spec: DataSpec
    kind: Kind
    algorithm: Algorithm
    weights: MetaParams

    @property
    def parameters(self) -> PlayerParams:
        """The parameters of the generative model, by player and name."""
        return self.algorithm.initialization(self.weights) if self.kind == "initialization" else self.weights.model

    @torch.no_grad()
    def sample(self, count: int, seed: int = 0) -> Tensor:
        """Return `count` generated examples `(count, *shape)`: images with values in [0, 1], or points."""
        if count < 1:
            raise BadInput("count", f"{count} samples cannot be drawn; ask for at least 1")
        model, params = self.algorithm.model, self.parameters
        sampling = model.for_sampling(params, params) if self.kind == "initialization" else params
        return model.generate(sampling, model.latents(generator_for(seed, "export", 0), count))

    @torch.no_grad()
    def adapt(self, examples: Tensor | npt.ArrayLike, steps: int | None = None, seed: int = 0) -> LoadedModel:
        """Return the model adapted to `examples` `(n, *shape)`, in as many steps as in training unless `steps` says.

        Images have values in [0, 1]. Raises `BadInput` for an adapted model, for examples of another shape or range,
        and where the adaptation diverges.
        """
        if self.kind != "initialization":
            raise BadInput("adapt", "this model is adapted already; adapt the initialization")
        steps = self.algorithm.steps if steps is None else steps
        if not 0 <= steps <= MOST_STEPS:
            raise BadInput("steps", f"{steps} adaptation steps are not possible; 0 to {MOST_STEPS:,} are")
        batch = self.checked(torch.as_tensor(examples, dtype=torch.float32, device="cpu"))
        noise = self.algorithm.adaptation_noise(generator_for(seed, "export", 1), 1, steps, len(batch))
        path = self.algorithm.trajectory(self.weights, batch, {name: value[0] for name, value in noise.items()}, steps)
        if not is_finite(path[-1]):
            raise BadInput("steps", f"adaptation in {steps} steps diverged; take fewer")
        sampling = self.algorithm.model.for_sampling(path[-1], self.parameters)
        return replace(self, kind="adapted", weights=MetaParams(sampling))

    def checked(self, examples: Tensor) -> Tensor:
        """Return `examples` if they are of this model's kind of data; raise `BadInput` that says what they are not."""
        shape, given = self.spec.shape, tuple(examples.shape)
        if len(given) != len(shape) + 1 or given[1:] != shape or not given[0]:
            raise BadInput("examples", f"expected (n, {', '.join(map(str, shape))}), got {given}")
        if not examples.isfinite().all():
            raise BadInput("examples", "not all values are finite")
        low, high = self.spec.bounds or (-math.inf, math.inf)
        if examples.min() < low or examples.max() > high:
            raise BadInput("examples", f"values of {self.spec.kind} lie in [{low:g}, {high:g}]")
        return examples


def assemble(
    experiment: Experiment, spec: DataSpec, kind: Kind, weights: MetaParams, where: str, examples: int = 0
) -> LoadedModel:
    """Return the model of `experiment` with `weights`; raise `BadInput` for `where` if they do not go together.

    An adapted model comes with what it looks up of the `examples` that it has adapted to.

    The tensors that the experiment asks for are found on the meta device first, where they take no memory: a file that
    claims to be huge is refused before anything is allocated for it.
    """
    with torch.device("meta"):
        algorithm = _algorithm(experiment, spec)
        draw = torch.Generator("cpu")
        fresh = algorithm.initialize(draw) if kind == "initialization" else _adapted(algorithm.model, draw, examples)
    expected, found = _flat(fresh), _flat(weights)
    if stray := sorted(expected.keys() ^ found.keys()):
        name = shortened(printable(stray[0]))
        raise BadInput(where, f"{name} is {'missing' if stray[0] in expected else 'not part of this model'}")
    for name, wanted in expected.items():
        value = found[name]
        if value.shape != wanted.shape or value.dtype != wanted.dtype:
            are, should = f"{tuple(value.shape)} {value.dtype}", f"{tuple(wanted.shape)} {wanted.dtype}"
            raise BadInput(where, f"{name} is {are} where {should} is expected")
    if not is_finite(weights):
        raise BadInput(where, "not all parameters are finite")
    # A file gives them in any order and anywhere in memory; sums come out the same to the last digit only in one order
    # and in memory that is aligned, as torch's own is.
    in_order = {player: {name: weights[player][name].clone() for name in values} for player, values in fresh.items()}
    return LoadedModel(experiment, spec, kind, _algorithm(experiment, spec), MetaParams.of(in_order))


def _adapted(model: GenerativeModel, draw: torch.Generator, examples: int) -> MetaParams:
    params = model.initialize(draw)
    return MetaParams(model.condition(params, torch.empty(examples, *model.spec.shape)) if examples else params)


def _algorithm(experiment: Experiment, spec: DataSpec) -> Algorithm:
    model = experiment.plugin("model")(experiment.config("model"), spec)
    return experiment.build_algorithm(model)


def _flat(weights: MetaParams) -> dict[str, Tensor]:
    return {f"{player}/{name}": value for player, values in weights.items() for name, value in values.items()}
