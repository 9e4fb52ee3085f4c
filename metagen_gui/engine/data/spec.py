"""What one example is: a picture or a point of the plane, and all that follows from which."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from metagen_gui.engine.settings.config import setting

Array = npt.NDArray[np.float32]
PixelKind = Literal["grey", "binary", "drawn"]


@dataclass(frozen=True)
class DataSpec(ABC):
    """What one example is: an array of this `shape`. Whatever depends on the kind of data is asked of its subclass."""

    shape: tuple[int, ...]

    kind: ClassVar[str]
    """What the examples are called, to people and in files: "images"."""
    bounds: ClassVar[tuple[float, float] | None] = None
    """The range that every value lies in, or None where there is none."""
    has_pixels: ClassVar[bool] = False
    """Whether an example is `(channels, height, width)`, so that a network may convolve it."""
    in_plane: ClassVar[bool] = False
    """Whether an example is a place in the plane, so that fields, densities and curves can be drawn behind it."""
    in_classes: ClassVar[bool] = False
    """Whether tasks are classes of things: features that tell them apart are learned, and tasks of one class kept
    together where scores are compared. Otherwise the numbers of an example are its features."""
    free_samples: ClassVar[int] = 0
    """How many samples are made of a task where they cost next to nothing, so that modes can be counted; or 0."""

    @abstractmethod
    def is_possible(self) -> bool:
        """Return whether one example can be of this shape; sides are limited so that a lie stays cheap to find out."""

    @abstractmethod
    def to_show(self, values: Array) -> npt.NDArray[Any]:
        """Return examples `(…, *shape)` in the form in which they are kept to be looked at."""

    @property
    def binary(self) -> bool:
        """Whether every value of the data is 0 or 1, so that a probability of them is one."""
        return False

    @property
    def in_words(self) -> str:
        """What to say of values after the shape of an example, such as " with values from 0 to 1"."""
        return f" with values from {self.bounds[0]:g} to {self.bounds[1]:g}" if self.bounds else ""

    def __str__(self) -> str:
        return f"{self.kind} of shape {' × '.join(map(str, self.shape))}"


def pixels_setting() -> Any:
    """Declare the setting `pixels` of a task family whose examples are pictures, a `PixelKind`."""
    return setting(
        "grey",
        "Grey values as they are; 0 or 1 by whether they are above one half; or 0 and 1 drawn anew in every task, 1 as "
        "probably as a pixel is bright. Only of 0 and 1 is the loss of a VAE a bound of a likelihood.",
        titles={"binary": "binary: above one half", "drawn": "binary: drawn anew"},
    )


@dataclass(frozen=True)
class ImageSpec(DataSpec):
    """Pictures `(channels, height, width)` with values in [0, 1]; `pixels` says which of these there are."""

    pixels: PixelKind = "grey"

    kind = "images"
    bounds = (0.0, 1.0)
    has_pixels = True
    in_classes = True

    @property
    def binary(self) -> bool:
        """Whether every pixel is 0 or 1."""
        return self.pixels != "grey"

    @property
    def in_words(self) -> str:
        """What to say of pixels; those of samples may be probabilities."""
        return super().in_words + (", in training 0 or 1" if self.binary else "")

    def __str__(self) -> str:
        return f"{super().__str__()}, {'0 or 1' if self.binary else 'grey'}"

    def as_given(self, grey: Array, random: np.random.Generator) -> Array:
        """Return grey pixels as these pictures have them; only drawn ones take anything of `random`."""
        if not self.binary:
            return grey
        at = random.random(grey.shape, np.float32) if self.pixels == "drawn" else np.full(1, 0.5, np.float32)
        return np.greater(grey, at).astype(np.float32)

    def is_possible(self) -> bool:
        """Return whether there are one or three channels, and sides of 4 to 4096 pixels."""
        return len(self.shape) == 3 and self.shape[0] in (1, 3) and all(4 <= side <= 4096 for side in self.shape[1:])

    def to_show(self, values: Array) -> npt.NDArray[np.uint8]:
        """Return pixels of 0 to 255."""
        return (np.nan_to_num(values).clip(0, 1) * 255).round().astype(np.uint8)


@dataclass(frozen=True)
class PointSpec(DataSpec):
    """Points of the plane, `(2,)`."""

    shape: tuple[int, ...] = (2,)

    kind = "points"
    in_plane = True
    free_samples = 256

    def is_possible(self) -> bool:
        """Return whether there are two coordinates."""
        return self.shape == (2,)

    def to_show(self, values: Array) -> Array:
        """Return the coordinates."""
        return values.astype(np.float32)


KINDS: dict[str, type[DataSpec]] = {spec.kind: spec for spec in (ImageSpec, PointSpec)}
"""The kinds of data of MetaGen itself; a task family may bring one of its own."""
