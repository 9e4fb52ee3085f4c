"""The settings of a run that belong to no plugin: how long, how many, how fast, where."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal

from metagen_gui.engine.settings.config import Config, setting

MOST_PROCESSES = 256
OUTER_STEP = "Adam: θ ← θ − β m̂ / (√v̂ + 10^{−8})\nSGD: θ ← θ − β g"
ADAM = "Adam: Kingma & Ba 2015, algorithm 1"
"""What the outer rate enters, g being the outer gradient, and whose it is."""


class TrainingSettings(Config):
    """How the outer loop runs."""

    taken_out: ClassVar[Mapping[str, str]] = MappingProxyType({"compile": "steps are replayed, and no longer compiled"})

    meta_steps: int = setting(8000, "Outer steps of the run.", unit="steps", low=1, high=10_000_000, log=True)
    meta_batch_size: int = setting(
        16,
        "Tasks per outer step.",
        unit="tasks",
        low=1,
        high=1024,
        log=True,
        symbol="n",
        formula="g = 1/n Σ_T g_T",
    )
    shots: int = setting(
        5,
        "Support examples per task: what the model adapts to.",
        unit="examples",
        low=1,
        high=10_000,
        symbol="|S|",
        formula="ℓ_S(φ) = 1/|S| Σ_{x ∈ S} ℓ(φ, x)",
    )
    query_size: int = setting(
        10,
        "Held-out examples per task: what the adapted model is judged by.",
        unit="examples",
        low=1,
        high=10_000,
        symbol="|Q|",
        formula="ℓ_Q(φ) = 1/|Q| Σ_{x ∈ Q} ℓ(φ, x)",
    )
    outer_lr: float = setting(
        0.003,
        "Step size of meta-training.",
        label="Outer learning rate",
        low=0,
        high=10,
        log=True,
        live=True,
        symbol="β",
        formula=OUTER_STEP,
        paper=ADAM,
    )
    outer_optimizer: Literal["adam", "sgd"] = setting(
        "adam",
        "Optimizer of the initialization.",
        titles={"adam": "Adam", "sgd": "SGD"},
        formula=OUTER_STEP,
        paper=ADAM,
    )
    lr_schedule: Literal["constant", "linear", "cosine"] = setting(
        "cosine",
        "How the outer learning rate falls over the run.",
        label="Rate schedule",
        formula="constant: β\nlinear: β (1 − t)\ncosine: β (1 + cos πt) / 2,   t being the share that is over",
    )
    outer_clip: float = setting(
        10.0,
        "Longest outer gradient (its norm over a player's parameters); 0 means no limit.",
        label="Outer gradient limit",
        low=0,
        high=1e6,
        live=True,
        expert=True,
        symbol="m",
        formula="g ← g · min(1, m / ‖g‖)",
    )
    outer_value_clip: float = setting(
        0.0,
        "Largest entry of the outer gradient, before its length is limited; 0 means no limit.",
        label="Outer entry limit",
        low=0,
        high=1e6,
        live=True,
        expert=True,
        symbol="m",
        formula="g_i ← max(−m, min(m, g_i))",
    )
    warmup_steps: int = setting(
        0,
        "Outer steps of ordinary joint training, without adaptation, before meta-training begins.",
        label="Joint warm-up",
        unit="steps",
        low=0,
        high=1_000_000,
    )
    ramp_steps: int = setting(
        0,
        "Outer steps over which the weight of a VAE's KL term grows from 0 to its full value.",
        label="KL warm-up",
        unit="steps",
        low=0,
        high=1_000_000,
        expert=True,
        symbol="R",
        formula="E_q[−log p(x | z)] + min(1, t / R) · β · KL,   t = 1, 2, … outer steps",
    )
    validate_every: int = setting(
        50, "Outer steps between scores on held-out tasks.", unit="steps", low=1, high=1_000_000, log=True
    )
    validation_tasks: int = setting(32, "Held-out tasks per score.", unit="tasks", low=1, high=10_000, log=True)
    preview_tasks: int = setting(6, "Held-out tasks in the adaptation view.", unit="tasks", low=1, high=24, expert=True)
    preview_samples: int = setting(
        6, "Images generated per task and step in the adaptation view.", unit="samples", low=1, high=64, expert=True
    )
    steps_shown: int = setting(
        0,
        "Adaptation steps shown in the adaptation view; 0 shows as many as are trained.",
        unit="steps",
        low=0,
        high=100,
        live=True,
    )
    checkpoint_minutes: float = setting(
        2.0, "Minutes between checkpoints.", label="Checkpoint every", unit="min", low=0.05, high=1440, expert=True
    )
    checkpoint_steps: int = setting(
        0,
        "Outer steps between checkpoints, besides those by time; 0 leaves it at those.",
        label="Also every",
        unit="steps",
        low=0,
        high=10_000_000,
        expert=True,
    )
    replay: bool = setting(
        True, "Replay recorded operations where that gives the same numbers: faster for small networks.", expert=True
    )
    precision: Literal["float32", "mixed"] = setting(
        "float32",
        "mixed computes products in bfloat16: faster on a GPU, slower on most CPUs. Parameters, losses and scores stay "
        "in float32; a run says by how much its outer gradients are off.",
        expert=True,
    )
    factored: Literal["auto", "always", "never"] = setting(
        "auto",
        "Keep what adaptation changes in large layers as products of thin matrices, and use the fastest kernels: the "
        "same numbers but for rounding, in less time and memory.",
        label="Factored adaptation",
        expert=True,
    )
    recompute: Literal["auto", "never", "always"] = setting(
        "auto",
        "Keep only where each adaptation step begins, and compute it again when its gradient is taken: a fraction of "
        "the memory where a run has many steps, a quarter more time, the same gradient. auto does so where all tasks "
        "would not fit into memory otherwise.",
        label="Recomputed steps",
        expert=True,
    )
    chunk: int = setting(
        0,
        "Tasks computed at the same time: fewer need less memory, for the same gradient. 0 takes as many as fit.",
        label="Tasks at a time",
        unit="tasks",
        low=0,
        high=1024,
        expert=True,
    )
    processes: int = setting(
        1,
        "Processes that share the tasks of every outer step, each on a core or a GPU of its own.",
        unit="processes",
        low=1,
        high=MOST_PROCESSES,
        expert=True,
    )
    seed: int = setting(0, "Same seed, same run.", low=0, high=2**31 - 1)
    device: str = setting("auto", "auto, cpu, cuda, cuda:1, mps: where the run computes.", expert=True)
