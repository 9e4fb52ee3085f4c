"""Images of noise in any size, for measuring what sizes cost: what a step computes does not depend on what is drawn."""

from __future__ import annotations

import numpy as np

from metagen_gui.engine.data.spec import ImageSpec
from metagen_gui.engine.settings.config import Config, setting
from metagen_gui.engine.tasks.base import Stream, Task, TaskFamily, task_families


class SpecklesSettings(Config):
    """How large they are."""

    size: int = setting(28, "Side of the square images.", low=4, high=1024)


@task_families.register("speckles")
class Speckles(TaskFamily):
    """Black and white pixels `(1, size, size)`, an eighth of them ink."""

    title = "Speckles"
    summary = "Noise in any size."
    Settings = SpecklesSettings
    shape_settings = ("size",)

    @classmethod
    def spec_of(cls, settings: SpecklesSettings) -> ImageSpec:
        """Return the size of an image."""
        return ImageSpec((1, settings.size, settings.size), "binary")

    def __init__(self, settings: SpecklesSettings, seed: int) -> None:
        super().__init__(settings, seed)
        self.spec: ImageSpec = self.spec_of(settings)

    def task(self, stream: Stream, index: int, shots: int, query_size: int) -> Task:
        """Return task `index` of `stream`."""
        drawn = self.generator(stream, index).random((shots + query_size, *self.spec.shape))
        images = (drawn < 0.125).astype(np.float32)
        return Task(f"speckles {index}", images[:shots], images[shots:])
