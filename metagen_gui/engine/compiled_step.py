"""A recorded step that is replayed until it has been compiled, and then computed by that if it is faster.

A compiler joins many small operations into few, which rounds differently: what it makes is compared with the replay on
the inputs of some steps, within a tolerance, and timed against it, before it takes over. It never fails a run and
never makes it wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median

import torch
from torch import Tensor, fx

from metagen_gui.engine.compilation import CannotCompile, Compilation
from metagen_gui.engine.plain_graph import NotPlain, written
from metagen_gui.engine.recording import Recording, Step, Tensors

COMPARED = 5
"""Steps that are computed in both ways before one is chosen."""
TOLERANCE = 1e-4
"""Largest ‖a − b‖ / ‖b‖ of a tensor; where it is small beside the largest of its part, a hundredth of that counts."""
WORTH = 1.05
"""How many times faster a compiled step has to be."""
LONGEST = 10_000
"""Operations beyond which a compiler takes longer, and more memory, than its work is worth."""


class CompiledStep:
    """Computes what `recording` computes, for tensors of the same shapes and types as `inputs`.

    `parts` is how many of its outcomes belong together, from first to last. Sentences for whoever follows the run are
    added to `news`.
    """

    def __init__(self, recording: Recording, inputs: Sequence[Tensor], parts: Sequence[int], news: list[str]) -> None:
        self.parts, self.news = parts, news
        self.strides = [tensor.stride() for tensor in inputs]
        self.took_over = False
        self._kept = [recording.kept[str(node.target)] for node in recording.graph.nodes if node.op == "get_attr"]
        self._replay = recording.run
        self._fast: Step | None = None
        self._times: list[tuple[float, float]] = []
        self._compilation: Compilation | None = None
        try:
            self._compilation = self._begun(recording.graph, inputs)
        except CannotCompile as why:
            self._give_up(f"Steps are not compiled: {why}.")

    def __call__(self, *inputs: Tensor) -> Tensors:
        """Return what the step gives for these inputs."""
        if self._compilation is not None and self._fast is None:
            self._look()
        if self._fast is None or [tensor.stride() for tensor in inputs] != self.strides:
            return self._replay(*inputs)
        return self._fast(*inputs) if self.took_over else self._compared(inputs)

    def close(self) -> None:
        """End what still compiles."""
        if self._compilation is not None:
            self._compilation.close()

    def _begun(self, graph: fx.Graph, inputs: Sequence[Tensor]) -> Compilation:
        if any(tensor.device.type != "cpu" for tensor in inputs):
            raise CannotCompile("that is done on the CPU only")
        if len(graph.nodes) > LONGEST:
            raise CannotCompile("they are too long")
        try:
            return Compilation(written(graph, [*inputs, *self._kept]))
        except NotPlain as what:
            raise CannotCompile(f"{what} cannot be told to a compiler") from what

    def _look(self) -> None:
        """Take what has been compiled, if it is there."""
        assert self._compilation is not None
        try:
            library = self._compilation.library()
            self._fast = None if library is None else _loaded(str(library), self._kept)
        except Exception as why:  # whatever a compiler or its outcome does, the run has its replay
            self._give_up(f"Steps are not compiled: {why}.")

    def _compared(self, inputs: Sequence[Tensor]) -> Tensors:
        """Return what the replay gives, having computed the same in the other way."""
        assert self._fast is not None
        values, slow = _timed(self._replay, inputs)
        if not all(bool(value.isfinite().all()) for value in values):
            return values  # which tells nothing about anyone
        try:
            found, fast = _timed(self._fast, inputs)
            agrees = agree(found, values, self.parts)
        except Exception as why:
            self._give_up(f"The compiled step failed and is not used: {why}.")
            return values
        self._times.append((slow, fast))
        if not agrees:
            self._give_up("The compiled step differs by more than rounding and is not used.")
        elif len(self._times) > COMPARED:
            self._choose()
        return values

    def _choose(self) -> None:
        slow, fast = (median(times) for times in zip(*self._times[1:], strict=True))  # the first wakes things up
        if slow < WORTH * fast:
            self._give_up("A compiled step is no faster than the replayed one and is not used.")
        else:
            self.took_over = True
            self.news.append(f"A compiled step took over: {slow / fast:.1f} × faster.")

    def _give_up(self, why: str) -> None:
        self.close()
        self._compilation = self._fast = None
        self.news.append(" ".join(why.split()))


def agree(found: Tensors, expected: Tensors, parts: Sequence[int]) -> bool:
    """Return whether tensors are the same but for rounding; `parts` is how many of them belong together."""
    if [value.shape for value in found] != [value.shape for value in expected]:
        return False
    begin = 0
    for count in parts:
        pairs = list(zip(found, expected, strict=True))[begin : begin + count]
        sizes = [float(value.norm()) for _, value in pairs]
        least = 0.01 * max(sizes, default=0.0)
        apart = [float((mine - value).norm()) for mine, value in pairs]
        if not all(off <= TOLERANCE * max(size, least) for off, size in zip(apart, sizes, strict=True)):
            return False
        begin += count
    return True


def _loaded(library: str, kept: list[Tensor]) -> Step:
    """Return a compiled step as a function of its inputs; `kept` are the tensors that it is given besides."""
    run: Callable[[list[Tensor]], list[Tensor]] = torch._C._aoti.AOTIModelContainerRunnerCpu(library, 1).run

    @torch.inference_mode()
    def step(*inputs: Tensor) -> Tensors:
        return tuple(run([*inputs, *kept]))

    return step


def _timed(step: Step, inputs: Sequence[Tensor]) -> tuple[Tensors, float]:
    began = time.perf_counter()
    values = step(*inputs)
    return values, time.perf_counter() - began
