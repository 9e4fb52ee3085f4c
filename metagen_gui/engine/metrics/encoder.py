"""What images are compared by: features of a small network that has learned to tell the training classes apart.

A prototypical network (Snell, Swersky & Zemel 2017), trained on the stream `train` only, once per data set, and kept in
the user's cache folder. Unlike an Inception network trained on photographs it is small and at home in the data at hand,
and what it knows of held-out classes is measured and told. **Bias**: what fools it, fools the metrics; and blurred
samples, which it has never seen in training, need not come to lie between sharp ones. Points are their own features.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import appdirs
import numpy as np
import safetensors.torch
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from metagen_gui.engine.data.glyphs import kept
from metagen_gui.engine.data.spec import Array
from metagen_gui.engine.metrics.distances import Values
from metagen_gui.engine.metrics.encoder_training import EncoderSettings, Episodes, Tell, measure, moments, train
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.tasks.base import TaskFamily

VERSION = 2
"""Raise it whenever another network comes out of the same data: those kept by another version are not read."""
KEPT = 16
IMAGES_AT_ONCE = 256
SEED = 0
"""Of the tasks, so that runs of all seeds are measured by one encoder, and of the initial weights."""
LARGEST = 32
"""Pixels per side that the network sees: larger images are halved until they fit."""


@dataclass(frozen=True)
class Judged:
    """How many real examples of held-out classes the judge puts into the right one of `ways`; NaN without two classes.

    A class is told by the mean of `examples` of it; `error` is the standard error over episodes; chance is 1 / `ways`.
    """

    accuracy: float
    error: float
    ways: int
    examples: int

    @property
    def sentence(self) -> str:
        """What a reader of its figures has to know."""
        if self.ways < 2:
            return "How well is not known: there are no two held-out classes."
        told = f"{self.accuracy:.1%} ± {self.error:.1%}"
        known = f"Of {self.ways} held-out ones, each known by {self.examples} examples"
        return f"{known}, it puts {told} of real examples into the right one."


class Network(nn.Module):
    """Four convolutions, three of them strided, and a linear layer: images to features `(n, features)`.

    It judges by itself, one example at a time, and nothing is adapted through it: so it may normalise over a batch in
    training, with running statistics afterwards.
    """

    def __init__(self, shape: tuple[int, ...], channels: int, features: int) -> None:
        super().__init__()
        side = [*shape[1:]]
        self.halved = 0
        while max(side) > LARGEST:
            side, self.halved = [size // 2 for size in side], self.halved + 1
        layers: list[nn.Module] = []
        before = shape[0]
        for width, kernel, stride in ((1, 5, 2), (2, 3, 2), (2, 3, 1), (4, 3, 2)):
            conv = nn.Conv2d(before, channels * width, kernel, stride, kernel // 2, bias=False)
            layers += [conv, nn.BatchNorm2d(channels * width), nn.ReLU()]
            side, before = [-(-size // stride) for size in side], channels * width
        self.seen = nn.Sequential(*layers)
        self.out = nn.Linear(before * math.prod(side), features)

    def forward(self, images: Tensor) -> Tensor:
        """Return the features."""
        for _ in range(self.halved):
            images = F.avg_pool2d(images, 2)
        found: Tensor = self.out(self.seen(images).flatten(1))
        return found


class ImageEncoder:
    """Images `(n, channels, height, width)` to features `(n, numbers)`: mean 0 and variance 1 over training classes.

    One factor scales them all, so distances keep their proportions.
    """

    def __init__(self, shape: tuple[int, ...], settings: EncoderSettings) -> None:
        self.network = Network(shape, settings.channels, settings.features).eval()
        _begin(self.network, generator_for(SEED, "initialization"))
        self.centre, self.scale = torch.zeros(settings.features), torch.ones(())
        self.report = torch.full((4,), torch.nan, dtype=torch.float64)

    @property
    def judged(self) -> Judged:
        """How well it does on held-out classes."""
        accuracy, error, ways, examples = self.report.tolist()
        return Judged(accuracy, error, int(ways), int(examples))

    @torch.no_grad()
    def __call__(self, images: Array) -> Values:
        """Return the features of `images`, in float64 for what is computed from them."""
        given = torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32))
        raw = torch.cat([self.raw(part) for part in torch.split(given, IMAGES_AT_ONCE)])
        return np.asarray(((raw - self.centre) / self.scale).double().numpy())

    def raw(self, images: Tensor) -> Tensor:
        """Return the features before they are centred and scaled."""
        out: Tensor = self.network(images)
        return out

    def learn(self, episodes: Episodes, settings: EncoderSettings, tell: Tell) -> None:
        """Train on the stream `train`, find centre and scale there, and measure the accuracy on the stream `test`."""
        train(self.network, self.raw, episodes, settings, tell)
        self.centre, self.scale = moments(self.raw, episodes)
        self.report = measure(self.raw, episodes, settings.test_episodes)

    def to_bytes(self) -> bytes:
        """Return everything in the format of safetensors; the length depends on shape and settings alone."""
        own = {"centre": self.centre, "scale": self.scale, "report": self.report}
        named = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        data: bytes = safetensors.torch.save({**own, **named})
        return data

    def from_bytes(self, data: bytes) -> None:
        """Take over what `to_bytes` returned."""
        values = safetensors.torch.load(data)
        self.centre, self.scale, self.report = (values.pop(name) for name in ("centre", "scale", "report"))
        self.network.load_state_dict({name.removeprefix("network."): value for name, value in values.items()})


def _begin(network: nn.Module, generator: torch.Generator) -> None:
    """Give every weight its initial value: normal, with variance 2 over the number of inputs (He et al. 2015)."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.ndim > 1:
                spread = math.sqrt(2 / parameter[0].numel())
                parameter.copy_(spread * torch.randn(parameter.shape, generator=generator))
            elif name.endswith("bias"):
                parameter.zero_()


def features_of(family: TaskFamily, tell: Tell = lambda done, total: None) -> Callable[[Array], Values]:
    """Return what makes features of the family's examples: for points the points, for images a trained encoder."""
    if not family.spec.in_classes:
        return lambda points: np.asarray(points, dtype=np.float64).reshape(len(points), -1)
    return image_encoder(family, tell=tell)


def image_encoder(
    family: TaskFamily,
    settings: EncoderSettings | None = None,
    folder: Path | None = None,
    tell: Tell = lambda done, total: None,
) -> ImageEncoder:
    """Return the encoder for the images of `family`: from the cache (`folder`), or trained now and kept there.

    The family is opened anew with a seed of its own. Raises `BadInput` where there are not two classes to train on.
    """
    settings = settings or EncoderSettings()
    episodes = Episodes(type(family)(family.settings, SEED), settings)
    encoder = ImageEncoder(family.spec.shape, settings)
    root = folder or Path(appdirs.user_cache_dir("metagen", appauthor=False)) / "encoders"
    file = root / f"{episodes.digest(settings, VERSION)}.encoder"
    found = kept.read(file, len(encoder.to_bytes()))
    if found is not None:
        encoder.from_bytes(found)
        file.touch()
        return encoder
    encoder.learn(episodes, settings, tell)
    _leave_room(root)
    kept.write(file, encoder.to_bytes())
    return encoder


def _leave_room(root: Path) -> None:
    """Forget encoders that were not used for longest: trying many data sets must not fill the disk."""
    with suppress(OSError):
        files = sorted(root.glob("*.encoder"), key=lambda file: file.stat().st_mtime)
        for file in files[: max(len(files) - KEPT + 1, 0)]:
            file.unlink()
