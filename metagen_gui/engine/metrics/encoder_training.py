"""How the encoder of images learns: by telling classes apart from a few examples of each.

Prototypical networks (Snell, Swersky & Zemel 2017, algorithm 1) with every example left out of its own class's mean, so
that all examples of an episode are judged. Classes turned by a quarter are classes of their own, which makes four times
as many (as there, section 3.1), and every example is warped a little. An accuracy is measured on held-out classes as
they are: neither turned nor warped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from metagen_gui.engine.data.spec import Array
from metagen_gui.engine.metrics.class_consistency import WAYS
from metagen_gui.engine.metrics.warps import Warp
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.tasks.base import STREAMS, Stream, TaskFamily

Tell = Callable[[int, int], object]
"""Hears how many episodes of how many are done."""
Network = Callable[[Tensor], Tensor]
"""Images `(n, channels, height, width)` to features `(n, numbers)`."""


@dataclass(frozen=True)
class EncoderSettings:
    """How the encoder is built and trained, by telling `ways` classes of `each` examples apart.

    It is measured by telling `judged_ways` apart after `shots` examples of each, by `queries` others.
    """

    channels: int = 32
    features: int = 128
    episodes: int = 1_000
    ways: int = 48
    each: int = 4
    learning_rate: float = 0.003
    warp: Warp = field(default=Warp(turn=0.15, stretch=0.1, shear=0.15, shift=0.07, bend=0.05))
    test_episodes: int = 100
    judged_ways: int = WAYS
    shots: int = 5
    queries: int = 5


class Episodes:
    """The tasks of a family as episodes of several classes; the tasks of one class are one class.

    Where classes have too few images, fewer are taken of each: down to one to learn from and one to tell.
    """

    def __init__(self, family: TaskFamily, settings: EncoderSettings) -> None:
        self.family, self.ways, self.judged_ways = family, settings.ways, settings.judged_ways
        self.shots, self.queries = _possible(family, settings.shots, settings.queries)
        self.each = min(settings.each, self.shots + self.queries)
        self.next = dict.fromkeys(STREAMS, 0)

    def to_learn(self) -> Tensor:
        """Return the next `(classes, each, *shape)` of training classes; `ways` of them if there are."""
        support, query = self._draw("train", self.ways, 1, self.each - 1)
        return torch.cat([support, query], dim=1)

    def to_judge(self) -> tuple[Tensor, Tensor]:
        """Return the next `(classes, shots, *shape)` and `(classes, queries, *shape)` of held-out classes."""
        return self._draw("test", self.judged_ways, self.shots, self.queries)

    def _draw(self, stream: Stream, ways: int, shots: int, queries: int) -> tuple[Tensor, Tensor]:
        found: dict[str, tuple[Array, Array]] = {}
        for _ in range(4 * ways):
            task = self.family.task(stream, self.next[stream], shots, queries)
            self.next[stream] += 1
            found.setdefault(task.name, (task.support, task.query))
            if len(found) == ways:
                break
        support, query = zip(*found.values(), strict=True)
        return torch.from_numpy(np.stack(support)), torch.from_numpy(np.stack(query))

    def digest(self, settings: EncoderSettings, version: int) -> str:
        """Return a name for what would be learned: it changes with the first training images and with the settings."""
        images = self.to_learn()
        self.next["train"] = 0
        told = hashlib.sha256(f"{version} {settings!r} {self.shots} {self.queries} {tuple(images.shape)}".encode())
        told.update(images.numpy().tobytes())
        return told.hexdigest()[:24]


def train(network: nn.Module, encode: Network, episodes: Episodes, settings: EncoderSettings, tell: Tell) -> None:
    """Let `network`, which `encode` computes with, learn from the stream `train`; raise `BadInput` without classes."""
    sharpness = nn.Parameter(torch.zeros(()))
    optimizer = torch.optim.Adam([*network.parameters(), sharpness], lr=settings.learning_rate)
    rate = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, max(settings.episodes, 1) + 1, pct_start=0.03, cycle_momentum=False
    )
    random = generator_for(0, "training")
    network.train()
    for episode in range(settings.episodes):
        images = episodes.to_learn()
        if len(images) < 2:
            raise BadInput("tasks", "there is one class to train with; to tell classes apart takes two at least")
        flat = settings.warp(turned(images, random).flatten(0, 1), random)
        apart, labels = left_out(encode(flat).view(*images.shape[:2], -1))
        optimizer.zero_grad()
        F.cross_entropy(-apart * sharpness.exp(), labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        rate.step()
        tell(episode + 1, settings.episodes)
    network.eval()


def turned(images: Tensor, generator: torch.Generator) -> Tensor:
    """Return `(classes, examples, channels, side, side)` with every class turned by its own number of quarters.

    Images that are not square are left as they are.
    """
    if images.shape[-1] != images.shape[-2]:
        return images
    quarters = torch.randint(4, (len(images),), generator=generator).tolist()
    return torch.stack([torch.rot90(each, count, (-2, -1)) for each, count in zip(images, quarters, strict=True)])


def left_out(features: Tensor) -> tuple[Tensor, Tensor]:
    """Return squared distances `(classes · each, classes)` to the classes' means, and labels.

    `features` is `(classes, each, numbers)`; the mean of an example's own class leaves it out. Distances are over the
    root of the numbers.
    """
    classes, each, numbers = features.shape
    means = features.mean(dim=1)
    apart = torch.cdist(features.flatten(0, 1), means).square()
    own = (features - means[:, None]).square().sum(dim=2).flatten() * (each / max(each - 1, 1)) ** 2
    labels = torch.arange(classes).repeat_interleave(each)
    return apart.scatter(1, labels[:, None], own[:, None]) / numbers**0.5, labels


@torch.no_grad()
def moments(encode: Network, episodes: Episodes, count: int = 16) -> tuple[Tensor, Tensor]:
    """Return the mean `(numbers,)` and the one deviation, over all dimensions, of the features of training images."""
    features = torch.cat([encode(episodes.to_learn().flatten(0, 1)) for _ in range(count)])
    centre = features.mean(dim=0)
    return centre, (features - centre).square().mean().sqrt().clamp(min=1e-6)


@torch.no_grad()
def measure(encode: Network, episodes: Episodes, count: int) -> Tensor:
    """Return accuracy on held-out classes (stream `test`), its error over episodes, ways, and examples of a class."""
    shares, ways = [], 0
    for _ in range(count):
        support, query = episodes.to_judge()
        if len(support) < 2:
            return torch.tensor([torch.nan, torch.nan, len(support), support.shape[1]], dtype=torch.float64)
        means = encode(support.flatten(0, 1)).view(*support.shape[:2], -1).mean(dim=1)
        nearest = torch.cdist(encode(query.flatten(0, 1)), means).argmin(dim=1)
        labels = torch.arange(len(query)).repeat_interleave(query.shape[1])
        shares.append((nearest == labels).double().mean())
        ways = max(ways, len(support))
    accuracies = torch.stack(shares)
    error = accuracies.std() / count**0.5 if count > 1 else torch.tensor(torch.nan)
    counted = [torch.tensor(float(number)).double() for number in (ways, episodes.shots)]
    return torch.stack([accuracies.mean(), error.double(), *counted])


def _possible(family: TaskFamily, shots: int, queries: int) -> tuple[int, int]:
    """Return the numbers of examples per class, made smaller until the family has so many; raise its `BadInput`."""
    while True:
        try:
            family.check(shots, queries)
            return shots, queries
        except BadInput:
            if shots == queries == 1:
                raise
            shots, queries = max(1, shots - 1), max(1, queries - 1)
