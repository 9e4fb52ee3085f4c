"""A recorded step as one CUDA graph: a GPU is given all of its operations at once.

A replayed step is some thousand small operations, and to hand one to a GPU takes the program about as long as the GPU
needs to compute it. A graph holds them all, with the addresses of their tensors: inputs are copied to where it expects
them, one call starts it, and its outcomes are copied before it runs again. The kernels are the same, but the library of
products may choose another order of sums inside a graph; so it is compared with the replay within rounding before it
takes over, and never fails a run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from metagen_gui.engine.beneath_autograd.recording import Step, Tensors

COMPARED = 3
"""Steps that are computed in both ways before the graph takes over."""
TOLERANCE = 1e-4
"""Largest ‖a − b‖ / ‖b‖ of a tensor; where it is small beside the largest of its part, a hundredth of that counts."""
WARM_UP = 3
"""Times that a step is computed beside the usual stream before it is captured, as torch asks for."""

Again = Callable[[], object]
"""Computes once more, from tensors at the same addresses to tensors at the same addresses."""


def has_graphs(device: torch.device) -> bool:
    """Return whether steps on `device` can be captured."""
    return device.type == "cuda"


def captured(step: Step, inputs: Sequence[Tensor]) -> tuple[Again, Tensors]:
    """Return `step` on these inputs as a graph, and where its outcomes will lie."""
    with torch.cuda.device(inputs[0].device):
        beside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(WARM_UP):
                step(*inputs)
        torch.cuda.current_stream().wait_stream(beside)
        graph = torch.cuda.CUDAGraph()
        # other threads may use the GPU meanwhile; torch's own stream for captures belongs to whichever GPU came first
        with torch.cuda.graph(graph, stream=beside, capture_error_mode="thread_local"):
            outcomes = step(*inputs)
    return graph.replay, outcomes


class GraphedStep:
    """Computes what `replay` computes, on inputs of the shapes of `inputs`, by a graph once that has proved itself.

    `parts` is how many of the outcomes belong together, from first to last. Sentences for whoever follows the run are
    added to `news`.
    """

    def __init__(self, replay: Step, inputs: Sequence[Tensor], parts: Sequence[int], news: list[str]) -> None:
        self.took_over = False
        self._replay, self._parts, self._news = replay, parts, news
        self._agreed = 0
        self._again: Again | None = None
        try:
            with torch.no_grad():
                self._held = [value.detach().clone() for value in inputs]
                self._again, self._outcomes = captured(replay, self._held)
        except Exception as why:  # whatever a GPU cannot do, the run has its replay
            self._give_up(f"Steps are not run as a CUDA graph: {why}")

    def __call__(self, *inputs: Tensor) -> Tensors:
        """Return what the step gives for these inputs."""
        if self.took_over and self._again is not None:
            return self._by_graph(self._again, inputs)
        values = self._replay(*inputs)
        if self._again is not None and all(bool(value.isfinite().all()) for value in values):
            self._compare(self._again, inputs, values)
        return values

    def _by_graph(self, again: Again, inputs: Sequence[Tensor]) -> Tensors:
        with torch.no_grad():
            torch._foreach_copy_(self._held, list(inputs))
            again()
            return tuple(value.clone() for value in self._outcomes)

    def _compare(self, again: Again, inputs: Sequence[Tensor], values: Tensors) -> None:
        try:
            agrees = agree(self._by_graph(again, inputs), values, self._parts)
        except Exception as why:
            self._give_up(f"The CUDA graph failed and is not used: {why}")
            return
        self._agreed += agrees
        if not agrees:
            self._give_up("The CUDA graph differs by more than rounding and is not used.")
        elif self._agreed >= COMPARED:
            self.took_over = True
            self._news.append("Steps are run as one CUDA graph from here on.")
            _let_go()  # of what the replay took: the graph has memory of its own

    def _give_up(self, why: str) -> None:
        self._again, self._held, self._outcomes = None, [], ()
        _let_go()
        self._news.append(" ".join(why.split())[:300])


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


def _let_go() -> None:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
