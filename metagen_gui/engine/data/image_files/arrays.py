"""Pictures in arrays: NumPy's `.npy` and `.npz`, and IDX, each picture read where it lies when it is asked for.

An array is a class, called by its file (QuickDraw) or its key (`alphabet/character` in an archive); or its pictures are
of the classes that an array of labels beside it names: `images` and `labels`, `x_train` and `y_train`,
`t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`. Every picture is listed as a file in the folder of its class, so
that what holds for folders of images holds for these.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from metagen_gui.engine.data.image_files.given_split import part_of
from metagen_gui.engine.data.image_files.headers import (
    HEADER_BYTES,
    IDX_NAME,
    Header,
    Pictures,
    Values,
    in_words,
    is_array_name,
    read_header,
)
from metagen_gui.engine.data.image_files.listing import ImageFile, Listing, Source, Unusable, is_text
from metagen_gui.engine.data.image_files.progress import Count, Progress
from metagen_gui.engine.data.image_files.values import Range, picture_file
from metagen_gui.engine.data.image_files.zips import BROKEN_ZIP, ZipSource

MOST_UNPACKED = 2**30
"""Bytes of packed arrays, which are in memory whole once they are used."""
MOST_PICTURES = 500_000
"""Pictures listed at most; of more classes or larger ones the first of each are taken."""
AT_ONCE = 2**22
"""Values looked at in one go for their range."""
ROLES = {
    **dict.fromkeys(("images", "image", "imgs", "x", "data", "pixels"), "pictures"),
    **dict.fromkeys(("labels", "label", "y", "targets", "target"), "labels"),
}


class Called(NamedTuple):
    """What an array's name says: pictures, labels, or nothing of either, and what else."""

    role: str
    rest: tuple[str, ...]


def called(name: str) -> Called:
    """Take a file's name apart: `t10k-images-idx3-ubyte.gz` has pictures, of `t10k`."""
    words = [word for word in re.split(r"[\W_]+", _stem(name).casefold()) if word]
    roles = [ROLES[word] for word in words if word in ROLES]
    return Called(roles[0] if len(roles) == 1 else "", tuple(word for word in words if word not in ROLES))


def _stem(name: str) -> str:
    return IDX_NAME.sub("", name).removesuffix(".npy").removesuffix(".npz")


class ArrayFile:
    """One array in a file, whose length is what its header says."""

    def __init__(self, place: Source, file: ImageFile) -> None:
        self._place, self._file = place, file
        self._unpacked: bytes | None = None
        if file.name.casefold().endswith(".gz"):
            self.header = self._unpack()
        else:
            self.header = read_header(place.part(file, 0, HEADER_BYTES))
            self.header.check(place.size(file))

    def values(self, start: int = 0, count: int | None = None) -> Values:
        """Return `count` values from number `start` on, or all of them, flat; raise `Unusable`."""
        wide = self.header.dtype.itemsize
        first, most = self.header.offset + start * wide, self.header.bytes if count is None else count * wide
        if self._unpacked is None:
            data = self._place.part(self._file, first, most)
        else:
            data = self._unpacked[first : first + most]
        if len(data) != most:
            raise Unusable("truncated")
        return np.frombuffer(data, self.header.dtype)

    def checksums(self, size: int, count: int) -> list[int]:
        """Return the CRC-32 of the first `count` pictures of `size` values; 0 where they cannot be read."""
        found, few = list[int](), max(1, AT_ONCE // size)
        for start in range(0, count, few):
            here = min(few, count - start)
            try:
                data = self.values(start * size, here * size).tobytes()
            except Unusable:
                data = b""
            wide = len(data) // here
            found += [zlib.crc32(data[place * wide : (place + 1) * wide]) for place in range(here)]
        return found

    def _unpack(self) -> Header:
        packed = self._place.part(self._file, 0, MOST_UNPACKED)
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(packed)) as stream:
                begins = stream.read(HEADER_BYTES)
                header = read_header(begins)
                if header.bytes > MOST_UNPACKED:
                    raise Unusable(f"more than {MOST_UNPACKED >> 20:,} MB to unpack")
                self._unpacked = begins + stream.read(max(header.offset + header.bytes + 1 - len(begins), 0))
        except (OSError, EOFError, zlib.error):
            raise Unusable("damaged or truncated") from None
        header.check(len(self._unpacked))
        return header


class _Class(NamedTuple):
    folder: tuple[str, ...]
    array: ArrayFile
    pictures: Pictures
    numbers: Sequence[int]


class ArraySource(Source):
    """The pictures of the arrays that a folder or a zip lists."""

    stored_as = "array"

    def __init__(self, path: Path, place: Source, progress: Progress | None = None) -> None:
        self._places, self._count = [place], Count(progress)
        self._count.ask()  # before anything is unpacked
        listing = Listing(skipped=place.listing.skipped, others=place.listing.others)
        self._classes: dict[tuple[str, ...], _Class] = {}
        for one in self._found(place, listing):
            if one.folder in self._classes:
                listing.skip(one.folder, "its classes are in another array, too")
            else:
                self._classes[one.folder] = one
        self._scale = self._looked_at(listing)
        if self._scale is not None:
            self._list(listing)
        super().__init__(path, listing)

    def read(self, file: ImageFile) -> bytes:
        """Return one picture as a file; raise `Unusable`."""
        one = self._classes[file.folder]
        size = one.pictures.size
        assert self._scale is not None
        return picture_file(one.array.values(int(file.name) * size, size), one.pictures, self._scale)

    def marks(self, most: int) -> tuple[list[tuple[int, int]], bool]:
        """Return size and CRC-32 of every picture's values, by reading them all if they are at most `most` bytes."""
        places = [(self._classes[file.folder], int(file.name)) for file in self.listing.files]
        ends = dict[ArrayFile, tuple[int, int]]()
        for one, number in places:
            size, end = ends.get(one.array, (one.pictures.size, 0))
            ends[one.array] = size, max(end, number + 1)
        if sum(size * end * array.header.dtype.itemsize for array, (size, end) in ends.items()) > most:
            return [(one.pictures.size, 0) for one, _ in places], False
        found = {array: array.checksums(*asked) for array, asked in ends.items()}
        return [(one.pictures.size, found[one.array][number]) for one, number in places], True

    def close(self) -> None:
        """Close the archives."""
        for place in self._places:
            place.close()

    def _found(self, place: Source, listing: Listing) -> Iterator[_Class]:
        """Yield the classes of all arrays; what is none is skipped with its reason."""
        beside = defaultdict[tuple[tuple[str, ...], tuple[str, ...]], dict[str, tuple[ImageFile, ArrayFile]]](dict)
        left = MOST_UNPACKED
        for within, file, folder in self._files(place, listing):
            self._count.one()
            try:
                array = ArrayFile(within, file)
                left -= 0 if within is place and not isinstance(place, ZipSource) else array.header.bytes
                if left < 0:
                    raise Unusable(f"more than {MOST_UNPACKED >> 20:,} MB to unpack")
            except Unusable as error:
                listing.skip((*folder, file.name), str(error))
                continue
            role, rest = called(file.name)
            if not role or role in beside[folder, rest]:
                role, rest = "", (file.name,)
            beside[folder, rest][role] = ImageFile(folder, file.name), array
        for (folder, rest), arrays in beside.items():
            for role, (file, array) in arrays.items():
                try:
                    if role == "pictures" and "labels" in arrays:
                        yield from _by_labels(folder, rest, array, arrays["labels"][1])
                    elif role != "labels":
                        yield from _by_place((*folder, _stem(file.name)), array)
                    elif "pictures" not in arrays:
                        raise Unusable("labels without pictures beside them")
                except Unusable as error:
                    listing.skip((*folder, file.name), str(error))

    def _files(self, place: Source, listing: Listing) -> Iterator[tuple[Source, ImageFile, tuple[str, ...]]]:
        """Yield every array with the place it is in and the folder it stands for; archives in a folder are one each."""
        for file in place.listing.arrays:
            if not file.name.casefold().endswith(".npz"):
                yield place, file, file.folder
                continue
            folder = (*file.folder, _stem(file.name))
            try:
                archive = ZipSource(place.path.joinpath(*file.folder, file.name))
            except BROKEN_ZIP:
                listing.skip((*file.folder, file.name), "not an archive of arrays, or a damaged one")
                continue
            self._places.append(archive)
            listing.skipped += [("/".join((*folder, label)), why) for label, why in archive.listing.skipped]
            for inner in archive.listing.arrays:
                yield archive, inner, (*folder, *inner.folder)

    def _looked_at(self, listing: Listing) -> tuple[float, float, int] | None:
        """Return how values become pixels, the same for all arrays; None, with the reason, if they cannot."""
        found: Range | None = None
        for array in {one.array: None for one in self._classes.values()}:
            total = array.header.bytes // array.header.dtype.itemsize
            for start in range(0, total if array.header.dtype != np.uint8 else 1, AT_ONCE):
                self._count.ask()
                here = Range.of(array.values(start, min(AT_ONCE, total - start)))
                found = here if found is None else found.with_other(here)
        try:
            listing.told += filter(None, [found.about if found else ""])
            return found.scale() if found else None
        except Unusable as error:
            listing.skip(next(iter(self._classes)), str(error))
            return None

    def _list(self, listing: Listing) -> None:
        """List every picture as a file in the folder of its class, or the first of each class if there are too many."""
        total = sum(len(one.numbers) for one in self._classes.values())
        each = total if total <= MOST_PICTURES else max(MOST_PICTURES // len(self._classes), 1)
        if each < total:
            listing.told.append(f"of {total:,} pictures the first {each:,} of every class are used")
        for one in self._classes.values():
            listing.files += [ImageFile(one.folder, f"{number:07}") for number in one.numbers[:each]]


def _by_place(folder: tuple[str, ...], array: ArrayFile) -> Iterator[_Class]:
    """Yield the class that an array is, or the classes along its first axis."""
    pictures = Pictures.of(array.header.shape)
    _check_number(pictures.classes)
    for number in range(pictures.classes):
        name = folder if pictures.classes == 1 else (*folder, f"{number:05}")
        yield _Class(name, array, pictures, range(number * pictures.count, (number + 1) * pictures.count))


def _by_labels(folder: tuple[str, ...], rest: tuple[str, ...], array: ArrayFile, labels: ArrayFile) -> Iterator[_Class]:
    """Yield the classes that labels name, in the stream that is in the arrays' names."""
    pictures, shape = Pictures.of(array.header.shape), labels.header.shape
    if pictures.classes > 1 or shape not in ((pictures.count,), (pictures.count, 1)):
        raise Unusable(f"{in_words(array.header.shape)}, and labels {in_words(shape)}: one for each picture it takes")
    values: Any = labels.values()
    if values.dtype.kind == "f":
        if not (np.isfinite(values).all() and (values == np.round(values)).all()):
            raise Unusable("its labels are no whole numbers")
        values = values.astype(np.int64)
    found, of_each = np.unique(values, return_inverse=True)
    _check_number(len(found))
    part = next(filter(None, map(part_of, rest)), None)
    others = " ".join(word for word in rest if not part_of(word))
    above = (*folder, *filter(None, (others, part)))
    order, ends = np.argsort(of_each.ravel(), kind="stable"), np.cumsum(np.bincount(of_each.ravel()))
    for label, numbers in zip(found, np.split(order, ends[:-1]), strict=True):
        name = label.decode("latin-1") if isinstance(label, bytes) else str(label)
        if not is_text(name):
            raise Unusable("a label is not valid text")
        parts = [word for word in name.split("/") if word] or ["."]
        yield _Class((*above, *parts), array, pictures, numbers.tolist())


def _check_number(classes: int) -> None:
    if classes > MOST_PICTURES:
        raise Unusable(f"{classes:,} classes are too many")


def arrays_beside(place: Path) -> Listing:
    """Return a chosen array as a listing, with the labels beside it if it is one of pictures."""
    chosen, names = called(place.name), [place.name]
    if chosen.role:
        others = (entry.name for entry in place.parent.iterdir() if entry != place and entry.is_file())
        names += [name for name in others if is_array_name(name) and called(name).rest == chosen.rest]
    return Listing(arrays=[ImageFile((), name) for name in names])
