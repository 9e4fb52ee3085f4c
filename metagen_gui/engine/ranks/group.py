"""What the processes of a run tell each other: orders of the first one, sums over all, and what has gone wrong.

All of it is numbers, JSON and safetensors; nothing is pickled, so that nobody who reaches the port can have code run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import torch
import torch.distributed
from torch import Tensor
from torch._C._distributed_c10d import PrefixStore, Store

from metagen_gui.engine.events import RunBroken

SECOND = timedelta(seconds=1)
CONNECTING = timedelta(seconds=120)
EVER = timedelta(days=365)
"""How long one process may wait for another: a run may be paused for as long as a person likes."""
PATIENCE = 2.0
"""Seconds in which it turns out which process is gone, after its connection was lost."""
SAID = 2000
"""Bytes of what went wrong that are told."""


class Parted(RunBroken):
    """Another process of the run is gone."""


@dataclass(frozen=True)
class Outcome:
    """How the part of a step went that every process computes by itself, over all of them."""

    short: bool = False
    """Whether memory was too short for one of them."""
    problem: str = ""
    """What else went wrong, with the process that it went wrong in; the first of several."""

    @property
    def well(self) -> bool:
        """Whether the step can be taken."""
        return not self.short and not self.problem


class Group:
    """The processes of a run, of which this one is `rank` of `ranks`, counted from 0.

    `check` raises if one of the others is known to have ended; it is asked every second while they are waited for.
    """

    def __init__(
        self,
        store: Store,
        rank: int,
        ranks: int,
        device: torch.device,
        check: Callable[[float], None] = lambda patience: None,
        host: str = "",
    ) -> None:
        self.rank, self.ranks, self._check = rank, ranks, check
        gloo = torch.distributed.ProcessGroupGloo
        options = gloo._Options()  # type: ignore[attr-defined]
        options._timeout = CONNECTING
        options._devices = [gloo.create_device(hostname=host) if host else gloo.create_default_device()]
        options._threads = 2
        self._words: Any = gloo(PrefixStore("words", store), rank, ranks, options)
        self._sums: Any = self._words
        if device.type == "cuda":
            torch.cuda.set_device(device)
            nccl = torch.distributed.ProcessGroupNCCL
            self._sums = nccl(PrefixStore("sums", store), rank, ranks, nccl.Options())
        self._words._set_default_timeout(EVER)

    def tell(self, *numbers: int) -> None:
        """Give an order to all others, who are waiting for it."""
        self._broadcast(torch.tensor(numbers))

    def hear(self, count: int) -> list[int]:
        """Wait for an order of `count` numbers, and return it."""
        order = torch.zeros(count, dtype=torch.int64)
        self._broadcast(order)
        return order.tolist()

    def give(self, data: bytes = b"") -> bytes:
        """Return the bytes that the first process gives, in every process."""
        return self._bytes_of(0, data)

    def agree(self, *, short: bool = False, problem: str = "") -> Outcome:
        """Return how it went everywhere, having told the others how it went here."""
        counts = torch.tensor([short, bool(problem)], dtype=torch.int64)
        self._add(self._words, counts)
        some_short, failed = counts.tolist()
        if not failed:
            return Outcome(short=some_short > 0)
        words = self.gather(problem.encode()[:SAID])
        told = ((rank, said.decode(errors="replace")) for rank, said in enumerate(words) if said)
        return Outcome(problem=next(f"process {rank + 1} of {self.ranks}: {said}" for rank, said in told))

    def gather(self, data: bytes) -> list[bytes]:
        """Return what every process gives, in the order of their ranks."""
        return [self._bytes_of(rank, data if rank == self.rank else b"") for rank in range(self.ranks)]

    def sum(self, vector: Tensor) -> None:
        """Replace the numbers in `vector` by their sums over all processes, the same bits in each of them."""
        self._add(self._sums, vector)

    def _broadcast(self, values: Tensor, root: int = 0) -> None:
        options = torch.distributed.BroadcastOptions()
        options.rootRank = root
        self._await(lambda: self._words.broadcast([values], options))

    def _bytes_of(self, rank: int, data: bytes) -> bytes:
        size = torch.tensor([len(data)])
        self._broadcast(size, rank)
        count = int(size.item())
        values = torch.from_numpy(np.frombuffer(data or bytes(count), np.uint8).copy())
        if count:
            self._broadcast(values, rank)
        return values.numpy().tobytes()

    def _add(self, group: Any, values: Tensor) -> None:
        self._await(lambda: group.allreduce([values]), on_device=group is not self._words)

    def _await(self, begin: Callable[[], Any], *, on_device: bool = False) -> None:
        """Wait for the others, so that a Ctrl+C is heard meanwhile, and it is noticed if one of them is no more."""
        try:
            work = begin()
            while True:
                try:
                    work.wait() if on_device else work.wait(SECOND)  # of a GPU, what follows waits by itself
                    return
                except RuntimeError:
                    if on_device:
                        raise
                if work.is_completed():
                    work.wait()  # which says whether that was the end of the second, or of the work
                    return
                self._check(0.0)
        except RunBroken:
            raise
        except RuntimeError as error:
            self._check(PATIENCE)
            raise Parted("another process of this run is gone") from error
