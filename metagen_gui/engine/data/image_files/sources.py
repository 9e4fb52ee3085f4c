"""Opens the place a person chose: a folder, a zip, arrays or, where that makes sense, one image."""

from __future__ import annotations

import re
import stat
import zipfile
from pathlib import Path
from urllib.request import url2pathname

from metagen_gui.engine.data.copies import copy_of
from metagen_gui.engine.data.image_files.arrays import ArraySource, arrays_beside
from metagen_gui.engine.data.image_files.folders import FolderSource, list_folder
from metagen_gui.engine.data.image_files.foreign import arrays
from metagen_gui.engine.data.image_files.headers import is_array, is_array_name
from metagen_gui.engine.data.image_files.listing import (
    IMAGES,
    ImageFile,
    Listing,
    Source,
    Wanted,
    reason,
    some,
)
from metagen_gui.engine.data.image_files.progress import Progress
from metagen_gui.engine.data.image_files.zips import BROKEN_ZIP, ZipSource
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import printable, shortened


def open_source(
    path: str | Path,
    where: str,
    *,
    single: bool = False,
    progress: Progress | None = None,
    wanted: Wanted = IMAGES,
) -> Source:
    """Open a folder, a zip or, of images, arrays (or one file of what is `wanted`, if `single`).

    Raises `BadInput` for `where` in one line that names what is wrong. `progress` is told how many files were met, and
    may end the look: then `Stopped` is raised.
    """
    if not str(path).strip():
        raise BadInput(where, f"choose a folder or zip of {wanted.called}")
    shown = printable(str(path))
    try:
        place = _meant(path)
        status = place.stat()
    except FileNotFoundError:
        raise BadInput(where, f"{shown} does not exist") from None
    except (OSError, ValueError, RuntimeError) as error:
        raise BadInput(where, f"{shown} cannot be opened ({reason(error)})") from None
    if stat.S_ISDIR(status.st_mode):
        source: Source = FolderSource(place, list_folder(place, progress, wanted))
    elif not stat.S_ISREG(status.st_mode):
        raise BadInput(where, f"{shown} is neither a folder nor a zip")
    elif status.st_size == 0:
        raise BadInput(where, f"{shown} is empty (0 bytes)")
    elif single and wanted.is_name(place.name):
        source = FolderSource(place.parent, Listing([ImageFile((), place.name)]))
    else:
        source = _open_file(place, where, progress, wanted, f", nor one of {wanted.called}" if single else "")
    if source.listing.arrays and not source.listing.files and wanted is IMAGES:
        source = ArraySource(place, source, progress)
    else:
        source.listing.others += [file.label for file in source.listing.arrays]
    if not source.listing.files:
        raise BadInput(where, f"{shown} holds no {wanted.called}{_instead(source.listing)}")
    return source


def _open_file(place: Path, where: str, progress: Progress | None, wanted: Wanted, nor: str) -> Source:
    """Open a zip or a file of arrays; `nor` says what else it might have been."""
    shown = printable(str(place))
    try:
        with place.open("rb") as opened:
            begins = opened.read(8)
            is_zip = zipfile.is_zipfile(opened)
        why = arrays(place.name)
        if is_zip and not why:
            return ZipSource(place, progress, wanted)
        if is_array(begins) or (is_array_name(place.name) and place.suffix.casefold() != ".npz"):
            return FolderSource(place.parent, arrays_beside(place))
    except PermissionError as error:
        raise BadInput(where, f"{shown} cannot be opened ({reason(error)})") from None
    except UnicodeDecodeError:
        raise BadInput(where, f"{shown} cannot be read: a name in it is not valid text") from None
    except BROKEN_ZIP:
        why = ""
    if why:
        raise BadInput(where, f"{shown} is {why}")
    if wanted.is_name(place.name):
        said = "a single image; choose the folder that holds the folders of images"
        if wanted is not IMAGES:
            said = f"a single file; choose the folder that holds the {wanted.called}"
        raise BadInput(where, f"{shown} is {said}")
    if place.suffix.casefold() in (".zip", ".npz"):
        raise BadInput(where, f"{shown} is not a zip, or a damaged one")
    raise BadInput(where, f"{shown} is neither a folder nor a zip{nor}")


def _instead(listing: Listing) -> str:
    if listing.skipped:
        label, reason = listing.skipped[0]
        return f" that can be read ({len(listing.skipped):,} skipped; the first: {shortened(label)}, {reason})"
    what = next(filter(None, map(arrays, listing.others)), "")
    return f"; it holds {some(listing.others)}{what and f' ({what})'}" if listing.others else ""


def _meant(path: str | Path) -> Path:
    """Return the place that `path` names, also as it comes from elsewhere: in quotes, or as an address of a file."""
    place = Path(path).expanduser()
    if place.exists():
        return place
    text = str(path).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    if text.startswith("file:"):
        text = url2pathname(re.sub("^file:(//(localhost)?)?", "", text))
    meant = Path(text).expanduser()
    return meant if meant.exists() else copy_of(str(path)) or meant
