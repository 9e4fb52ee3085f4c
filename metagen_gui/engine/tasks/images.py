"""A person's own images: one task is one class, drawn from a folder or a zip that is read in place.

Any folder that holds images is a class. Omniglot's layout (alphabet/character/drawing) is one case of that: its classes
are held out by alphabet, as in Lake et al. (2015).
"""

from __future__ import annotations

from typing import Literal

from metagen_gui.engine.data.image_files.decode import Shape
from metagen_gui.engine.data.image_files.image_set import ImageSet
from metagen_gui.engine.data.image_files.layout import ImageClass, arrange
from metagen_gui.engine.data.image_files.listing import counted, some
from metagen_gui.engine.data.image_files.report import ImportReport, ReadProgress, look_at_images
from metagen_gui.engine.data.image_files.sources import open_source
from metagen_gui.engine.data.spec import ImageSpec
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Config, setting
from metagen_gui.engine.settings.plain_text import shortened
from metagen_gui.engine.tasks.base import STREAMS, Stream, Task, TaskFamily, task_families

WHERE = "tasks.path"
PURPOSE: dict[Stream, str] = {"train": "train on", "validation": "validate with", "test": "test with"}


class ImagesSettings(Config):
    """Which images, and how they are brought to one form."""

    path: str = setting("", "Folder or zip of images, one folder per class; it is read in place.", path=True)
    size: Literal[16, 28, 32, 64] = setting(28, "Height and width that every image is brought to.", unit="px")
    colour: Literal["gray", "rgb"] = setting("gray", "One channel or three.")
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

    @property
    def shape(self) -> Shape:
        """The shape of one image, `(channels, height, width)`."""
        return 1 if self.colour == "gray" else 3, self.size, self.size


def look_at(settings: ImagesSettings, progress: ReadProgress | None = None) -> ImportReport:
    """Read every image that `settings` choose, and tell what was found, what is skipped and why.

    Raises `BadInput` if there is nothing to read, `Stopped` if `progress` ends the look before anything was.
    """
    return look_at_images(
        settings.path, settings.shape, settings.polarity, settings.split_by, where=WHERE, progress=progress
    )


@task_families.register("images")
class Images(TaskFamily):
    """Classes of the user's own images."""

    title = "Images"
    summary = "A folder or zip of your own, one folder per class; Omniglot as published works too."
    reference = "https://doi.org/10.1126/science.aab3050"
    Settings = ImagesSettings
    shape_settings = ("size", "colour")
    settings: ImagesSettings

    @classmethod
    def spec_of(cls, settings: ImagesSettings) -> ImageSpec:
        """Return the channels and the size of an image."""
        return ImageSpec(settings.shape)

    def __init__(self, settings: ImagesSettings, seed: int) -> None:
        super().__init__(settings, seed)
        source = open_source(settings.path, WHERE)
        self.spec = self.spec_of(settings)
        self.images = ImageSet(source, settings.shape, settings.polarity)
        self.layout = arrange(source.listing.files, settings.split_by)
        self.groups_are = "groups of classes" if self.layout.whole_groups else "classes"
        self._needed = 0

    def task(self, stream: Stream, index: int, shots: int, query_size: int) -> Task:
        """Return task `index` of `stream`: distinct images of one class that has enough good ones."""
        needed, random = shots + query_size, self.generator(stream, index)
        classes = self._large_enough(stream, needed)
        for choice in random.permutation(len(classes)):
            found = self.images.first_good(random.permutation(classes[choice].members), needed)
            if len(found) == needed:
                chosen = classes[choice]
                group = chosen.group if self.layout.whole_groups else chosen.name
                return Task(shortened(chosen.name), found[:shots], found[shots:], group)
        raise self._too_few((stream,), needed)

    def check(self, shots: int, query_size: int) -> None:
        """Raise `BadInput` if a stream has no class with `shots + query_size` images that can be read."""
        self._needed = needed = shots + query_size
        if lacking := tuple(stream for stream in STREAMS if not self._large_enough(stream, needed)):
            raise self._too_few(lacking, needed)
        self.images.survey()
        for stream in STREAMS:
            self.task(stream, 0, shots, query_size)

    def notices(self) -> tuple[str, ...]:
        """Return what a person should know; skipped files are added as they are first met in a run."""
        lines = [*self.images.notices()]
        good = [(one.name, self._good(one)) for one in self.layout.classes]
        small = sorted(f"{name}: {count}" for name, count in good if count < self._needed)
        if small:
            lines.append(
                f"{counted(len(small), 'class', 'classes')} left out: fewer than {self._needed} images ({some(small)})"
            )
        if self.layout.shared:
            names = some(self.layout.shared)
            lines.append(
                f"train, val and test share classes ({names}): held-out tasks show new images, not new classes"
            )
        if self.settings.polarity == "auto" and self.images.inverted:
            lines.append(
                "the images look like dark ink on light paper and are read inverted; choose Polarity to change that"
            )
        return tuple(lines)

    def _large_enough(self, stream: Stream, needed: int) -> list[ImageClass]:
        # By what is listed, not by what was found good so far: otherwise a task would depend on what was read before.
        return [one for one in self.layout.streams[stream] if len(one.members) >= needed]

    def _good(self, one: ImageClass) -> int:
        return sum(member not in self.images.bad for member in one.members)

    def _too_few(self, lacking: tuple[Stream, ...], needed: int) -> BadInput:
        """Say in one line what is missing, and what would help."""
        source, classes = self.images.source, self.layout.classes
        enough = sum(self._good(one) >= needed for one in classes)
        largest = max(self._good(one) for one in classes)
        have = f"{source.label} has {counted(enough, 'class', 'classes')} with {needed} or more images"
        if len(classes) == 1 and not source.listing.files[0].folder:
            why = f"{source.label} holds images but no folders of images, one per class; choose the folder above it"
        elif enough < len(STREAMS):
            why = f"{have}; at least 3 are needed (one each to train, validate, test); the largest class has {largest}"
        else:
            use = " or ".join(PURPOSE[stream] for stream in lacking)
            why = f"{have}, but none to {use}"
            why += "; hold out by class instead of by group" if self.layout.grouped else ""
        return BadInput(WHERE, why)
