"""Meta-gradients by factors and by replay: computed a few times, then from a recording that has proved itself.

A recording is made for one situation: the shapes, the settings and whatever of the moment the algorithm says matters
(`Algorithm.phase`). It is compared, bit by bit, with the computation on the inputs of the next steps before it takes
over; where it differs, or none can be made, everything is computed as written. So a run's numbers do not depend on it.
On a GPU a recording that has proved itself becomes a graph of its own accord (`cuda_graph.py`).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.task_noise import TaskNoise
from metagen_gui.engine.algorithms.base import Algorithm, MetaGradient, MetaParams, Moment
from metagen_gui.engine.beneath_autograd.cuda_graph import GraphedStep, has_graphs
from metagen_gui.engine.beneath_autograd.factoring import WritesIntoFactors
from metagen_gui.engine.beneath_autograd.kernels import When, quick
from metagen_gui.engine.beneath_autograd.recording import Step, Tensors, TooLong, record
from metagen_gui.engine.learning.precision import Precision, computing_in

SEEN_BEFORE = 3
"""Steps of one situation that are computed as written before a recording is made."""
COMPARED = 2
"""Steps in which a recording must agree before it is used."""


@dataclass
class _Situation:
    """What a recording holds for, and how far it has come."""

    key: Hashable
    settings: tuple[Any, ...]
    seen: int = 0
    agreed: int = 0
    replay: Step | None = None
    graphed: GraphedStep | None = None
    hopeless: bool = False

    def is_now(self, key: Hashable, settings: tuple[Any, ...]) -> bool:
        return self.key == key and all(mine is theirs for mine, theirs in zip(self.settings, settings, strict=True))


class ReplayedStep:
    """Computes an algorithm's meta-gradients; with `on`, by replay where that gives the same.

    `news` are sentences about how for whoever follows the run; who tells them takes them off the list.
    """

    def __init__(
        self,
        algorithm: Algorithm,
        on: bool,
        factored: When = "auto",
        precision: Precision = "float32",
    ) -> None:
        self.algorithm, self.on, self.factored, self.precision = algorithm, on, factored, precision
        self.news: list[str] = []
        self._situation = _Situation(None, ())

    @property
    def replaying(self) -> bool:
        """Whether the last step was replayed, or would have been."""
        return self._situation.agreed >= COMPARED

    @property
    def graphed(self) -> bool:
        """Whether steps of the present situation are run as a CUDA graph."""
        return self._situation.graphed is not None and self._situation.graphed.took_over

    def meta_gradient(
        self, meta: MetaParams, support: Tensor, query: Tensor, noise: TaskNoise, moment: Moment
    ) -> MetaGradient:
        """Return what `Algorithm.meta_gradient` returns for these inputs."""
        if not self.on:
            return self._found(meta, support, query, noise, moment)
        inputs, structure = flatten([meta, support, query, noise.support, noise.opponent, noise.query, noise.inner])
        outcome: list[Any] = []

        def step(*flat: Tensor) -> Tensors:
            meta, support, query, *parts = unflatten(flat, structure)
            noise = TaskNoise(*parts)
            found = self._found(meta, support, query, noise, moment)
            flat_found, form = flatten([found.gradients, found.query_loss, found.replaced])
            outcome[:] = [form]
            return tuple(flat_found)

        now = self._now(structure, inputs, moment)
        now.seen += 1
        if now.replay is not None and now.agreed >= COMPARED:
            return self._made_of(self._quickest(now, inputs)(*inputs))
        if now.replay is None and not now.hopeless and now.seen > SEEN_BEFORE:
            now.replay = self._recorded(step, inputs)
            now.hopeless = now.replay is None
        values = step(*inputs)
        self._form = outcome[0]
        if now.replay is not None:
            if _agrees(now.replay, inputs, values):
                now.agreed += 1
            else:
                now.replay, now.hopeless = None, True
        return self._made_of(values)

    def _found(
        self, meta: MetaParams, support: Tensor, query: Tensor, noise: TaskNoise, moment: Moment
    ) -> MetaGradient:
        """Return the meta-gradient, computed by factors unless the model or the algorithm works in place."""
        with computing_in(self.precision, support.device):
            try:
                with quick(self.factored):
                    return self.algorithm.meta_gradient(meta, support, query, noise, moment)
            except WritesIntoFactors:
                self.factored = "never"
                return self.algorithm.meta_gradient(meta, support, query, noise, moment)

    def _quickest(self, now: _Situation, inputs: list[Tensor]) -> Step:
        """Return what gives the outcomes of a situation that a recording has proved itself in."""
        assert now.replay is not None
        if now.graphed is None and has_graphs(inputs[0].device):
            parts = [count for count, _ in self._form.values()]
            now.graphed = GraphedStep(now.replay, inputs, parts, self.news)
        return now.graphed or now.replay

    def _now(self, structure: Any, inputs: list[Tensor], moment: Moment) -> _Situation:
        algorithm = self.algorithm
        shapes = tuple((value.shape, value.dtype) for value in inputs)
        key = (repr(structure), shapes, algorithm.phase(moment.share), replace(moment, share=0.0))
        settings = (algorithm.settings, algorithm.model.settings)
        if not self._situation.is_now(key, settings):
            self._situation = _Situation(key, settings)
        return self._situation

    def _recorded(self, step: Step, inputs: list[Tensor]) -> Step | None:
        try:
            return record(step, inputs).run  # and not the recording: its graph takes memory
        except TooLong:  # no setting that may change during a run makes it shorter
            self.on = False
        except Exception:  # whatever a plugin does that cannot be recorded, it can still be computed
            pass
        return None

    def _made_of(self, values: Tensors) -> MetaGradient:
        return MetaGradient(*unflatten(values, self._form))


def _agrees(replay: Step, inputs: list[Tensor], expected: Tensors) -> bool:
    try:
        return _same_bits(replay(*inputs), expected)
    except Exception:  # what cannot be replayed agrees with nothing
        return False


def _same_bits(found: Tensors, expected: Tensors) -> bool:
    return all(map(_same, found, expected))


def _same(a: Tensor, b: Tensor) -> bool:
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    return torch.equal(a, b) or bool(torch.isclose(a, b, rtol=0, atol=0, equal_nan=True).all())


def flatten(tree: Any) -> tuple[list[Tensor], Any]:
    """Return the tensors in nested lists and dictionaries, and the structure that `unflatten` needs."""
    if isinstance(tree, Tensor):
        return [tree], None
    named = tree.items() if isinstance(tree, dict) else enumerate(tree)
    parts = {name: flatten(part) for name, part in named}
    structure = {name: (len(tensors), inside) for name, (tensors, inside) in parts.items()}
    return [tensor for tensors, _ in parts.values() for tensor in tensors], structure


def unflatten(tensors: Any, structure: Any) -> Any:
    """Return what `flatten` was given, with other tensors; lists come back as lists, dictionaries as such."""
    if structure is None:
        return tensors[0]
    found, begin = {}, 0
    for name, (count, inside) in structure.items():
        found[name] = unflatten(tensors[begin : begin + count], inside)
        begin += count
    return list(found.values()) if all(isinstance(name, int) for name in found) and found else found
