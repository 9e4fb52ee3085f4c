"""What was measured, as Markdown: a table per headline row, a table per sweep, and what it was measured on."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from contest.contestants import CONTESTANTS, MIXED, OURS
from contest.rows import Row

Rounds = Sequence[Mapping[str, Any]]
Measured = Mapping[str, Rounds]
"""What one row's contestants answered in every round, by their names; `floor` among them."""


def heading(threads: int, rounds: int, device: str) -> str:
    """Return machine, versions and what the columns are."""
    versions = [f"Python {platform.python_version()}", f"torch {version('torch')}"]
    versions += [f"{each.name} {each.version}" for each in CONTESTANTS if each.package != "torch"]
    clock = ", of the processor" if device == "cpu" and threads == 1 else ""
    where = f"{_processor()}, {os.cpu_count()} cores seen, {threads} used"
    return "\n".join(
        [
            f"{date.today().isoformat()} · {where} · device {_device(device)} · {', '.join(versions)}",
            "",
            f"Milliseconds per outer step{clock}: medians of at least 5 steps, then over {rounds} rounds in turn,",
            "every one in a fresh process; in brackets the fastest and the slowest round. Memory: the highest above",
            "imports and set-up, warm-up and recording included. Gradient: the largest ‖a − b‖ / ‖b‖ over parameters,",
            "b in float64 by the task loop (Reptile's is a difference of nearly equal numbers, which costs everyone",
            "digits). Floor: products of the leanest exact form over measured matrix speed, or bytes over bandwidth,",
            "the longer.",
        ]
    )


def headline_table(row: Row, measured: Measured) -> str:
    """Return one row's table: everyone's time, memory and distance, and the floor."""
    lines = [
        f"\n### {row.title} (`{row.name}`)\n",
        "| | ms | × ours | MB | × ours | gradient off by | |",
        "|" + "---|" * 7,
    ]
    ours = measured.get(OURS, [])
    for name, rounds in measured.items():
        if name == "floor":
            continue
        times, peaks = values(rounds, "ms"), values(rounds, "peak")
        if not times:
            lines.append(f"| {name} | | | | | | {_why(rounds)} |")
            continue
        times_ours, peaks_ours = (_ratio(found, values(ours, what)) for found, what in ((times, "ms"), (peaks, "peak")))
        off = f"{max(values(rounds, 'difference')):.1e}"
        peak = f"{statistics.median(peaks) / 1e6:,.0f}"
        remark = _remark(name, rounds)
        lines.append(f"| {name} | {_spread(times)} | {times_ours} | {peak} | {peaks_ours} | {off} | {remark} |")
    return "\n".join([*lines, *_floor_lines(measured)])


def sweep_table(sweep: str, rows: Sequence[Row], measured: Mapping[str, Measured]) -> str:
    """Return one sweep's tables, of times and of memory: a line per value, a column per contestant."""
    names = [name for name in measured[rows[0].name] if name != "floor"]
    lines: list[str] = []
    for title, what, unit in (("milliseconds per step", "ms", 1.0), ("megabytes", "peak", 1e-6)):
        floor = ["floor"] if what == "ms" else []
        lines += [f"\n### {sweep}: {title}\n", f"| {sweep} | " + " | ".join(names + floor) + " |"]
        lines.append("|" + "---|" * (len(names) + len(floor) + 1))
        for row in rows:
            cells = [_median(measured[row.name].get(name, []), what, unit) for name in names + floor]
            lines.append(f"| {row.at} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def values(rounds: Rounds, what: str) -> list[float]:
    """Return one number of every round that has it."""
    return [float(answer[what]) for answer in rounds if what in answer]


def _remark(name: str, rounds: Rounds) -> str:
    """Return what is out of the ordinary with how ours was computed."""
    if name not in (OURS, MIXED):
        return ""
    if all(answer.get("graphed") for answer in rounds):
        return "as a CUDA graph"
    return "" if all(answer.get("replayed") for answer in rounds) else "not replayed"


def _floor_lines(measured: Measured) -> list[str]:
    rounds = measured.get("floor", [])
    if not values(rounds, "ms"):
        return [f"| floor | | | | | | {_why(rounds)} |"]
    flop, moved = values(rounds, "flop")[0], values(rounds, "bytes")[0]
    speed, band = (statistics.median(values(rounds, f"{what}_per_second")) for what in ("flop", "bytes"))
    share = _ratio(values(rounds, "ms"), values(measured.get(OURS, []), "ms"))
    reason = (
        f"{flop / 1e9:.2f} GFLOP at {speed / 1e9:.0f} GFLOP/s: {1e3 * flop / speed:.1f} ms; "
        f"{moved / 1e9:.2f} GB at {band / 1e9:.0f} GB/s: {1e3 * moved / band:.1f} ms"
    )
    return [f"| floor | {_spread(values(rounds, 'ms'))} | {share} | | | | {reason} |"]


def _spread(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.1f} ({min(times):.1f} to {max(times):.1f})"


def _ratio(found: Sequence[float], ours: Sequence[float]) -> str:
    return f"{statistics.median(found) / statistics.median(ours):.2f}" if found and ours else ""


def _median(rounds: Rounds, what: str, unit: float) -> str:
    found = values(rounds, what)
    return f"{unit * statistics.median(found):,.1f}" if found else _why(rounds)


def _why(rounds: Rounds) -> str:
    return next((str(answer["left_out"]) for answer in rounds if "left_out" in answer), "not measured")


def _device(device: str) -> str:
    """Return a device as torch writes it, and which card that is."""
    if not device.startswith("cuda"):
        return device
    import torch  # to know the card's name

    return f"{device} ({torch.cuda.get_device_name(device)})"


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text().splitlines() if listed.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
