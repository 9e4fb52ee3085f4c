"""Examples that are no pictures, from tables of numbers and to them: a row each, a comma between."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from metagen_gui.engine.settings.bad_input import BadInput

LARGEST = 100_000_000


@dataclass
class Tables:
    """Examples of a shape as rows of numbers; the file says them, the model sees (numbers − middle) / spread."""

    shape: tuple[int, ...]
    middle: tuple[float, ...]
    spread: float
    usual: str = "samples.csv"

    def read(self, path: Path) -> Tensor:
        """Return the rows of a file `(n, *shape)`; a first line that is no numbers is a heading."""
        if path.stat().st_size > LARGEST:
            raise BadInput(str(path), "too large")
        found = list[list[float]]()
        for line, row in enumerate(csv.reader(path.read_text("utf-8-sig").splitlines()), 1):
            try:
                numbers = [float(cell) for cell in row]
            except ValueError:
                if line == 1:
                    continue
                raise BadInput(str(path), f"line {line} is no numbers") from None
            if row and (len(row) != math.prod(self.shape) or not all(map(math.isfinite, numbers))):
                raise BadInput(str(path), f"line {line}: {math.prod(self.shape)} finite numbers are expected")
            found += [numbers] if row else []
        if not found:
            raise BadInput(str(path), "there are no examples")
        values = (torch.tensor(found, dtype=torch.float64) - torch.tensor(self.middle)) / self.spread
        return values.float().view(-1, *self.shape)

    def write(self, path: Path, samples: Tensor) -> None:
        """Write samples, a row each."""
        values = samples.flatten(1).double() * self.spread + torch.tensor(self.middle)
        head = ["x", "y"] if values.shape[1] == 2 else [f"x{place}" for place in range(values.shape[1])]
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(
                [head, *([f"{x:.9g}" for x in row] for row in values.tolist())]
            )
