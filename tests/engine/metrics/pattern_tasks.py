"""A family of images that learns in a second: a class is a coarse pattern, an example the pattern with noise on it."""

from __future__ import annotations

import numpy as np

from metagen_gui.engine.data.spec import ImageSpec
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.tasks.base import STREAMS, Stream, Task, TaskFamily


class Patterns(TaskFamily):
    """`classes` patterns per stream of `most` examples each; it notes the streams it is asked for."""

    title, summary = "Patterns", "Coarse patterns."

    def __init__(self, settings: object = None, seed: int = 0, classes: int = 30, noise: float = 0.6) -> None:
        super().__init__(settings or (classes, noise), seed)
        self.classes, self.noise = self.settings
        self.spec = ImageSpec((1, 16, 16))
        self.asked: list[Stream] = ASKED
        self.most = 20

    def check(self, shots: int, query_size: int) -> None:
        if shots + query_size > self.most:
            raise BadInput("training.shots", "too many")

    def task(self, stream: Stream, index: int, shots: int, query_size: int) -> Task:
        self.asked.append(stream)
        rng = self.generator(stream, index)
        number = int(rng.integers(self.classes))
        coarse = np.random.default_rng([STREAMS.index(stream), number]).random((4, 4)) > 0.5
        pattern = np.kron(coarse, np.ones((4, 4)))
        drawn = pattern + self.noise * rng.standard_normal((shots + query_size, 1, 16, 16))
        images = drawn.clip(0, 1).astype(np.float32)
        return Task(f"{stream} {number}", images[:shots], images[shots:])


ASKED: list[Stream] = []
"""The streams that any instance was asked for, in order."""
