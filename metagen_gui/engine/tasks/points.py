"""A person's own points of the plane: one task is one table, of a folder or a zip that is read in place.

Which tables are held out follows from their names, as with images, unless folders called train, val and test say so.
All points are shifted and divided alike, so that those of the tables that are trained on have mean 0 and spread 1: so
inner rates and networks that suit one person's points suit another's.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

import numpy as np

from metagen_gui.engine.data.image_files.contents import Contents, contents_of
from metagen_gui.engine.data.image_files.kept_streams import NOT_COMPARED, KeptStreams, Nouns
from metagen_gui.engine.data.image_files.layout import SHARE, ImageClass, Layout, arrange
from metagen_gui.engine.data.image_files.listing import ImageFile, Source, Unusable, counted, some
from metagen_gui.engine.data.image_files.point_tables import TABLES, read_points, read_tables
from metagen_gui.engine.data.image_files.progress import Stopped
from metagen_gui.engine.data.image_files.sources import open_source
from metagen_gui.engine.data.spec import Array, PointSpec
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Config, setting
from metagen_gui.engine.settings.plain_text import shortened
from metagen_gui.engine.tasks.base import STREAMS, Stream, Task, TaskFamily, task_families

WHERE = "tasks.path"
NOUNS = Nouns("table", "tables", "points")
LOOKED_AT = 1_000
"""Tables read for the scale, and before a run starts; evenly over all of them."""
MOST_POINTS = 20_000_000
"""Kept in memory: 160 MB."""


class PointsSettings(Config):
    """Which tables, and how their points are brought to one scale."""

    path: str = setting(
        "",
        "Folder or zip of tables, one per task: text with two numbers a line (.csv, .tsv, .txt), a heading or none.",
        path=True,
    )
    standardised: bool = setting(
        True,
        "Shift all points alike and divide them by one number, so that those trained on have mean 0 and spread 1.",
        label="To one scale",
    )
    held_out: float = setting(
        SHARE,
        "Share of the tables held out for validation, and as much again for testing. Where each belongs follows from "
        "its name, so that more tables move none.",
        low=0.05,
        high=0.4,
        expert=True,
    )


@task_families.register("points")
class Points(TaskFamily):
    """Points `(2,)` of the user's own tables."""

    title = "Points of your own"
    summary = "A folder or zip of tables (.csv), one per task: two numbers a line are a point of the plane."
    Settings = PointsSettings
    suggests: ClassVar[Mapping[str, Any]] = {"training.shots": 20, "training.query_size": 20, "model.width": 64}
    spec = PointSpec()
    settings: PointsSettings

    def __init__(self, settings: PointsSettings, seed: int) -> None:
        super().__init__(settings, seed)
        self._kept: KeptStreams | None = None
        self._known_scale: tuple[float, float, float] | None = None
        self._points: dict[int, Array] = {}
        self._room = MOST_POINTS
        self._bad: dict[int, str] = {}
        self._needed = 0

    @cached_property
    def source(self) -> Source:
        """The folder or zip; raises `BadInput` if there is nothing in it. It is not opened before it is needed."""
        return open_source(self.settings.path, WHERE, wanted=TABLES)

    @cached_property
    def contents(self) -> Contents:
        """What the files hold, unread."""
        return contents_of(self.source)

    @property
    def layout(self) -> Layout:
        """The tables by stream."""
        return self._arranged[1]

    @property
    def groups_are(self) -> str:
        """What is held out as one."""
        return "folders of tables" if self.layout.whole_groups else "tables"

    @cached_property
    def _arranged(self) -> tuple[Layout, Layout, tuple[str, ...], str]:
        """All tables by stream, those without copies, what there is to say of copies, and of changes."""
        listed = self.source.listing.files
        files = [ImageFile((*file.folder, PurePosixPath(file.name).stem), file.name) for file in listed]
        every, changed = arrange(files, "class", self.settings.held_out), ""
        if self._kept is not None and self._kept.streams:
            every, changed = self._kept.recall(every, self._digest, self.contents.compared, NOUNS)
        distinct, told = self._without_copies(every)
        return every, distinct, told, changed

    def _without_copies(self, layout: Layout) -> tuple[Layout, tuple[str, ...]]:
        """Return every table once, in the first of the streams that have it."""
        met, copies, streams = set[int](), list[str](), dict[Stream, list[ImageClass]]()
        for part in STREAMS:
            streams[part] = []
            for one in layout.streams[part]:
                members = tuple(each for each in one.members if self.contents.same.get(each, each) not in met)
                met.update(self.contents.same.get(each, each) for each in members)
                copies += [one.name] if len(members) < len(one.members) else []
                streams[part] += [ImageClass(one.name, one.group, members)] if members else []
        told = f"{counted(len(copies), 'table is a copy', 'tables are copies')} of another and left out: {some(copies)}"
        return layout.dealt(streams), (told,) if copies else ()

    @cached_property
    def scale(self) -> tuple[float, float, float]:
        """What is taken from x and from y, and what both are divided by then."""
        if not self.settings.standardised:
            return 0.0, 0.0, 1.0
        if self._known_scale is not None:
            return self._known_scale
        members = [member for one in self.layout.streams["train"] for member in one.members]
        found = [points for member in _spread(members) if (points := self._read(member)) is not None]
        if not found:
            raise self._too_few(("train",))
        points = np.concatenate(found).astype(np.float64)
        x, y = points.mean(0)
        spread = float(np.sqrt(((points - (x, y)) ** 2).mean()))
        return float(x), float(y), spread or 1.0

    def task(self, stream: Stream, index: int, shots: int, query_size: int) -> Task:
        """Return task `index` of `stream`: points of one table that has enough of them."""
        random, tables, needed = self.generator(stream, index), self.layout.streams[stream], shots + query_size
        for choice in random.permutation(len(tables)):
            points = self._of(tables[choice])
            if len(points) >= needed:
                chosen = self._scaled(points[random.permutation(len(points))[:needed]])
                group = tables[choice].group if self.layout.whole_groups else tables[choice].name
                return Task(shortened(tables[choice].name), chosen[:shots], chosen[shots:], group)
        self._needed = needed
        raise self._too_few((stream,))

    def check(self, shots: int, query_size: int) -> None:
        """Raise `BadInput` if a stream has no table with `shots + query_size` points."""
        self._needed = shots + query_size
        for member in _spread(range(len(self.source.listing.files))):
            self._read(member)
        lacking = tuple(
            stream
            for stream in STREAMS
            if not any(len(self._of(one)) >= self._needed for one in self.layout.streams[stream])
        )
        if lacking:
            raise self._too_few(lacking)

    def foresee(self) -> None:
        """Raise `BadInput` if there is no folder or zip; it is not looked through."""
        with suppress(Stopped):
            open_source(self.settings.path, WHERE, progress=lambda *_: False, wanted=TABLES)

    def read(self, path: str | Path, where: str, most: int = MOST_POINTS) -> tuple[Array, tuple[str, ...]]:
        """Return the points of a table, or of all of a place, on the scale of those that were trained on."""
        found, told = read_tables(path, where, most)
        return self._scaled(found), told

    def notices(self) -> tuple[str, ...]:
        """Return what a person should know; tables that cannot be used are added as they are first met in a run."""
        every, _, copies, _ = self._arranged
        listing, lines = self.source.listing, [*self.doubts(), *every.notices(), *copies]
        bad = [*listing.skipped, *((listing.files[member].label, why) for member, why in sorted(self._bad.items()))]
        if bad:
            all_of_them = counted(len(listing.files) + len(listing.skipped), "table", "tables")
            lines.append(f"{len(bad):,} of {all_of_them} skipped: {some([f'{name} ({why})' for name, why in bad])}")
        short = [(one.name, len(self._of(one))) for one in self.layout.classes if self._is_read(one)]
        if small := sorted(f"{name}: {count:,}" for name, count in short if count < self._needed):
            lines.append(
                f"{counted(len(small), 'table', 'tables')} left out: fewer than {self._needed:,} points ({some(small)})"
            )
        if self.settings.standardised:
            x, y, spread = self.scale
            lines.append(f"points are read as (x − {x:.6g}, y − {y:.6g}) / {spread:.6g}: mean and spread of training")
        return tuple(lines)

    def kept(self) -> dict[str, Any]:
        """Return the tables of every stream with a digest of each, and the scale."""
        kept = self._kept or KeptStreams(rule="by name")
        told = kept.now(self._arranged[0], self._digest, self.contents.compared, changes=[*self.doubts()])
        return {**told, "scale": [*self.scale]} if self.settings.standardised else told

    def recall(self, kept: Mapping[str, Any]) -> None:
        """Hold out the tables that a run held out, on the scale that it had."""
        self._kept = KeptStreams.read(kept)
        scale = kept.get("scale")
        if scale is not None:
            if not (isinstance(scale, list) and len(scale) == 3 and all(type(each) is float for each in scale)):
                raise BadInput("data.json", "scale: three numbers are expected")
            x, y, spread = scale
            self._known_scale = x, y, spread
        for known in ("_arranged", "scale"):
            self.__dict__.pop(known, None)

    def doubts(self) -> tuple[str, ...]:
        """Say what has changed since the run whose data was recalled."""
        if self._kept is None:
            return ()
        unseen = "" if self.contents.compared and self._kept.compared else NOT_COMPARED.replace("pictures", "tables")
        return tuple(dict.fromkeys((*self._kept.changes, *filter(None, [self._arranged[3], unseen]))))

    def seen_by(self, other: TaskFamily) -> tuple[str, ...]:
        """Return the tables held out for testing that `other` trains on or validates with, by name or by contents."""
        if not isinstance(other, Points):
            return ()
        return self._seen(other, {one.name for one in other._arranged[0].before_testing})

    def seen_elsewhere(self, other: TaskFamily) -> tuple[str, ...] | None:
        """Return those that `other`, of other data, has by their contents."""
        if not isinstance(other, Points):
            return super().seen_elsewhere(other)
        return self._seen(other, set()) if self.contents.compared and other.contents.compared else None

    def _seen(self, other: Points, names: set[str]) -> tuple[str, ...]:
        exact = self.contents.compared and other.contents.compared
        digests = {other._digest(one) for one in other._arranged[0].before_testing} if exact else set()
        held = self._arranged[0].streams["test"]
        return tuple(one.name for one in held if one.name in names or self._digest(one) in digests)

    def _digest(self, one: ImageClass) -> str:
        return self.contents.digest(one.members)

    def _scaled(self, points: Array) -> Array:
        x, y, spread = self.scale
        return ((points.astype(np.float64) - (x, y)) / spread).astype(np.float32)

    def _of(self, one: ImageClass) -> Array:
        """Return all points of a table; none where it cannot be read."""
        found = [points for member in one.members if (points := self._read(member)) is not None]
        return np.concatenate(found) if found else np.empty((0, 2), np.float32)

    def _is_read(self, one: ImageClass) -> bool:
        return all(member in self._points for member in one.members)

    def _read(self, member: int) -> Array | None:
        if member in self._bad:
            return None
        if (points := self._points.get(member)) is None:
            try:
                points = read_points(self.source.read(self.source.listing.files[member]))
            except Unusable as error:
                self._bad[member] = str(error)
                return None
            if len(points) <= self._room:
                self._points[member], self._room = points, self._room - len(points)
        return points

    def _too_few(self, lacking: tuple[Stream, ...]) -> BadInput:
        """Say in one line what is missing."""
        source, sizes = self.source, [len(self._of(one)) for one in self.layout.classes]
        enough = sum(size >= self._needed for size in sizes)
        why = f"{source.label} has {counted(enough, 'table', 'tables')} with {self._needed:,} or more points"
        if enough < len(STREAMS):
            why += f"; at least 3 are needed (one each to train, validate, test); the largest has {max(sizes):,}"
        else:
            why += f", but none for {' or '.join(lacking)}"
        if self._bad:
            first = min(self._bad)
            label = shortened(source.listing.files[first].label)
            why += f"; {len(self._bad):,} cannot be read, the first: {label} ({self._bad[first]})"
        return BadInput(WHERE, why)


def _spread(members: Any) -> list[int]:
    """Return up to a thousand of `members`, evenly over all of them."""
    places = np.unique(np.linspace(0, len(members) - 1, min(LOOKED_AT, len(members))).astype(int)) if members else ()
    return [int(members[place]) for place in places]
