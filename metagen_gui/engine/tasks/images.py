"""A person's own images: one task is one class, drawn from a folder or a zip that is read in place.

Any folder that holds images is a class. Omniglot's layout (alphabet/character/drawing) is one case of that: its classes
are held out by alphabet, as in Lake et al. (2015).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from metagen_gui.engine.data.image_files import read_images
from metagen_gui.engine.data.image_files.contents import Contents, contents_of, shared_classes, without_copies
from metagen_gui.engine.data.image_files.decode import Shape
from metagen_gui.engine.data.image_files.earlier_split import arrange_as_before
from metagen_gui.engine.data.image_files.image_set import ImageSet, Polarity, White
from metagen_gui.engine.data.image_files.kept_streams import NOT_COMPARED, NOT_KEPT, KeptStreams
from metagen_gui.engine.data.image_files.layout import SHARE, ImageClass, Layout, arrange
from metagen_gui.engine.data.image_files.listing import Source, counted, some
from metagen_gui.engine.data.image_files.progress import Stopped
from metagen_gui.engine.data.image_files.read import MOST_IMAGES
from metagen_gui.engine.data.image_files.report import ImportReport, ReadProgress, look_at_images
from metagen_gui.engine.data.image_files.sources import open_source
from metagen_gui.engine.data.spec import Array, ImageSpec, PixelKind, pixels_setting
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Config, setting
from metagen_gui.engine.settings.plain_text import shortened
from metagen_gui.engine.tasks.base import STREAMS, Stream, Task, TaskFamily, task_families

WHERE = "tasks.path"
PURPOSE: dict[Stream, str] = {"train": "train on", "validation": "validate with", "test": "test with"}


class ImagesSettings(Config):
    """Which images, and how they are brought to one form."""

    path: str = setting(
        "",
        "Folder or zip of images, one folder per class, or arrays: .npz or .npy of NumPy, IDX as MNIST has. It is read "
        "in place.",
        path=True,
    )
    size: Literal[16, 28, 32, 64] = setting(28, "Height and width that every image is brought to.", unit="px")
    colour: Literal["gray", "rgb"] = setting("gray", "One channel or three.", titles={"rgb": "RGB"})
    pixels: PixelKind = pixels_setting()
    polarity: Literal["auto", "keep", "invert"] = setting(
        "auto", "Which end is ink (1): auto inverts gray images with a bright border, keep and invert are your word."
    )
    split_by: Literal["auto", "class", "group"] = setting(
        "auto",
        "What is held out for validation and test: classes, or whole groups of them (the folders above, such as "
        "alphabets); auto takes groups where there are five. Folders called train, val and test go before this.",
        label="Hold out by",
        expert=True,
    )
    held_out: float = setting(
        SHARE,
        "Share of the classes (or groups) held out for validation, and as much again for testing. Where each belongs "
        "follows from its name, so that more pictures or classes move none.",
        low=0.05,
        high=0.4,
        expert=True,
    )
    turned: bool = setting(
        False, "Turn every second task of training by a quarter, a half or three quarters: as good as more classes."
    )

    @property
    def shape(self) -> Shape:
        """The shape of one image, `(channels, height, width)`."""
        return 1 if self.colour == "gray" else 3, self.size, self.size


def look_at(settings: ImagesSettings, progress: ReadProgress | None = None) -> ImportReport:
    """Read every image that `settings` choose, and tell what was found, what is skipped and why.

    Raises `BadInput` if there is nothing to read, `Stopped` if `progress` ends the look before anything was.
    """
    return look_at_images(
        settings.path,
        settings.shape,
        settings.polarity,
        lambda files: arrange(files, settings.split_by, settings.held_out),
        where=WHERE,
        progress=progress,
        pixels=settings.pixels,
    )


@task_families.register("images")
class Images(TaskFamily):
    """Classes of the user's own images."""

    title = "Images"
    summary = "A folder or zip of your own, a folder per class, or arrays; Omniglot, MNIST and QuickDraw as published."
    reference = "https://doi.org/10.1126/science.aab3050"
    Settings = ImagesSettings
    shape_settings = ("size", "colour", "pixels")
    reads_images = True
    settings: ImagesSettings

    @classmethod
    def spec_of(cls, settings: ImagesSettings) -> ImageSpec:
        """Return the channels and the size of an image, and which pixels it has."""
        return ImageSpec(settings.shape, settings.pixels)

    @classmethod
    def look_at(cls, settings: ImagesSettings, progress: ReadProgress | None = None) -> ImportReport:
        """Read every image once and tell what was found."""
        return look_at(settings, progress)

    def __init__(self, settings: ImagesSettings, seed: int) -> None:
        super().__init__(settings, seed)
        self.spec: ImageSpec = self.spec_of(settings)
        self._kept: KeptStreams | None = None
        self._needed = 0

    @cached_property
    def source(self) -> Source:
        """The folder or zip; raises `BadInput` if there is nothing in it. It is not opened before it is needed."""
        return open_source(self.settings.path, WHERE)

    @cached_property
    def contents(self) -> Contents:
        """What the files hold, undecoded."""
        return contents_of(self.source)

    @cached_property
    def images(self) -> ImageSet:
        """The images as numbers."""
        return ImageSet(self.source, self.settings.shape, self._polarity, self._white, self.spec.pixels == "binary")

    @property
    def _white(self) -> White:
        return "auto" if self._kept is None else self._kept.white

    @property
    def _polarity(self) -> Polarity:
        """Which end is ink: as the run found it that was recalled, or as a person says."""
        if self._kept is None or self._kept.inverted is None:
            return self.settings.polarity
        return "invert" if self._kept.inverted else "keep"

    @property
    def _as_before(self) -> bool:
        """Whether a run from before runs kept their streams is looked at: its tasks have to be those that it had."""
        return self._kept is not None and self._kept.rule == "dealt"

    @property
    def groups_are(self) -> str:
        """What is held out as one."""
        return "groups of classes" if self.layout.whole_groups else "classes"

    @property
    def layout(self) -> Layout:
        """The classes that tasks are drawn from, by stream."""
        return self._arranged[1]

    @cached_property
    def _arranged(self) -> tuple[Layout, Layout, tuple[str, ...], str]:
        """All classes by stream, those without copies of pictures, what there is to say of copies, and of changes."""
        files, chosen, kept = self.source.listing.files, self.settings, self._kept
        every, changed = arrange(files, chosen.split_by, chosen.held_out), ""
        if self._as_before:
            every = arrange_as_before(files, chosen.split_by)
        if kept is not None and kept.streams:
            every, changed = kept.recall(every, self._digest, self.contents.compared)
        distinct, told = (every, ()) if self._as_before else without_copies(every, self.contents, self.source)
        return every, distinct, told, changed

    def task(self, stream: Stream, index: int, shots: int, query_size: int) -> Task:
        """Return task `index` of `stream`: distinct images of one class that has enough good ones."""
        needed, random = shots + query_size, self.generator(stream, index)
        classes = self._large_enough(stream, needed)
        for choice in random.permutation(len(classes)):
            members = random.permutation(classes[choice].members)
            found = self.images.first_good(members, needed, distinct=not self._as_before)
            if len(found) == needed:
                found, chosen = self.spec.as_given(found, random), classes[choice]
                if self.settings.turned and stream == "train" and random.random() < 0.5:
                    found = np.ascontiguousarray(np.rot90(found, int(random.integers(1, 4)), axes=(2, 3)))
                group = chosen.group if self.layout.whole_groups else chosen.name
                return Task(shortened(chosen.name), found[:shots], found[shots:], group)
        raise self._too_few((stream,), needed)

    def check(self, shots: int, query_size: int) -> None:
        """Raise `BadInput` if a stream has no class with `shots + query_size` images that can be read."""
        self._needed = needed = shots + query_size
        self.images.survey()
        if lacking := tuple(stream for stream in STREAMS if not self._large_enough(stream, needed)):
            raise self._too_few(lacking, needed)
        for stream in STREAMS:
            self.task(stream, 0, shots, query_size)

    def foresee(self) -> None:
        """Raise `BadInput` if there is no folder or zip; it is not looked through."""
        with suppress(Stopped):
            open_source(self.settings.path, WHERE, progress=lambda *_: False)

    def read(self, path: str | Path, where: str, most: int = MOST_IMAGES) -> tuple[Array, tuple[str, ...]]:
        """Return pictures with black and white as in the run that was recalled, so that one reads the same in both."""
        polarity, told = self._polarity, list[str]()
        if polarity == "auto":
            try:
                polarity = "invert" if self.images.inverted else "keep"
            except BadInput:  # a run from before this was kept, whose own pictures are gone
                told.append("which end is ink was found from these pictures, as those of training are not there")
        found, notices = read_images(path, self.spec, polarity=polarity, white=self._white, where=where, most=most)
        return found, (*notices, *told)

    def notices(self) -> tuple[str, ...]:
        """Return what a person should know; skipped files are added as they are first met in a run."""
        every, _, copies, _ = self._arranged
        lines = [*self.doubts(), *self.images.notices(), *every.notices(), *copies]
        good = [(one.name, self._good(one)) for one in self.layout.classes]
        small = sorted(f"{name}: {count}" for name, count in good if count < self._needed)
        if small:
            lines.append(
                f"{counted(len(small), 'class', 'classes')} left out: fewer than {self._needed} images ({some(small)})"
            )
        if self.settings.polarity == "auto" and self.images.inverted:
            lines.append(
                "the images look like dark ink on light paper and are read inverted; choose Polarity to change that"
            )
        return tuple(lines)

    def kept(self) -> dict[str, Any]:
        """Return the classes of every stream with a digest of their pictures, and how they are read."""
        kept, changes = self._kept or KeptStreams(rule="by name"), [*self.doubts()]
        read = {"inverted": self.images.inverted, "white": self.images.white}
        return kept.now(self._arranged[0], self._digest, self.contents.compared, changes=changes, **read)

    def recall(self, kept: Mapping[str, Any]) -> None:
        """Hold out the classes that a run held out, and read pictures as it did."""
        self._kept = KeptStreams.read(kept)
        for known in ("images", "_arranged"):
            self.__dict__.pop(known, None)

    def doubts(self) -> tuple[str, ...]:
        """Say what has changed since the run whose data was recalled, or that this is not known."""
        if self._kept is None:
            return ()
        changed = self._arranged[3] if self._kept.streams else NOT_KEPT
        unseen = "" if self.contents.compared and self._kept.compared else NOT_COMPARED
        return tuple(dict.fromkeys((*self._kept.changes, *filter(None, [changed, unseen]))))

    def seen_by(self, other: TaskFamily) -> tuple[str, ...]:
        """Return the classes held out for testing that `other` trains on or validates with, by name or by pictures."""
        if not isinstance(other, Images):
            return ()
        mine, theirs = self._arranged[0], other._arranged[0]
        used = theirs.before_testing
        names, digests = {one.name for one in used} - {*mine.shared}, set[str]()
        if self.contents.compared and other.contents.compared:  # sizes alone say nothing
            digests = {other._digest(one) for one in used}
        held = mine.streams["test"]
        return tuple(one.name for one in held if one.name in names or self._digest(one) in digests)

    def seen_elsewhere(self, other: TaskFamily) -> tuple[str, ...] | None:
        """Return the classes held out for testing with a picture, by its bytes, that `other` uses before testing."""
        if not isinstance(other, Images):
            return super().seen_elsewhere(other)
        used = [member for one in other.layout.before_testing for member in one.members]
        held = self.layout.streams["test"]
        return shared_classes(held, self.contents, self.source, used, other.contents, other.source)

    def _digest(self, one: ImageClass) -> str:
        return self.contents.digest(one.members)

    def _large_enough(self, stream: Stream, needed: int) -> list[ImageClass]:
        # By what is listed, not by what was found good so far: otherwise a task would depend on what was read before.
        return [one for one in self.layout.streams[stream] if len(one.members) >= needed]

    def _good(self, one: ImageClass) -> int:
        return sum(member not in self.images.bad for member in one.members)

    def _too_few(self, lacking: tuple[Stream, ...], needed: int) -> BadInput:
        """Say in one line what is missing, and what would help."""
        source, classes = self.source, self.layout.classes
        enough = sum(self._good(one) >= needed for one in classes)
        largest = max(self._good(one) for one in classes)
        have = f"{source.label} has {counted(enough, 'class', 'classes')} with {needed} or more images"
        if len(classes) == 1 and not source.listing.files[0].folder:
            why = f"{source.label} holds images but no folders of images, one per class; choose the folder above it"
        elif self.images.bad and len(self.images.bad) == len(source.listing.files):
            why = f"{source.label}: {len(self.images.bad):,} of {len(self.images.bad):,} images cannot be read"
            first = min(self.images.bad)
            why += f"; the first: {shortened(source.listing.files[first].label)} ({self.images.bad[first]})"
        elif enough < len(STREAMS):
            why = f"{have}; at least 3 are needed (one each to train, validate, test); the largest class has {largest}"
        else:
            use = " or ".join(PURPOSE[stream] for stream in lacking)
            why = f"{have}, but none to {use}"
            why += "; hold out by class instead of by group" if self.layout.grouped else ""
        return BadInput(WHERE, "; ".join([why, *self._arranged[2], *self.images.range_told]))
