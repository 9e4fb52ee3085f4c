"""How the encoder of images learns: by telling classes apart from a few examples of each.

Prototypical networks: Snell, Swersky & Zemel 2017, algorithm 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from metagen_gui.engine.data.spec import Array
from metagen_gui.engine.metrics.class_consistency import WAYS
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.tasks.base import STREAMS, Stream, TaskFamily

Tell = Callable[[int, int], object]
"""Hears how many episodes of how many are done."""
Network = Callable[[Tensor], Tensor]
"""Images `(n, channels, height, width)` to features `(n, numbers)`."""


@dataclass(frozen=True)
class EncoderSettings:
    """How the encoder is built and trained; an episode tells `ways` classes apart after `shots` examples of each."""

    channels: int = 16
    width: int = 128
    features: int = 64
    episodes: int = 600
    test_episodes: int = 20
    ways: int = WAYS
    shots: int = 5
    queries: int = 5
    learning_rate: float = 0.002


class Episodes:
    """The tasks of a family as episodes of several classes; the tasks of one class are one class.

    Where classes have too few images, fewer are taken of each: down to one to learn from and one to tell.
    """

    def __init__(self, family: TaskFamily, settings: EncoderSettings) -> None:
        self.family, self.ways = family, settings.ways
        self.shots, self.queries = _possible(family, settings.shots, settings.queries)
        self.next = dict.fromkeys(STREAMS, 0)

    def draw(self, stream: Stream) -> tuple[Tensor, Tensor]:
        """Return the next `(classes, shots, *shape)` and `(classes, queries, *shape)`; `ways` classes if there are."""
        found: dict[str, tuple[Array, Array]] = {}
        for _ in range(4 * self.ways):
            task = self.family.task(stream, self.next[stream], self.shots, self.queries)
            self.next[stream] += 1
            found.setdefault(task.name, (task.support, task.query))
            if len(found) == self.ways:
                break
        support, query = zip(*found.values(), strict=True)
        return torch.from_numpy(np.stack(support)), torch.from_numpy(np.stack(query))

    def digest(self, settings: EncoderSettings, version: int) -> str:
        """Return a name for what would be learned: it changes with the first training images and with the settings."""
        support, query = self.draw("train")
        self.next["train"] = 0
        told = hashlib.sha256(f"{version} {settings!r} {self.shots} {self.queries} {support.shape}".encode())
        told.update(support.numpy().tobytes() + query.numpy().tobytes())
        return told.hexdigest()[:24]


def train(network: nn.Module, encode: Network, episodes: Episodes, settings: EncoderSettings, tell: Tell) -> None:
    """Let `network`, which `encode` computes with, learn from the stream `train`; raise `BadInput` without classes."""
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.episodes)
    for episode in range(settings.episodes):
        support, query = episodes.draw("train")
        if len(support) < 2:
            raise BadInput("tasks", "there is one class to train with; to tell classes apart takes two at least")
        logits, labels = _told_apart(encode, support, query)
        optimizer.zero_grad()
        F.cross_entropy(logits, labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        rate.step()
        tell(episode + 1, settings.episodes)


@torch.no_grad()
def moments(encode: Network, episodes: Episodes, count: int = 16) -> tuple[Tensor, Tensor]:
    """Return the mean `(numbers,)` and the one deviation, over all dimensions, of the features of training images."""
    features = torch.cat([encode(part.flatten(0, 1)) for _ in range(count) for part in episodes.draw("train")])
    centre = features.mean(dim=0)
    return centre, (features - centre).square().mean().sqrt().clamp(min=1e-6)


@torch.no_grad()
def measure(encode: Network, episodes: Episodes, count: int) -> Tensor:
    """Return accuracy on held-out classes (stream `test`), its standard error over episodes, and the ways."""
    shares, ways = [], 0
    for _ in range(count):
        support, query = episodes.draw("test")
        if len(support) < 2:
            return torch.tensor([torch.nan, torch.nan, len(support)], dtype=torch.float64)
        logits, labels = _told_apart(encode, support, query)
        shares.append((logits.argmax(dim=1) == labels).double().mean())
        ways = max(ways, len(support))
    accuracies = torch.stack(shares)
    error = accuracies.std() / count**0.5 if count > 1 else torch.tensor(torch.nan)
    return torch.stack([accuracies.mean(), error.double(), torch.tensor(float(ways)).double()])


def _told_apart(encode: Network, support: Tensor, query: Tensor) -> tuple[Tensor, Tensor]:
    """Return logits `(classes · queries, classes)`, minus squared distances to the classes' means, and labels."""
    classes, shots = support.shape[:2]
    features = encode(torch.cat([support.flatten(0, 1), query.flatten(0, 1)]))
    prototypes = features[: classes * shots].view(classes, shots, -1).mean(dim=1)
    told = features[classes * shots :]
    apart = (told[:, None] - prototypes).square().sum(dim=2) / told.shape[1] ** 0.5
    return -apart, torch.arange(classes).repeat_interleave(query.shape[1])


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
