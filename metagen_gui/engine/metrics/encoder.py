"""What images are compared by: features of a small network that has learned to tell the training classes apart.

A prototypical network (Snell, Swersky & Zemel 2017), trained on the stream `train` only, once per data set, and kept in
the user's cache folder. Unlike an Inception network trained on photographs it is small and at home in the data at hand,
and what it knows of held-out classes is measured and told. **Bias**: what fools it, fools the metrics; and blurred
samples, which it has never seen in training, need not come to lie between sharp ones. Points are their own features.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import appdirs
import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from metagen_gui.engine.data.glyphs import kept
from metagen_gui.engine.data.spec import Array
from metagen_gui.engine.metrics.distances import Values
from metagen_gui.engine.metrics.encoder_training import EncoderSettings, Episodes, Tell, measure, moments, train
from metagen_gui.engine.networks.context_networks import ConvEncoder, initial_values
from metagen_gui.engine.tasks.base import TaskFamily

VERSION = 1
"""Raise it whenever another network comes out of the same data: those kept by another version are not read."""
KEPT = 16
IMAGES_AT_ONCE = 256
SEED = 0
"""Of the tasks, so that runs of all seeds are measured by one encoder, and of the initial weights."""


class ImageEncoder:
    """Images `(n, channels, height, width)` to features `(n, numbers)`: mean 0 and variance 1 over training classes.

    One factor scales them all, so distances keep their proportions.
    """

    def __init__(self, shape: tuple[int, ...], settings: EncoderSettings) -> None:
        self.network = ConvEncoder(shape, settings.channels, settings.width, settings.features, 0, "silu")
        self.network.load_state_dict(initial_values(self.network, torch.Generator().manual_seed(SEED)))
        self.centre, self.scale = torch.zeros(settings.features), torch.ones(())
        self.report = torch.full((3,), torch.nan, dtype=torch.float64)

    @property
    def accuracy(self) -> float:
        """The share of held-out examples put into the right one of `ways` classes; NaN where there are no two."""
        return float(self.report[0])

    @property
    def error(self) -> float:
        """The standard error of `accuracy`, over episodes."""
        return float(self.report[1])

    @property
    def ways(self) -> int:
        """How many classes `accuracy` is about; chance is 1 over it."""
        return int(self.report[2].nan_to_num())

    @torch.no_grad()
    def __call__(self, images: Array) -> Values:
        """Return the features of `images`, in float64 for what is computed from them."""
        given = torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32))
        raw = torch.cat([self.raw(part) for part in torch.split(given, IMAGES_AT_ONCE)])
        return np.asarray(((raw - self.centre) / self.scale).double().numpy())

    def raw(self, images: Tensor) -> Tensor:
        """Return the features before they are centred and scaled."""
        out: Tensor = self.network(images, images.new_zeros(0))
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
