"""The images of a source as numbers, each decoded when it is first asked for and kept while there is room.

Whether an image is good is a fact about its file, so what is drawn depends on the data and never on what was read
before, or when.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from metagen_gui.engine.data.image_files.decode import Pixels, Shape, border, gray_peak, open_image, to_pixels
from metagen_gui.engine.data.image_files.eight_bits import used_white
from metagen_gui.engine.data.image_files.kinds import several_frames
from metagen_gui.engine.data.image_files.listing import Source, Unusable, counted, some

Polarity = Literal["auto", "keep", "invert"]
White = int | None | Literal["auto"]

CACHE_BYTES = 512 * 2**20
BYTES_AROUND_AN_IMAGE = 256
"""What Python and NumPy need to hold one array."""
LOOKED_AT_FOR_POLARITY = 25
TRIED_FOR_POLARITY = 100
"""A number of files and no amount of work: polarity must not depend on what was decoded before."""
SURVEYED_FILES = 1_000
LITTLE_RANGE = 64
"""Of 255: a quarter."""
SURVEYED_PIXELS = 100_000_000
"""About a second of decoding."""
COST_OF_A_BYTE = 0.3
"""Pixels that could be decoded while one byte is read and unpacked: files that give no pixels cost time, too."""


class ImageSet:
    """The images of `source` at one `shape` `(channels, height, width)`, by their index in its listing."""

    def __init__(
        self,
        source: Source,
        shape: Shape,
        polarity: Polarity = "auto",
        white: White = "auto",
        two_tone: bool = False,
    ) -> None:
        self.source = source
        self.shape = shape
        self.polarity = polarity
        self.two_tone = two_tone
        """Whether a model is to see no more of a pixel than on which side of the middle it lies."""
        self._white = white
        self.pages = list[str]()
        """Labels of files that hold more than the one picture that is read."""
        self.range_told: tuple[str, ...] = ()
        """What a survey has found of pictures that carry next to nothing, as sentences."""
        self.bad: dict[int, str] = {}
        """Why each image that turned out to be unusable is; it grows as images are first used."""
        self._kept: dict[int, Pixels] = {}
        self._room = CACHE_BYTES // (int(np.prod(shape)) + BYTES_AROUND_AN_IMAGE)
        self._decoded = 0.0
        """Pixels, and what reading cost in pixels."""

    def pixels(self, index: int) -> Pixels | None:
        """Return one image as stored, 0…255, or None if it cannot be used."""
        if (kept := self._kept.get(index)) is not None or index in self.bad:
            return kept
        try:
            data = self.source.read(self.source.listing.files[index])
            self._decoded += COST_OF_A_BYTE * len(data)
            image = open_image(data)
            self._decoded += image.width * image.height
            if several_frames(image):
                self.pages.append(self.source.listing.files[index].label)
            pixels = to_pixels(image, self.shape, self.white)
        except Unusable as error:
            self.bad[index] = str(error)
            return None
        if len(self._kept) < self._room:
            self._kept[index] = pixels
        return pixels

    def first_good(self, indices: Iterable[int], count: int, *, distinct: bool = False) -> npt.NDArray[np.float32]:
        """Return the first `count` usable images of `indices`, or as many as there are: `(n, *shape)` in [0, 1].

        With `distinct`, none that looks to a model like one before it, however differently the two are stored.
        """
        found: list[Pixels] = []
        met = set[bytes]()
        for index in indices:
            if len(found) == count:
                break
            if (pixels := self.pixels(int(index))) is None:
                continue
            seen = (pixels > 127 if self.two_tone else pixels).tobytes()
            if distinct and seen in met:
                continue
            met.add(seen)
            found.append(pixels)
        stacked = np.stack(found) if found else np.empty((0, *self.shape), np.uint8)
        return (255 - stacked if self.inverted else stacked).astype(np.float32) / np.float32(255)

    @cached_property
    def inverted(self) -> bool:
        """Whether black and white are exchanged, so that ink is 1: asked for, or found from bright borders of gray."""
        if self.polarity != "auto" or self.shape[0] != 1:
            return self.polarity == "invert"
        borders: list[float] = []
        for index in self._spread(TRIED_FOR_POLARITY):
            if len(borders) == LOOKED_AT_FOR_POLARITY:
                break
            if (pixels := self.pixels(index)) is not None:
                borders.append(float(np.median(border(pixels.transpose(1, 2, 0)))))
        return bool(borders) and float(np.median(borders)) > 127

    @cached_property
    def white(self) -> int | None:
        """The value that stands for white where gray pictures plainly use fewer bits than their files have."""
        if self._white != "auto":
            return self._white
        peaks = list[tuple[int, int]]()
        for index in self._spread(TRIED_FOR_POLARITY)[:LOOKED_AT_FOR_POLARITY]:
            try:
                found = gray_peak(open_image(self.source.read(self.source.listing.files[index])))
            except Unusable:
                continue
            if found is None or (used_white([*peaks, found]) is None and found[1]):
                return None
            peaks.append(found)
        return used_white(peaks)

    def survey(self) -> None:
        """Decode a sample, or everything where that is quick, so that bad files are known before a run starts."""
        for index in self._spread(SURVEYED_FILES):
            if self._decoded > SURVEYED_PIXELS:
                break
            self.pixels(index)
        self.range_told = _of_range([*self._kept.values()])

    def notices(self) -> tuple[str, ...]:
        """Return one line on the files that are skipped and one on those that are no images, where there are any."""
        listing, lines = self.source.listing, []
        files = len(listing.files) + len(listing.skipped)
        found = sorted((listing.files[index].label, why) for index, why in list(self.bad.items()))
        skipped = [f"{label} ({why})" for label, why in (*listing.skipped, *found)]
        if skipped:
            lines.append(f"{len(skipped):,} of {files:,} image files skipped: {some(skipped)}")
        if listing.others:
            others = counted(len(listing.others), "other file", "other files")
            lines.append(f"{others} ignored, not named as images: {some(sorted(listing.others))}")
        if self.pages:
            several = counted(len(self.pages), "file holds", "files hold")
            lines.append(f"{several} several pages or frames; only the first is read: {some(sorted(self.pages))}")
        lines += listing.told
        if self.white:
            lines.append(f"gray values go up to {self.white} and no further: that is taken for white")
        return (*lines, *self.range_told)

    def _spread(self, count: int) -> list[int]:
        """Return up to `count` indices, evenly over all of them, coarse before fine."""
        files = len(self.source.listing.files)
        even = np.unique(np.linspace(0, files - 1, min(count, files)).astype(int))
        stride = max(1, len(even) // LOOKED_AT_FOR_POLARITY)
        return [int(index) for start in range(stride) for index in even[start::stride]]


def _of_range(pictures: list[Pixels]) -> tuple[str, ...]:
    """Say where pictures `shape`, 0…255, carry next to nothing."""
    if not pictures:
        return ()
    looked_at, different = len(pictures), len({picture.tobytes() for picture in pictures})
    low, high = min(int(each.min()) for each in pictures), max(int(each.max()) for each in pictures)
    lines = []
    if all(each.min() == each.max() for each in pictures):
        lines.append(f"all of the {counted(looked_at, 'picture', 'pictures')} that were looked at are blank")
    elif high - low < LITTLE_RANGE:
        lines.append(f"the pictures use little of the range of 0 (black) to 1: {low / 255:.2f} to {high / 255:.2f}")
    if 2 * different < looked_at:
        lines.append(
            f"the {looked_at:,} pictures that were looked at are only {counted(different, 'picture', 'pictures')}"
        )
    return tuple(lines)
