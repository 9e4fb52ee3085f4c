"""What a run keeps of its images: which classes it holds out, and a digest of each, to see what changed since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from metagen_gui.engine.data.image_files.given_split import Part
from metagen_gui.engine.data.image_files.layout import ImageClass, Layout
from metagen_gui.engine.data.image_files.listing import counted, some
from metagen_gui.engine.settings.bad_input import BadInput

NOT_KEPT = (
    "this run began before runs kept which classes they hold out: they are dealt as they were then, by the pictures as "
    "they are now, and whether these have changed is not known"
)


class KeptClass(BaseModel):
    """One class of one stream."""

    model_config = ConfigDict(strict=True)
    count: int = Field(ge=0)
    digest: str
    """Of the contents of its pictures, whatever they are called."""


class KeptStreams(BaseModel):
    """The streams of a run's images."""

    model_config = ConfigDict(strict=True)
    rule: Literal["by name", "dealt"] = "dealt"
    """How it was found where each class belongs; by the earlier rule, copies of pictures were not looked for."""
    compared: bool = True
    """Whether the digests are of contents and not of sizes alone."""
    inverted: bool | None = None
    white: int | None = None
    """The value that stands for white where gray pictures plainly use fewer bits than their files have."""
    streams: dict[Part, dict[str, KeptClass]] = {}
    changes: list[str] = []
    """What had changed each time that the run went on."""

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> KeptStreams:
        """Return what a run has kept; of one that kept nothing, that. Raise `BadInput` for what no run has written."""
        try:
            return cls.model_validate(dict(data))
        except ValidationError as error:
            first = error.errors()[0]
            raise BadInput("data.json", f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None

    def recall(self, layout: Layout, digest: Callable[[ImageClass], str], compared: bool) -> tuple[Layout, str]:
        """Return `layout` with every class in the stream that it had, and a sentence about what changed, if anything.

        A class is known by its name, or by its pictures where these have got another. New ones stay where they are put.
        """
        homes, by_digest = self._homes(), self._by_digest()
        present = {one.name for one in layout.classes}
        streams: dict[Part, list[ImageClass]] = {part: [] for part in layout.streams}
        told, met = _Changes(), set[tuple[Part, str]]()
        for given, one in ((part, one) for part, classes in layout.streams.items() for one in classes):
            mark, name = digest(one), one.name
            before = by_digest.get(mark, name)
            if name not in homes and before not in present:
                told.renamed.append(f"{before}, now {name}")
                name = before
            known = homes.get(name) or (homes.get(f"{one.group}/") if layout.grouped else None) or {given}
            home = given if given in known else min(known)
            streams[home].append(one)
            met.add((home, name))
            kept = self.streams.get(home, {}).get(name)
            if kept is None:
                told.new.append(name)
            elif kept.digest != mark if compared == self.compared else kept.count != len(one.members):
                now = "" if kept.count == len(one.members) else f", now {len(one.members):,}"
                told.changed.append(f"{name}: {kept.count:,}{now}")
        told.gone += [name for part, held in self.streams.items() for name in held if (part, name) not in met]
        return layout.dealt({part: _merged(classes) for part, classes in streams.items()}), told.sentence()

    def _homes(self) -> Mapping[str, set[Part]]:
        """Return the streams of every class, by its name, and of every group, by its name and a slash."""
        homes = dict[str, set[Part]]()
        for part, classes in self.streams.items():
            for name in classes:
                homes.setdefault(name, set()).add(part)
                homes.setdefault(f"{name.rpartition('/')[0] or '.'}/", set()).add(part)
        return homes

    def _by_digest(self) -> Mapping[str, str]:
        return {kept.digest: name for held in self.streams.values() for name, kept in held.items()}

    def now(self, layout: Layout, digest: Callable[[ImageClass], str], **what: Any) -> dict[str, Any]:
        """Return what a run is to keep of `layout`, as JSON data; classes that are gone are not forgotten."""
        streams = {part: {**self.streams.get(part, {})} for part in layout.streams}
        for part, classes in layout.streams.items():
            for one in classes:
                streams[part][one.name] = KeptClass(count=len(one.members), digest=digest(one))
        return self.model_copy(update={"streams": streams, **what}).model_dump()


def _merged(classes: list[ImageClass]) -> list[ImageClass]:
    """Return classes with those of one name as one: a class that was split later belongs together again."""
    found: dict[str, ImageClass] = {}
    for one in classes:
        before = found.get(one.name)
        found[one.name] = one if before is None else replace(one, members=(*before.members, *one.members))
    return [*found.values()]


@dataclass
class _Changes:
    """Names of classes that are not what they were."""

    changed: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        found = [
            f"{counted(len(names), 'class', 'classes')} {verb if len(names) == 1 else verbs} ({some(names)})"
            for names, verb, verbs in (
                (self.changed, "has other pictures", "have other pictures"),
                (self.new, "is new", "are new"),
                (self.gone, "is gone", "are gone"),
                (self.renamed, "has another name", "have other names"),
            )
            if names
        ]
        said = f"the data is not what it was when this run began: {'; '.join(found)}"
        return f"{said}; every class that was there stays where it was" if found else ""
