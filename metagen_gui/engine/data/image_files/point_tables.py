"""Points of the plane in a file of text: two numbers a line, by a rule that is told, and one line for what is wrong.

Between the numbers stands a comma, a semicolon (then a comma may be the decimal sign), a tab or spaces. A first line
that is no numbers is a heading; of more than two columns those headed x and y are taken. Lines that are empty or begin
with # are passed over. Points that stand there twice count once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from metagen_gui.engine.data.image_files.listing import Unusable, Wanted, counted, some
from metagen_gui.engine.data.image_files.sources import open_source
from metagen_gui.engine.data.spec import Array
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import printable, quoted

SUFFIXES = frozenset({".csv", ".tsv", ".txt"})
MOST_SIZE = 1e15
"""Of a coordinate: squares of larger ones are not exact in any sum."""


def is_table_name(name: str) -> bool:
    """Say whether a file claims to be a table."""
    return PurePosixPath(name).suffix.casefold() in SUFFIXES


TABLES = Wanted("tables of points (.csv)", is_table_name)


def read_points(data: bytes) -> Array:
    """Return the points `(n, 2)` of a file in order, each once; raise `Unusable`, which names the line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unusable("not text (UTF-8)") from None
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    lines = [(number, line) for number, line in lines if not line.lstrip().startswith("#")]
    if not lines:
        raise Unusable("empty")
    sign = next((sign for sign in (";", "\t", ",") if any(sign in line for _, line in lines[:2])), None)
    first = _parted(lines[0][1], sign)
    heading = [] if all(_number(part, sign) is not None for part in first) else [part.casefold() for part in first]
    columns = _columns(first, heading)
    found = []
    for number, line in lines[1:] if heading else lines:
        parts = _parted(line, sign)
        if len(parts) != len(first):
            raise Unusable(f"line {number:,} has {counted(len(parts), 'column', 'columns')}, the first {len(first):,}")
        values = [_number(parts[column], sign) for column in columns]
        for column, value in zip(columns, values, strict=True):
            if value is None or not abs(value) <= MOST_SIZE:
                raise Unusable(f"line {number:,}: {quoted(printable(parts[column]))} is no number that can be used")
        found.append(values)
    points = np.array(found, np.float64).astype(np.float32).reshape(-1, 2)
    _, places = np.unique(points, axis=0, return_index=True)
    return points[np.sort(places)]


def read_tables(path: str | Path, where: str, most: int) -> tuple[Array, tuple[str, ...]]:
    """Return the first `most` points `(n, 2)` of a table, or of all of a folder or zip, and what there is to say.

    Raises `BadInput` for `where` if there are none.
    """
    source = open_source(path, where, single=True, wanted=TABLES)
    found, bad = list[Array](), list[str]()
    for file in source.listing.files:
        if sum(map(len, found)) >= most:
            break
        try:
            found.append(read_points(source.read(file)))
        except Unusable as error:
            bad.append(f"{file.label} ({error})")
    if not found:
        raise BadInput(where, f"{source.label} holds no points: {some(bad)}")
    told = (f"{counted(len(bad), 'table', 'tables')} skipped: {some(bad)}",) if bad else ()
    return np.concatenate(found)[:most], told


def _parted(line: str, sign: str | None) -> list[str]:
    return [part.strip().strip('"').strip() for part in line.split(sign)]


def _columns(first: Sequence[str], heading: Sequence[str]) -> tuple[int, int]:
    """Return which columns are x and y."""
    if "x" in heading and "y" in heading:
        return heading.index("x"), heading.index("y")
    if len(first) != 2:
        columns = "one column" if len(first) == 1 else f"{len(first):,} columns"
        raise Unusable(f"{columns}; it takes two, or a first line that says which are x and y")
    return 0, 1


def _number(text: str, sign: str | None) -> float | None:
    try:
        value = float(text.replace(",", ".") if sign == ";" else text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None
