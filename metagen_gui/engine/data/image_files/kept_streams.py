"""What a run keeps of its images: which classes it holds out, and a digest of each, to see what changed since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from metagen_gui.engine.data.image_files.given_split import Part
from metagen_gui.engine.data.image_files.layout import ImageClass, Layout
from metagen_gui.engine.data.image_files.listing import counted, some
from metagen_gui.engine.settings.bad_input import BadInput

NOT_KEPT = (
    "this run began before runs kept which classes they hold out: they are dealt as they were then, by the pictures as "
    "they are now, and whether these have changed is not known"
)


class Nouns(NamedTuple):
    """What a class is called, and what it is made of."""

    one: str = "class"
    many: str = "classes"
    contents: str = "pictures"


CLASSES = Nouns()

NOT_COMPARED = (
    "so many bytes that pictures were not compared with those of this run: whether any that is held out was trained on "
    "is not known"
)


class KeptClass(BaseModel):
    """One class of one stream."""

    model_config = ConfigDict(strict=True)
    count: int = Field(ge=0)
    digest: str
    """Of the contents of its pictures, whatever they are called; empty where they were not looked at as others were."""
    earlier: list[str] = []
    """Digests of what it was before its pictures changed."""


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

    def recall(
        self, layout: Layout, digest: Callable[[ImageClass], str], compared: bool, nouns: Nouns = CLASSES
    ) -> tuple[Layout, str]:
        """Return `layout` with every class in the stream that it had, and a sentence about what changed, if anything.

        A class is known by its pictures, wherever they stand now; by its name where these are others or were not
        compared. New ones stay where they are put.
        """
        exact = compared and self.compared
        homes, by_digest = self._homes(), self._by_digest() if exact else {}
        there = {(given, one.name): digest(one) for given, classes in layout.streams.items() for one in classes}
        streams: dict[Part, list[ImageClass]] = {part: [] for part in layout.streams}
        told, met = _Changes(exact, nouns), set[tuple[Part, str]]()
        for given, one in ((part, one) for part, classes in layout.streams.items() for one in classes):
            mark, name = there[given, one.name], one.name
            places = by_digest.get(mark, ())
            if own := [part for part, kept_name in places if kept_name == name]:
                home = given if given in own else own[0]
            elif places:
                home, before = places[0]
                copied = any(kept_name == before and there[part, kept_name] == mark for part, kept_name in there)
                if copied and name not in homes:
                    told.new.append(name)
                    streams[home].append(one)
                    continue
                told.renamed.append(f"{before}, now {name}")
                name = before
            else:
                known = homes.get(name) or (homes.get(f"{one.group}/") if layout.grouped else None) or {given}
                # of one that was split by pictures, others may be any of them: no test is to have what was trained on
                home = given if given in known else next(part for part in get_args(Part) if part in known)
            streams[home].append(one)
            met.add((home, name))
            kept = self.streams.get(home, {}).get(name)
            if kept is None:
                told.new.append(name)
            elif kept.digest != mark if compared == self.compared and kept.digest else kept.count != len(one.members):
                now = "" if kept.count == len(one.members) else f", now {len(one.members):,}"
                told.changed.append(f"{name}: {kept.count:,}{now}")
        found = {*there.values()} if exact else set[str]()
        told.gone += [
            name
            for part, held in self.streams.items()
            for name, kept in held.items()
            if (part, name) not in met and kept.digest not in found
        ]
        return layout.dealt({part: _merged(classes) for part, classes in streams.items()}), told.sentence()

    def _homes(self) -> Mapping[str, set[Part]]:
        """Return the streams of every class, by its name, and of every group, by its name and a slash."""
        homes = dict[str, set[Part]]()
        for part, classes in self.streams.items():
            for name in classes:
                homes.setdefault(name, set()).add(part)
                homes.setdefault(f"{name.rpartition('/')[0] or '.'}/", set()).add(part)
        return homes

    def _by_digest(self) -> Mapping[str, list[tuple[Part, str]]]:
        """Return where pictures belong by what they are, what is trained on first: no test is to have any of that."""
        places = dict[str, list[tuple[Part, str]]]()
        for part in get_args(Part):
            for name, kept in self.streams.get(part, {}).items():
                for digest in filter(None, (kept.digest, *kept.earlier)):
                    places.setdefault(digest, []).append((part, name))
        return places

    def now(self, layout: Layout, digest: Callable[[ImageClass], str], compared: bool, **what: Any) -> dict[str, Any]:
        """Return what a run is to keep of `layout`, as JSON data; what is gone or was once there is not forgotten."""
        alike = not self.streams or compared == self.compared
        streams = {part: {**self.streams.get(part, {})} for part in layout.streams}
        for part, classes in layout.streams.items():
            for one in classes:
                now = KeptClass(count=len(one.members), digest=digest(one) if alike else "")
                before = streams[part].setdefault(one.name, now)
                if alike and before.digest != now.digest:
                    earlier = [*filter(None, [*before.earlier, before.digest])]
                    streams[part][one.name] = now.model_copy(update={"earlier": earlier})
        told = {"streams": streams, "compared": compared if alike else self.compared, **what}
        data = self.model_copy(update=told).model_dump()
        for kept in (kept for held in data["streams"].values() for kept in held.values()):
            if not kept["earlier"]:  # what has not changed is told as it was before this was kept
                del kept["earlier"]
        return data


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

    exact: bool
    """Whether pictures were compared."""
    nouns: Nouns
    changed: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        one, many, contents = self.nouns
        found = [
            f"{counted(len(names), one, many)} {verb if len(names) == 1 else verbs} ({some(names)})"
            for names, verb, verbs in (
                (self.changed, f"has other {contents}", f"have other {contents}"),
                (self.new, "is new", "are new"),
                (self.gone, "is gone", "are gone"),
                (self.renamed, "has another name", "have other names"),
            )
            if names
        ]
        said = f"the data is not what it was when this run began: {'; '.join(found)}"
        if not found:
            return ""
        if not self.exact:
            return f"{said}; {many} stay where their names say, as {contents} were not compared"
        if self.changed:
            return f"{said}; what has other {contents} stays where its name says, every other {one} where it was"
        return f"{said}; every {one} that was there stays where it was"
