"""What one example is: a picture or a point of the plane, and all that follows from which."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


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
    def in_words(self) -> str:
        """What to say of values after the shape of an example, such as " with values from 0 to 1"."""
        return f" with values from {self.bounds[0]:g} to {self.bounds[1]:g}" if self.bounds else ""


@dataclass(frozen=True)
class ImageSpec(DataSpec):
    """Pictures `(channels, height, width)` with values in [0, 1]."""

    kind = "images"
    bounds = (0.0, 1.0)
    has_pixels = True
    in_classes = True

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
