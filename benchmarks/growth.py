"""What an outer step costs as tasks, width and resolution grow: predicted by operations and bytes, beside measured.

    python benchmarks/growth.py [--only tasks width size conv-size] [--longest 3]

A step is predicted to take a + b · floor, where the floor is what its operations and bytes must take on this machine
(`contest/floor.py`) and a is what Python and torch take between them. Both are fitted on the first two rows of an axis,
whose predictions are therefore no test; all others are. Bytes are predicted by the program's own plan, which looks at
few tasks. What is predicted to take longer than `--longest` seconds a step, or half of the free memory, is not
measured. A day of an H200 is predicted from its data sheet and measured nowhere.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import torch
from contest.contestants import OURS
from contest.report import heading
from contest.rows import SIZES, SWEEPS, Row
from inner_loop import ask

from metagen_gui.engine.beneath_autograd.memory import free_bytes

AXES = {
    axis: [row for row in (*SWEEPS, *SIZES) if row.sweep == axis] for axis in ("tasks", "width", "size", "conv-size")
}
H200 = {"flop": 0.5 * 67e12, "bytes": 0.5 * 4.8e12}
"""Half of what NVIDIA states a second in float32, without tensor cores: products here are small for such a card."""
KERNELS, EACH = 4_300, 2e-6
"""Operations that compute in a recorded step of MAML in five steps, and seconds for each in a CUDA graph."""
DAY = 86_400
COLUMNS = (
    "GFLOP",
    "GB moved",
    "ms, predicted",
    "ms, measured",
    "MB, planned",
    "MB, measured",
    "million steps of an H200's day, *predicted*",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=AXES, default=list(AXES))
    parser.add_argument("--longest", type=float, default=3.0)
    given = parser.parse_args()
    print(heading(1, 1, "cpu").splitlines()[0])
    for axis in given.only:
        print(f"\n| {axis} | {' | '.join(COLUMNS)} |")
        print(f"|{'---|' * (1 + len(COLUMNS))}")
        for row in table(AXES[axis], given.longest):
            print(f"| {' | '.join(row)} |", flush=True)


def table(rows: list[Row], longest: float) -> Iterator[tuple[str, ...]]:
    """Yield the cells of every row of an axis."""
    seen: list[tuple[float, float]] = []
    for row in rows:
        floor = ask({"row": row.name, "contestant": "floor", "device": "cpu", "threads": 1})
        if "left_out" in floor:
            yield (str(row.at), floor["left_out"], *[""] * 6)
            continue
        predicted = line(seen)(floor["ms"]) if len(seen) > 1 else None
        heavy = floor["planned"] > free_bytes(torch.device("cpu")) / 2
        found = {"left_out": "not measured"}
        if not heavy and (predicted or floor["ms"]) < 1000 * longest:
            found = ask({"row": row.name, "contestant": OURS, "device": "cpu", "threads": 1})
        if "ms" in found and len(seen) < 2:
            seen.append((floor["ms"], found["ms"]))
        yield (
            str(row.at),
            f"{floor['flop'] / 1e9:.1f}",
            f"{floor['bytes'] / 1e9:.2f}",
            "(fitted)" if predicted is None else f"{predicted:,.0f}",
            f"{found['ms']:,.1f}" if "ms" in found else found["left_out"],
            f"{floor['planned'] / 1e6:,.0f}" if floor["planned"] else "",
            f"{found['peak'] / 1e6:,.0f}" if "peak" in found else "",
            f"{DAY / seconds_on_h200(floor) / 1e6:.1f}",
        )


def line(seen: list[tuple[float, float]]) -> Any:
    """Return the straight line through two points; one that would fall goes through the origin and the second."""
    (x, y), (u, v) = seen
    slope = (v - y) / (u - x)
    return (lambda at: y + slope * (at - x)) if slope > 0 else (lambda at: at * v / u)


def seconds_on_h200(floor: dict[str, float]) -> float:
    """Return what a step is predicted to take there: its operations or its bytes, and its kernels' starts."""
    return KERNELS * EACH + max(floor[what] / H200[what] for what in ("flop", "bytes"))


if __name__ == "__main__":
    main()
