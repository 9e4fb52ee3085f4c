"""The program: it reads the weights, adapts to the examples of a person and writes samples. Nothing is trained here."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.meta_params import MetaParams
from metagen_gui.engine.algorithms.base import Algorithm
from metagen_gui.engine.models.base import PlayerParams
from metagen_gui.engine.settings.bad_input import BadInput

MOST_STEPS, MOST_SAMPLES = 1_000, 10_000


class Examples(Protocol):
    """How examples are read from files and written to them."""

    def read(self, path: Path) -> Tensor:
        """Return the examples of a place `(n, *shape)`."""

    def write(self, path: Path, samples: Tensor) -> None:
        """Write samples `(n, *shape)`."""

    usual: str
    """The file that samples are written to."""


def read_weights(path: Path, digest: str) -> MetaParams:
    """Return what was meta-learned, from a safetensors file: a length, JSON that says what is where, and numbers."""
    data = bytearray(path.read_bytes())
    if hashlib.sha256(data).hexdigest() != digest:
        raise BadInput(str(path), "not the weights that belong to this program")
    length = int.from_bytes(data[:8], "little")
    about = json.loads(data[8 : 8 + length])
    named: PlayerParams = {}
    for name in json.loads(about["__metadata__"]["order"]):  # a network that says them one after the other counts on it
        begin, end = (8 + length + offset for offset in about[name]["data_offsets"])
        numbers = torch.frombuffer(data[begin:end], dtype=torch.float32) if end > begin else torch.empty(0)
        player, _, own_name = name.partition("/")
        named.setdefault(player, {})[own_name] = numbers.view(about[name]["shape"]).clone()
    return MetaParams.of(named)


class Trained:
    """A meta-learned model: it adapts to examples and makes samples."""

    def __init__(self, algorithm: Algorithm, weights: MetaParams, seeds: tuple[int, int]) -> None:
        """`seeds` are what the latents of samples and the noise of adaptation are drawn by."""
        self.algorithm, self.weights, self.seeds = algorithm, weights, seeds
        start = algorithm.initialization(weights)
        self.start: PlayerParams = {player: start[player] for player in algorithm.model.players}
        self.adapted = algorithm.model.for_sampling(self.start, self.start)

    @torch.no_grad()
    def adapt(self, examples: Tensor, steps: int | None = None, seed: int = 0) -> None:
        """Adapt, from the start, to examples `(n, *shape)` in `steps` steps, or as many as in training."""
        algorithm, taken = self.algorithm, self.algorithm.steps if steps is None else steps
        drawn = algorithm.adaptation_noise(generator(self.seeds[1], seed), 1, taken, len(examples))
        noise = {name: value[0] for name, value in drawn.items()}
        path = algorithm.trajectory(self.weights, examples, noise, taken)
        if not all(value.isfinite().all() for own in path[-1].values() for value in own.values()):
            raise BadInput("steps", f"adaptation in {taken} steps diverged; take fewer")
        self.adapted = algorithm.model.for_sampling(path[-1], self.start)

    @torch.no_grad()
    def sample(self, count: int, seed: int = 0) -> Tensor:
        """Return samples `(count, *shape)`."""
        latents = self.algorithm.model.latents(generator(self.seeds[0], seed), count)
        return self.algorithm.model.generate(self.adapted, latents)


def generator(first: int, seed: int) -> torch.Generator:
    """Return a source of randomness; with `seed` 0 it is the one that MetaGen itself uses."""
    return torch.Generator().manual_seed((first + seed) % 2**63)


def main(trained: Callable[[], Trained], examples: Examples) -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description="Adapts to examples and writes samples.")
    parser.add_argument("examples", nargs="?", type=Path, help="what to adapt to; without it nothing adapts")
    parser.add_argument("--to", type=Path, default=Path(examples.usual), help=f"by default {examples.usual}")
    parser.add_argument("--samples", type=int, default=16, metavar="N", help="how many, by default 16")
    parser.add_argument("--steps", type=int, metavar="K", help="adaptation steps, by default as many as in training")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another number makes other samples")
    given = parser.parse_args()
    try:
        if not 1 <= given.samples <= MOST_SAMPLES:
            raise BadInput("--samples", f"1 to {MOST_SAMPLES:,} can be made")
        if given.steps is not None and not 0 <= given.steps <= MOST_STEPS:
            raise BadInput("--steps", f"0 to {MOST_STEPS:,} can be taken")
        model = trained()
        if given.examples is not None:
            support = examples.read(given.examples)
            model.adapt(support, given.steps, given.seed)
            print(f"adapted to {len(support):,} examples of {given.examples}")
        examples.write(given.to, model.sample(given.samples, given.seed))
        print(f"{given.samples:,} samples: {given.to}")
    except (BadInput, OSError) as problem:
        sys.exit(f"{Path(__file__).name}: {problem}")
