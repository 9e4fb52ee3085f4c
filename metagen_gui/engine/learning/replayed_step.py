"""Meta-gradients by factors and by replay: computed a few times, then from a recording that has proved itself.

A recording is made for one situation: the shapes, the settings and whatever of the moment the algorithm says matters
(`Algorithm.phase`). It is compared, bit by bit, with the computation on the inputs of the next steps before it takes
over; where it differs, or none can be made, everything is computed as written. So a run's numbers do not depend on it.

Numbers that may change during a run are inputs of a recording (`live_numbers.py`); after a change it is compared once
more and goes on. Where a plugin wants them as numbers they are written into it, and a change ends it.
On a GPU a recording that has proved itself becomes a graph of its own accord (`cuda_graph.py`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.task_noise import TaskNoise
from metagen_gui.engine.algorithms.base import Algorithm, MetaGradient, MetaParams, Moment
from metagen_gui.engine.beneath_autograd.cuda_graph import GraphedStep, has_graphs
from metagen_gui.engine.beneath_autograd.factoring import WritesIntoFactors
from metagen_gui.engine.beneath_autograd.kernels import When, quick
from metagen_gui.engine.beneath_autograd.recording import Step, Tensors, TooLong
from metagen_gui.engine.beneath_autograd.replay import record
from metagen_gui.engine.learning.live_numbers import LiveNumbers, handed_in, live_numbers
from metagen_gui.engine.learning.precision import Precision, computing_in

SEEN_BEFORE = 3
"""Steps of one situation that are computed as written before a recording is made."""
COMPARED = 2
"""Steps in which a recording must agree before it is used."""


@dataclass
class _Situation:
    """What a recording holds for, and how far it has come."""

    key: Hashable
    fixed: Mapping[str, Any]
    numbers: LiveNumbers
    given: list[Tensor]
    """What is handed in beside the inputs: the numbers, or nothing."""
    seen: int = 0
    agreed: int = 0
    replay: Step | None = None
    graphed: GraphedStep | None = None
    hopeless: bool = False


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
        self.recorded = 0
        """How many recordings were made."""
        self._situation = _Situation(None, {}, LiveNumbers(), [])
        self._handing_in = True  # until it turns out that a plugin needs its numbers as such
        self._read: tuple[Any, Any, LiveNumbers] | None = None

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
        drawn = noise.support, noise.opponent, noise.query, noise.inner
        inputs, structure = flatten([dict(meta), support, query, *drawn])
        outcome: list[Any] = []

        def step(*flat: Tensor) -> Tensors:
            named, support, query, *parts = unflatten(flat, structure)
            noise = TaskNoise(*parts)
            found = self._found(MetaParams.of(named), support, query, noise, moment)
            flat_found, form = flatten([found.gradients, found.query_loss, found.replaced])
            outcome[:] = [form]
            return tuple(flat_found)

        now = self._now(structure, inputs, moment)
        now.seen += 1
        given = [*inputs, *now.given]
        if now.replay is not None and now.agreed >= COMPARED:
            return self._made_of(self._quickest(now, given)(*given))
        if now.replay is None and not now.hopeless and now.seen > SEEN_BEFORE:
            self._record(now, step, inputs)
        values = step(*inputs)
        self._form = outcome[0]
        if now.replay is not None:
            if _agrees(now.replay, given, values):
                now.agreed += 1
            else:
                self._give_up(now, "it does not give the same numbers")
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
        now, numbers = self._situation, self._numbers()
        shapes = tuple((value.shape, value.dtype) for value in inputs)
        key = (repr(structure), shapes, self.algorithm.phase(moment.share), replace(moment, share=0.0))
        fixed = numbers.fixed if self._handing_in else numbers.every
        given = now.given if numbers is now.numbers else numbers.tensors(inputs[0])
        if key != now.key or fixed != now.fixed:
            changed = [name for name in {**now.fixed, **fixed} if now.fixed.get(name) != fixed.get(name)]
            if now.replay is not None and changed:
                self.news.append(f"Steps are recorded anew, because {' and '.join(changed)} changed.")
            self._situation = now = _Situation(key, fixed, numbers, given)
        elif numbers.values != now.numbers.values:
            now.agreed = min(now.agreed, COMPARED - 1)  # it has to prove itself with these, too
        now.numbers, now.given = numbers, given if self._handing_in else []
        return now

    def _numbers(self) -> LiveNumbers:
        """Return what algorithm and model are set to, looked up when their settings have become other objects."""
        own, model = self.algorithm.settings, self.algorithm.model.settings
        if self._read is None or self._read[0] is not own or self._read[1] is not model:
            self._read = own, model, live_numbers(self.algorithm)
        return self._read[2]

    def _record(self, now: _Situation, step: Step, inputs: list[Tensor]) -> None:
        def handed(*flat: Tensor) -> Tensors:
            with handed_in(self.algorithm, now.numbers, flat[len(inputs) :]):
                return step(*flat[: len(inputs)])

        try:
            whole = record(handed if self._handing_in else step, [*inputs, *now.given])
            now.replay = whole.run  # and not the recording: its graph takes memory
            self.recorded += 1
        except TooLong:  # no setting that may change during a run makes it shorter
            self.on = False
            self.news.append("Steps are too long to be recorded and are computed one operation at a time.")
        except Exception as why:  # whatever a plugin does that cannot be recorded, it can still be computed
            self._give_up(now, f"{type(why).__name__}: {why}")

    def _give_up(self, now: _Situation, why: str) -> None:
        """Let go of a recording, or of the hope for one; with numbers handed in, one that holds them may still do."""
        if self._handing_in:
            self._handing_in = False
            if now.agreed:
                self.news.append("With the new numbers a recorded step differs; steps are recorded anew.")
        else:
            now.hopeless = True
            self.news.append(f"Steps are not replayed from a recording: {' '.join(why.split())[:200]}.")
        now.replay = now.graphed = None

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
