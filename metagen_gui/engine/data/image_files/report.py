"""What a folder or zip of images gives, looked at before anything is trained on it.

Every image is decoded once by the rules of the task family `images`, and nothing of it is kept but what is said here.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from metagen_gui.engine.data.image_files.contents import contents_of, without_copies
from metagen_gui.engine.data.image_files.decode import Pixels, Shape, open_image, to_pixels
from metagen_gui.engine.data.image_files.eight_bits import Storage, visible
from metagen_gui.engine.data.image_files.given_split import Part
from metagen_gui.engine.data.image_files.image_set import ImageSet, Polarity
from metagen_gui.engine.data.image_files.kinds import Kind, kind_of
from metagen_gui.engine.data.image_files.layout import Layout, arrange
from metagen_gui.engine.data.image_files.listing import ImageFile, Source, Unusable, counted
from metagen_gui.engine.data.image_files.sources import open_source
from metagen_gui.engine.data.spec import ImageSpec, PixelKind
from metagen_gui.engine.settings.plain_text import shortened

ReadProgress = Callable[[int, int], bool]
"""Takes how many files were met or read, and of how many (0 while they are still being listed); whether to go on."""

THUMBNAIL = 96
STRIDE = 64


class Skipped(NamedTuple):
    """A file that is left out: its name as a person may read it, and why."""

    name: str
    reason: str


class ClassCount(NamedTuple):
    """A class and how many images of it are not known to be bad."""

    name: str
    part: Part
    images: int


@dataclass(frozen=True)
class KindRead:
    """One kind of image that was met, with its first example."""

    kind: Kind
    count: int
    name: str
    before: Pixels
    """The picture as it is, `(height, width, 4)`, RGBA, at most 96 pixels wide and high; not turned yet."""
    after: Pixels
    """What a model is given of it, `shape`, 0…255; inverted where that is how the images are read."""


@dataclass(frozen=True)
class ImportReport:
    """What was found."""

    place: str
    files: int
    """Names of images that were found, those that are skipped included."""
    read: int
    """Files that were opened and judged; fewer than there are if the look was stopped."""
    to_read: int
    skipped: tuple[Skipped, ...]
    others: tuple[str, ...]
    """Names of files that do not claim to be images."""
    classes: tuple[ClassCount, ...]
    kinds: tuple[KindRead, ...]
    """Most frequent first."""
    inverted: bool
    notes: tuple[str, ...]
    """What else a person should know: of the split, of copies."""

    @property
    def complete(self) -> bool:
        """Whether every file was read."""
        return self.read == self.to_read

    @property
    def good(self) -> int:
        """Return how many images can be used, as far as they were read."""
        return sum(kind.count for kind in self.kinds)

    @property
    def spread(self) -> tuple[int, float, int]:
        """Return the least, the median and the greatest number of images of a class."""
        counts = [one.images for one in self.classes]
        return min(counts), float(np.median(counts)), max(counts)

    def summary(self) -> str:
        """Say in two or three sentences what was found."""
        low, middle, high = self.spread
        number = counted(len(self.classes), "class", "classes")
        per_class = f"{counted(low, 'image', 'images')} each"
        if low < high:
            per_class = f"{low:,} to {high:,} images each, median {middle:,g}"
        said = [f"{counted(self.good, 'image', 'images')} can be used, in {number} ({per_class})."]
        if self.skipped:
            said.append(f"{len(self.skipped):,} of {counted(self.files, 'file', 'files')} skipped.")
        if not self.complete:
            said.append(f"Stopped after {self.read:,} of {self.to_read:,}.")
        return " ".join(said)


def look_at_images(
    path: str | Path,
    shape: Shape,
    polarity: Polarity = "auto",
    arranged: Callable[[Sequence[ImageFile]], Layout] = arrange,
    *,
    where: str = "path",
    progress: ReadProgress | None = None,
    pixels: PixelKind = "grey",
) -> ImportReport:
    """Read every image below `path` at `shape` `(1 or 3, height, width)`, and tell; models are given such `pixels`.

    `arranged` sorts the files into classes. When `progress` says to stop, what was read until then is told; `Stopped`
    is raised if the files were not even listed. Raises `BadInput` for `where` if there is nothing to read.
    """
    listing_progress = None if progress is None else lambda met: progress(met, 0)
    with closing(open_source(path, where, progress=listing_progress)) as source:
        images = ImageSet(source, shape, polarity)
        reading = _Reading(source, images, ImageSpec(shape, pixels), progress)
        reading.read_all()
        layout = arranged(source.listing.files)
        if reading.complete:
            return reading.report(*without_copies(layout, contents_of(source), source))
        return reading.report(layout)


class _Reading:
    def __init__(self, source: Source, images: ImageSet, spec: ImageSpec, progress: ReadProgress | None) -> None:
        self.source, self.images, self.spec = source, images, spec
        self._progress = progress
        self.bad: dict[int, str] = {}
        self._counts: dict[Kind, int] = {}
        self._examples: dict[Kind, tuple[str, Pixels, Pixels]] = {}
        self._read = 0

    def read_all(self) -> None:
        """Read until the end, or until told to stop."""
        files = len(self.source.listing.files)
        for index in _scattered(files):
            if self._progress is not None and not self._progress(self._read, files):
                return
            self._read_one(index)
            self._read += 1

    def _read_one(self, index: int) -> None:
        file = self.source.listing.files[index]
        try:
            data = self.source.read(file)
            image = open_image(data)
            kind = kind_of(image)
            kind = kind._replace(format=self.source.stored_as or kind.format)
            after = to_pixels(image, self.images.shape, self.images.white)
            if kind not in self._examples:
                self._examples[kind] = shortened(file.label), original(data), after
            self._counts[kind] = self._counts.get(kind, 0) + 1
        except Unusable as error:
            self.bad[index] = str(error)

    @property
    def complete(self) -> bool:
        """Whether every file was read."""
        return self._read == len(self.source.listing.files)

    def report(self, layout: Layout, copies: tuple[str, ...] = ()) -> ImportReport:
        """Put together what was found; `copies` says which pictures are there more than once."""
        listing, inverted = self.source.listing, self.images.inverted
        found = ((listing.files[index].label, why) for index, why in self.bad.items())
        counts = [
            ClassCount(one.name, part, sum(member not in self.bad for member in one.members))
            for part, classes in layout.streams.items()
            for one in classes
        ]
        kinds = [
            KindRead(kind, self._counts[kind], name, before, self._as_given(255 - after if inverted else after))
            for kind, (name, before, after) in self._examples.items()
        ]
        return ImportReport(
            self.source.label,
            files=len(listing.files) + len(listing.skipped),
            read=self._read,
            to_read=len(listing.files),
            skipped=tuple(sorted(Skipped(*each) for each in (*listing.skipped, *found))),
            others=tuple(sorted(listing.others)),
            classes=tuple(sorted(counts)),
            kinds=tuple(sorted(kinds, key=lambda kind: -kind.count)),
            inverted=inverted,
            notes=(*listing.told, *layout.notices(), *copies),
        )

    def _as_given(self, pixels: Pixels) -> Pixels:
        grey = pixels.astype(np.float32) / np.float32(255)
        return self.spec.to_show(self.spec.as_given(grey, np.random.default_rng(0)))


def original(data: bytes) -> Pixels:
    """Return a picture small, but neither turned nor laid on white: `(height, width, 4)`; raise `Unusable`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = open_image(data)
        try:
            image.draft(None, (2 * THUMBNAIL, 2 * THUMBNAIL))
            storage = Storage.of(image)
            image.load()
            small = visible(image, storage).convert("RGBA")
            small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
        except Exception:  # as in `to_pixels`
            raise Unusable("damaged") from None
    pixels: npt.NDArray[np.uint8] = np.asarray(small).copy()
    return pixels


def _scattered(files: int) -> Iterator[int]:
    """Iterate over all indices so that the beginning is already a sample of the whole."""
    for start in range(STRIDE):
        yield from range(start, files, STRIDE)
