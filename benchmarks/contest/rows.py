"""What is compared: each row of the tables is an experiment, given by what it changes in a common base."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BASE: Mapping[str, Any] = {
    "tasks.name": "strokes",
    "model.name": "vae",
    "algorithm.name": "maml",
    "model.width": 512,
    "algorithm.adapts": "everything",
    "algorithm.adaptation_steps": 5,
    "algorithm.inner_lr": 0.001,
    "algorithm.inner_clip": 0,
    "training.meta_batch_size": 16,
    "training.shots": 5,
    "training.query_size": 5,
}
"""Images of 784 pixels; every parameter adapts, all with one rate, because some peers have only one."""

FIXED: Mapping[str, Mapping[str, Any]] = {
    "maml": {"algorithm.learned_rates": "no"},
    "fomaml": {"algorithm.learned_rates": "no"},
    "reptile": {"algorithm.inner_optimizer": "sgd"},
}
"""What each algorithm needs so that its inner step is plain gradient descent."""

GAN: Mapping[str, Any] = {
    "model.name": "gan",
    "model.mmd_weight": 0,
    "model.judge": "support",
    "training.shots": 4,
    "training.query_size": 4,
    "algorithm.inner_lr": 0.01,
}

CONV: Mapping[str, Any] = {
    "model.network": "conv",
    "model.channels": 32,
    "model.width": 256,
    "algorithm.inner_lr": 0.0001,
}

SINUSOIDS: Mapping[str, Any] = {
    "tasks.name": "sinusoids",
    "model.name": "curve",
    "model.width": 40,
    "training.shots": 10,
    "training.query_size": 10,
    "algorithm.inner_lr": 0.01,
}


@dataclass(frozen=True)
class Row:
    """One work to be done: `changes` against `BASE`; `sweep` names the series it belongs to, and `at` its place."""

    name: str
    title: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    sweep: str = ""
    at: int = 0

    def settings(self) -> dict[str, Any]:
        """Return every setting of the row by its path; names of plugins come first."""
        chosen = {**BASE, **self.changes}
        return {**chosen, **FIXED[chosen["algorithm.name"]]}


HEADLINE = (
    Row("maml-512", "MAML, MLP VAE 512 wide, 16 tasks × 5 shots × 5 steps"),
    Row("maml-128", "MAML, MLP VAE 128 wide, 16 × 5 × 5", {"model.width": 128}),
    Row("maml-10-steps", "MAML, MLP VAE 512 wide, 16 × 5 × 10", {"algorithm.adaptation_steps": 10}),
    Row(
        "maml-conv",
        "MAML, convolutional VAE (32 and 64 channels, head 256 wide), 16 × 5 × 5",
        CONV,
    ),
    Row("gan-128", "MAML, MLP GAN 128 wide with R1, 16 × 4 × 5 rounds", {**GAN, "model.width": 128}),
    Row("gan-512", "MAML, MLP GAN 512 wide with R1, 16 × 4 × 5 rounds", GAN),
    Row("fomaml-512", "First-order MAML, MLP VAE 512 wide, 16 × 5 × 5", {"algorithm.name": "fomaml"}),
    Row(
        "sinusoids", "MAML, the curve of two layers 40 wide, 16 × 10 × 1", SINUSOIDS | {"algorithm.adaptation_steps": 1}
    ),
    Row("sinusoids-5", "MAML, the curve of two layers 40 wide, 16 × 10 × 5", SINUSOIDS),
    Row("reptile-512", "Reptile (inner SGD), MLP VAE 512 wide, 16 × 5 × 5", {"algorithm.name": "reptile"}),
)

SWEPT: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "tasks": ("training.meta_batch_size", (4, 8, 16, 32, 64)),
    "shots": ("training.shots", (1, 2, 5, 10, 20)),
    "steps": ("algorithm.adaptation_steps", (1, 2, 5, 10)),
    "width": ("model.width", (32, 64, 128, 256, 512, 1024)),
}
SWEEPS = tuple(
    Row(f"{sweep}-{value}", f"{sweep} {value}", {path: value}, sweep, value)
    for sweep, (path, values) in SWEPT.items()
    for value in values
)

SPECKLES = {"tasks.name": "speckles"}
SIZES = tuple(
    Row(f"{sweep}-{size}", f"{sweep} {size}", {**SPECKLES, **changes, "tasks.size": size}, sweep, size)
    for sweep, changes, sizes in (
        ("size", {}, (28, 64, 96, 128)),
        ("conv-size", {**CONV, "training.meta_batch_size": 4}, (28, 48, 64, 128)),
    )
    for size in sizes
)
"""For `growth.py` alone: larger images by the multilayer perceptrons, and by convolutions for 4 tasks."""


def chosen_rows(which: str, only: list[str]) -> list[Row]:
    """Return the rows of `headline`, `sweeps` or `all`; those named in `only` if any are. Raise `KeyError`."""
    known = {row.name: row for row in (*HEADLINE, *SWEEPS, *SIZES)}
    if only:
        return [known[name] for name in only]
    return [*(HEADLINE if which != "sweeps" else ()), *(SWEEPS if which != "headline" else ())]
