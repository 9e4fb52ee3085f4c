"""Reading `metrics.csv`, also while it is being written: a torn last line is dropped, a long file thinned."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from metagen_gui.engine.files import open_regular
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.names import METRICS

TAIL = 2**16
MOST_DIGITS = 18
"""Of an outer step: what 64 bits hold."""
MOST_OF_A_LINE = 2**20
MOST_ROWS = 50_000
"""Rows of training, and of validation, that are kept of a longer file, evenly spread: memory stays bounded."""


@dataclass(frozen=True)
class Curves:
    """The columns of a run's metrics over its outer steps `(n,)`; NaN where a row has no value."""

    meta_step: npt.NDArray[np.int64]
    columns: Mapping[str, npt.NDArray[np.float64]]


def last_step(path: Path) -> int:
    """Return the outer step of the last whole row, read from the file's end; 0 if there is none."""
    with suppress(OSError, ValueError), _opened(path) as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        whole = file.read().rpartition(b"\n")[0]
        cell = whole.rpartition(b"\n")[2].partition(b",")[0]
        return int(cell) if len(cell) <= MOST_DIGITS else 0
    return 0


def read_curves(folder: Path) -> Curves:
    """Return the curves of a run; raise `BadInput` if its metrics cannot be read."""
    return read_rows(folder, 0)[0]


def read_rows(folder: Path, begin: int) -> tuple[Curves, int]:
    """Return the curves in the rows from byte `begin` on, and where the last whole one ends; raise `BadInput`."""
    path = folder / METRICS
    kinds = {True: _Thinned(), False: _Thinned()}
    try:
        with _opened(path) as file:
            names = _names(file.readline(MOST_OF_A_LINE))
            end = file.seek(max(begin, file.tell()))
            while line := file.readline(MOST_OF_A_LINE):
                end += len(line) if line.endswith(b"\n") else 0
                cells = line.rstrip(b"\n").split(b",")
                if line.endswith(b"\n") and len(cells) == len(names) > 2:
                    kinds[bool(cells[2])].add(cells)
    except OSError as error:
        raise BadInput(str(path), error.strerror or str(error)) from None
    rows = sorted((row for kind in kinds.values() for row in kind.rows), key=lambda row: float(row[0]))
    table = np.array(rows).reshape(len(rows), len(names))
    columns = {name: table[:, place] for place, name in enumerate(names) if place}
    return Curves(table[:, 0].astype(np.int64) if names else np.zeros(0, np.int64), columns), end


def _names(line: bytes) -> list[str]:
    """Return the names of the columns, none where this is no head of a run's metrics."""
    with suppress(csv.Error):
        names = next(csv.reader([line.decode("utf-8", "replace")]), [])
        return names if "seconds" in names[1:] else []
    return []


def _opened(path: Path) -> BinaryIO:
    return os.fdopen(open_regular(path, os.O_RDONLY), "rb")


@dataclass
class _Thinned:
    """Rows of one kind; when there are too many, every second goes, and from then on every second is taken."""

    rows: list[npt.NDArray[np.float64]] = field(default_factory=list)
    stride: int = 1
    met: int = 0

    def add(self, cells: list[bytes]) -> None:
        self.met += 1
        if (self.met - 1) % self.stride:
            return
        with suppress(ValueError):  # somebody's edit; the other rows are still good
            row = np.array([float(cell) if cell else np.nan for cell in cells])
            if 0 <= row[0] < 2**63:
                self.rows.append(row)
        if len(self.rows) >= 2 * MOST_ROWS:
            del self.rows[1::2]
            self.stride *= 2
