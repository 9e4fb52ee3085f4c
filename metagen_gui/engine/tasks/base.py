"""What a family of tasks is: a source of small data sets that belong together.

Randomness is explicit: task i of a stream is a function of (seed, stream, i) and of nothing else, so a run can be
repeated, resumed and looked at without being changed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from metagen_gui.engine.data.bayes import BestGenerator
from metagen_gui.engine.data.density_shapes import Mixture
from metagen_gui.engine.data.image_files import read_images
from metagen_gui.engine.data.image_files.point_tables import read_tables
from metagen_gui.engine.data.image_files.read import MOST_IMAGES
from metagen_gui.engine.data.image_files.report import ImportReport, ReadProgress
from metagen_gui.engine.data.spec import KINDS, Array, DataSpec
from metagen_gui.engine.health.remedies import Advice
from metagen_gui.engine.settings.config import Config
from metagen_gui.engine.settings.registry import Registry

Stream = Literal["train", "validation", "test"]
STREAMS: tuple[Stream, ...] = ("train", "validation", "test")


@dataclass(frozen=True)
class Task:
    """One task: `support` `(shots, *shape)` to adapt to, `query` `(query_size, *shape)` to be judged by.

    `group` is what it was held out with, such as an alphabet: intervals count groups. Without, the task stands alone.
    """

    name: str
    support: Array
    query: Array
    group: str = ""


@dataclass(frozen=True)
class TaskBatch:
    """Several tasks stacked: `support` `(tasks, shots, *shape)`, `query` `(tasks, query_size, *shape)`.

    `groups` are the tasks' groups; empty where every task stands alone.
    """

    names: tuple[str, ...]
    support: Array
    query: Array
    groups: tuple[str, ...] = ()


class TaskFamily(ABC):
    """A family of tasks. Subclass, set the class attributes, implement `task`, `@task_families.register(NAME)`."""

    title: ClassVar[str]
    summary: ClassVar[str]
    reference: ClassVar[str] = ""
    licence: ClassVar[str] = "that of the data, which this program cannot know"
    """Who may use the data, and so what is learned of them, in a few words, where that is known."""
    Settings: ClassVar[type[Config]]
    suggests: ClassVar[Mapping[str, Any]] = {}
    """Defaults of other groups that suit this family, as `{"training.shots": 100}`; a person's own values win."""
    remedies: ClassVar[Mapping[str, Advice]] = {}
    """What helps against an illness of a run, by its watcher's name: changes of settings, see `lower` and `put`."""

    shape_settings: ClassVar[tuple[str, ...]] = ()
    """The settings that decide the shape of an example."""

    reads_images: ClassVar[bool] = False
    """Whether it reads a person's own images, from the folder or zip that its setting `path` names."""

    spec: DataSpec

    @classmethod
    def look_at(cls, settings: Any, progress: ReadProgress | None = None) -> ImportReport:
        """Read all images that `settings` choose and tell what was found, what is skipped and why.

        Raises `BadInput` if there is nothing to read, `Stopped` if `progress` ends the look before anything was.
        """
        raise NotImplementedError

    @classmethod
    def spec_of(cls, settings: Any) -> DataSpec | None:
        """Return what one example is under `settings`, or None where that is known only once the data are read."""
        return getattr(cls, "spec", None)

    @classmethod
    def spec_named(cls, settings: Any, kind: str, shape: tuple[int, ...]) -> DataSpec | None:
        """Return what an example of this kind and shape is: `spec_of` goes first; None where there is no such kind."""
        own = cls.spec_of(settings)
        if own is not None and own.kind == kind:
            return replace(own, shape=shape)
        return KINDS[kind](shape) if kind in KINDS else None

    def __init__(self, settings: Any, seed: int) -> None:
        self.settings = settings
        self.seed = seed

    @property
    def groups_are(self) -> str:
        """What the groups of its tasks are called, in the plural."""
        return "tasks"

    @abstractmethod
    def task(self, stream: Stream, index: int, shots: int, query_size: int) -> Task:
        """Return task `index` of `stream`. Support and query never share an example.

        The seed decides which tasks come when. What belongs to which stream is the same for every seed, so that runs
        of different seeds can be scored on the same held-out tasks.
        """

    def check(self, shots: int, query_size: int) -> None:
        """Raise `BadInput` if tasks of this size cannot be had; called before a run starts."""

    def foresee(self) -> None:
        """Raise `BadInput` if it is plain at a glance that there are no tasks; asked at every change of a setting."""

    def notices(self) -> tuple[str, ...]:
        """Return plain sentences a person should know of, such as "3 of 512 files skipped: …"."""
        return ()

    def kept(self) -> dict[str, Any]:
        """Return, as JSON data, what a run keeps of data that it found: what is held out, and a fingerprint.

        Nothing where tasks are made and not found: they are the same wherever they are made.
        """
        return {}

    def recall(self, kept: Mapping[str, Any]) -> None:
        """Hold out what the run did that kept `kept`; nothing is from before runs kept any. Raise `BadInput`."""

    def doubts(self) -> tuple[str, ...]:
        """Return why what is held out here may have been trained on by the run whose data was recalled, as sentences.

        They are among the notices, too.
        """
        return ()

    def seen_by(self, other: TaskFamily) -> tuple[str, ...]:
        """Return names of what is held out for testing here and trained on or validated with in `other`."""
        return ()

    def seen_elsewhere(self, other: TaskFamily) -> tuple[str, ...] | None:
        """Return names of what is held out for testing here and, by its contents, used in `other`, of other data.

        None where that was not looked at. What is made is in no data that was found, and in nothing else that is made:
        the streams are apart whatever the settings.
        """
        return None if self.kept() and other.kept() else ()

    def read(self, path: str | Path, where: str, most: int = MOST_IMAGES) -> tuple[Array, tuple[str, ...]]:
        """Return a person's own pictures or points `(n, *shape)` as this family reads them, and what there is to say.

        Of more than `most` the first are read, and no others are looked at. Points are taken from tables (CSV).

        Raises `BadInput` for `where` if there are none to be read, or if its examples are neither.
        """
        if self.spec.in_plane:
            return read_tables(path, where, most)
        return read_images(path, self.spec, where=where, most=most)

    def density(self, stream: Stream, index: int, points: Array) -> Array | None:
        """Return the true density of task `index` at `points` `(n, 2)` as `(n,)`, or None where it is not known."""
        return None

    def curve(self, stream: Stream, index: int, x: Array) -> Array | None:
        """Return the true y of task `index` at `x` `(n,)` as `(n,)`, or None where there is no true curve."""
        return None

    def mixture(self, stream: Stream, index: int) -> Mixture | None:
        """Return the law of task `index` as a mixture, whose modes can be counted, or None where it is none."""
        return None

    def best_generator(self) -> BestGenerator | None:
        """Return the best possible few-shot generator of these tasks, or None where it is not known."""
        return None

    def grid(self, stream: Stream, index: int, count: int) -> Array | None:
        """Return `count` evenly spaced examples `(count, *shape)` to score task `index` on, or None if it has none."""
        return None

    def batch(self, stream: Stream, first: int, tasks: int, shots: int, query_size: int) -> TaskBatch:
        """Return the tasks `first`, `first + 1`, … of `stream`, stacked."""
        drawn = [self.task(stream, first + offset, shots, query_size) for offset in range(tasks)]
        return TaskBatch(
            names=tuple(task.name for task in drawn),
            support=np.stack([task.support for task in drawn]),
            query=np.stack([task.query for task in drawn]),
            groups=groups_of(drawn),
        )

    def generator(self, stream: Stream, index: int) -> np.random.Generator:
        """Return the source of randomness of task `index` of `stream`."""
        return np.random.default_rng([self.seed, STREAMS.index(stream), index])


def groups_of(tasks: Sequence[Task]) -> tuple[str, ...]:
    """Return the groups of `tasks`, one that stands alone in a group of its own; nothing where all of them do."""
    named = tuple(task.group or f"task {place}" for place, task in enumerate(tasks))
    return named if any(task.group for task in tasks) else ()


task_families: Registry[TaskFamily] = Registry("tasks", "metagen_gui.engine.tasks", TaskFamily, "Task families")
