"""What a run reports: frozen values of floats, text and NumPy arrays, safe to hand from thread to thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class MemoryPlan:
    """What a run will need, in bytes: `needed` by a step, `free` when it began (0: not told), and how it fits in.

    `chunk` tasks are computed at a time, of `tasks` in a meta-batch; `recomputed` says that only where each adaptation
    step begins is kept.
    """

    needed: int
    free: int
    chunk: int
    tasks: int
    recomputed: bool = False

    def sentence(self) -> str:
        """Return the plan in words."""
        of = f" of {gigabytes(self.free)} free" if self.free else ""
        some = f", {self.chunk} tasks at a time" if self.chunk < self.tasks else ""
        again = ", adaptation steps computed again" if self.recomputed else ""
        return f"about {gigabytes(self.needed)}{of}{some}{again}"


def gigabytes(count: int) -> str:
    """Return a number of bytes as a person reads it."""
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.0f} MB"


@dataclass(frozen=True)
class RunStarted:
    """The run exists: its folder, the players whose losses follow, and how long it will be."""

    folder: Path
    players: tuple[str, ...]
    adaptation_steps: int
    meta_steps: int
    device: str
    parameters: int
    """How many numbers are learned."""
    memory: MemoryPlan | None = None
    resumed_from: int = 0
    """The outer step that the run goes on from; 0 for one that begins."""
    processes: int = 1
    """How many processes share its outer steps."""
    at_rest: bool = False
    """Whether the run does not go on: what it has reported until then is told once more."""


@dataclass(frozen=True)
class StepReport:
    """One outer step: mean query loss per player after adaptation, over the meta-batch."""

    meta_step: int
    seconds: float
    query_loss: Mapping[str, float]
    phase: str = "meta-training"
    """`warm-up` while the joint warm-up lasts."""
    diverged: int = 0
    """Tasks of this meta-batch whose loss was not finite."""
    median_loss: Mapping[str, float] = field(default_factory=dict)
    """The median per player over the tasks whose loss was finite; a few that explode do not move it."""
    applied: bool = True
    """Whether the gradient was finite; if not, nothing was learned from these tasks."""
    computing: float = 0.0
    """Seconds of computing that the step took; on a CPU that others use too, what they take is not counted."""


@dataclass(frozen=True)
class ValidationReport:
    """Held-out tasks, scored after 0, 1, … k adaptation steps: mean loss per player, each `(k + 1,)`."""

    meta_step: int
    seconds: float
    query_loss: Mapping[str, npt.NDArray[np.float64]]
    support_loss: Mapping[str, npt.NDArray[np.float64]]
    tasks: int
    details: Mapping[str, float] = field(default_factory=dict)
    """Further figures a model reports, such as `kl` or `active_units`."""
    by_task: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    """The query loss after all adaptation steps, task by task: per player `(tasks,)`."""


@dataclass(frozen=True)
class LayerRates:
    """The learned inner rates of one adapted parameter, at one adaptation step, as a histogram.

    `edges` `(bins + 1,)` and `counts` `(bins,)`; `negative` is the share of rates below 0, which go uphill.
    """

    player: str
    name: str
    step: int
    """The adaptation step, from 0; -1 where all steps use the same rates."""
    count: int
    mean: float
    negative: float
    edges: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]


@dataclass(frozen=True)
class RatesReport:
    """The learned inner rates, layer by layer; told with every validation of an algorithm that learns them."""

    meta_step: int
    layers: tuple[LayerRates, ...]


@dataclass(frozen=True)
class Snapshot:
    """What the model generates for a few fixed validation tasks as it adapts.

    Images are uint8 with values 0..255, points float32. `support` is `(tasks, shots, *shape)`, `query`
    `(tasks, n, *shape)`, `samples` `(tasks, len(steps), count, *shape)`: the same latents after each number of
    adaptation steps in `steps`. For points, `density` and `field` hold the true density `(tasks, grid, grid)` and the
    discriminator's output `(tasks, len(steps), grid, grid)` over the square `extent` = (left, bottom, right, top), with
    row 0 at the bottom. For models that draw a curve y(x), `curves` `(tasks, len(steps), n)` holds it at `curve_x`
    `(n,)` after each number of steps, and `truth` `(tasks, n)` the true one, where it is known. For models that
    generate by steps, `path` `(tasks, len(steps), states, few, *shape)` holds what the first samples go through, from
    noise on.
    """

    meta_step: int
    names: tuple[str, ...]
    steps: tuple[int, ...]
    support: npt.NDArray[Any]
    query: npt.NDArray[Any]
    samples: npt.NDArray[Any]
    density: npt.NDArray[np.float32] | None = None
    field: npt.NDArray[np.float32] | None = None
    extent: tuple[float, float, float, float] | None = None
    curve_x: npt.NDArray[np.float32] | None = None
    curves: npt.NDArray[np.float32] | None = None
    truth: npt.NDArray[np.float32] | None = None
    path: npt.NDArray[Any] | None = None


@dataclass(frozen=True)
class SettingChanged:
    """A setting took a new value during the run."""

    meta_step: int
    path: str
    value: Any
    by_clock: bool = False
    """Whether no person asked for it: a race by equal seconds decides its outer steps again and again."""


@dataclass(frozen=True)
class Notice:
    """A plain sentence for the person who watches."""

    text: str
    meta_step: int = 0
    grave: bool = False
    """Whether something may be lost if nobody acts."""


@dataclass(frozen=True)
class Remedy:
    """A change of a setting that may help against an alarm: what it does, in a few words, and what to set."""

    label: str
    path: str
    value: Any


@dataclass(frozen=True)
class Alarm:
    """Training has fallen ill, in one plain sentence with the numbers, or with `over` is well again."""

    meta_step: int
    """The outer step it began at; it is told when it is sure."""
    kind: str
    """Which illness: `divergence`, `mode_collapse` …; of each kind there is one alarm at a time."""
    text: str
    remedies: tuple[Remedy, ...] = ()
    over: bool = False
    title: str = ""
    """What the illness is called; empty in what was written before alarms had one."""

    @property
    def called(self) -> str:
        """What to call the illness in any case."""
        return self.title or self.kind.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Saved:
    """A checkpoint is on disk, complete and read back."""

    meta_step: int
    path: Path


@dataclass(frozen=True)
class RunFinished:
    """The run is over, all steps done. A run that is closed early ends without it."""

    meta_step: int
    seconds: float
    folder: Path


@dataclass(frozen=True)
class Afar:
    """How a run stands that goes on at another machine; told every second, whether the link to it is up or not."""

    host: str
    state: str = ""
    """`waiting`, `running`, `paused`, `done` or `failed`, as it was last told; empty before that."""
    ahead: int = 0
    """Runs before it in the line there, while it waits."""
    lost: float | None = None
    """For how many seconds the link has been down; None while it is up."""
    why: str = ""
    """What is known of that, such as `does not answer`."""


Event = Union[
    RunStarted,
    StepReport,
    ValidationReport,
    RatesReport,
    Snapshot,
    SettingChanged,
    Notice,
    Alarm,
    Saved,
    Afar,
    RunFinished,
]


def resumed_at(meta_step: int) -> str:
    """Return the notice of a run that goes on from an outer step."""
    return f"Resumed at step {meta_step:,}."


class RunBroken(RuntimeError):
    """A run cannot go on; the text says why in words for the person who watches."""
