"""What several processes bring: the same experiment's outer steps by 1, 2 and 4 of them (strong scaling).

    python benchmarks/processes.py                                   # Markdown on the standard output
    python benchmarks/processes.py --counts 1 2 8 --steps 40 --device cuda

Every count is a fresh program per round, and rounds are interleaved; what counts is the quickest round's median step,
as other work on the computer only ever makes a step longer. Of that step it is told how long the first process waited
for the slowest of the others, and how long adding up took. The floor of adding up is what has to be moved: numbers
added, and the bytes that each process sends and receives in a ring, 2 (N − 1) / N of them. How far losses are apart is
relative, the most over all steps; every round has to repeat the first one's to the bit.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

CELLS: dict[str, dict[str, Any]] = {
    "strokes, VAE, MAML: the defaults, smaller": {"training.meta_batch_size": 16, "model.width": 128},
    "strokes, VAE of width 400, MAML": {"training.meta_batch_size": 16, "model.width": 400},
    "strokes, VAE of width 400, MAML, 64 tasks a step": {"training.meta_batch_size": 64, "model.width": 400},
    "sinusoids, curve, MAML: a step of milliseconds": {"tasks.name": "sinusoids", "training.meta_batch_size": 16},
}
WARM = 8
"""Steps before those that count: recordings are made, and memory is had."""
WAITING, ADDING = "agree", "sum"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--cells", nargs="+", default=[""], help="words of the cells to measure, instead of all")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--one", nargs=2, metavar=("CELL", "COUNT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measured(CELLS[given.one[0]], int(given.one[1]), given.steps, given.device)))
        return
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    about = f"{cores} cores ({platform.machine()}), device {given.device}; load {os.getloadavg()[0]:.1f} at the start"
    print(f"# Several processes\n\n{about}; {given.rounds} rounds of {given.steps} steps.", flush=True)
    for cell in (each for each in CELLS if any(word in each for word in given.cells)):
        found: dict[int, list[dict[str, Any]]] = {count: [] for count in given.counts}
        for _ in range(given.rounds):
            for count in given.counts:
                found[count].append(in_a_fresh_program(cell, count, given))
        print(table(cell, found), flush=True)


def in_a_fresh_program(cell: str, count: int, given: argparse.Namespace) -> dict[str, Any]:
    words = ["--one", cell, str(count), "--steps", str(given.steps), "--device", given.device]
    done = subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def measured(values: dict[str, Any], count: int, steps: int, device: str) -> dict[str, Any]:
    """Return what the steps of a run take by `count` processes, its losses, and how many numbers are added up."""
    from metagen_gui.engine.devices import use_threads
    from metagen_gui.engine.events import StepReport
    from metagen_gui.engine.experiment import Experiment
    from metagen_gui.engine.ranks.group import Group
    from metagen_gui.engine.run.outer_loop import meta_train

    use_threads()
    further = {"training.meta_steps": WARM + steps, "training.validate_every": 10**6, "training.validation_tasks": 1}
    experiment = Experiment()
    for path, value in {**values, **further, "training.device": device, "training.processes": count}.items():
        experiment = (
            experiment.with_value(path, value)
            if not path.endswith(".name")
            else experiment.with_plugin(
                path.partition(".")[0],
                value,  # type: ignore[arg-type]
            )
        )
    spent, added = {WAITING: [0.0], ADDING: [0.0]}, 0

    def timed(name: str) -> None:
        before = getattr(Group, name)

        def instead(self: Group, *args: Any, **named: Any) -> Any:
            nonlocal added
            began = time.perf_counter()
            out = before(self, *args, **named)
            spent[name][-1] += time.perf_counter() - began
            added = args[0].numel() if name == ADDING else added
            return out

        setattr(Group, name, instead)

    timed(WAITING)
    timed(ADDING)
    took: list[float] = []
    losses: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        began = 0.0
        for event in meta_train(experiment, out=Path(folder, "run"), previews=False):
            if isinstance(event, StepReport):
                now = time.perf_counter()
                if event.meta_step > WARM:
                    took.append(now - began)
                began = now
                losses += event.query_loss.values()
                for each in spent.values():
                    each.append(0.0)
    parts = {name: median(each[WARM : WARM + steps]) for name, each in spent.items()}
    return {"step": median(took), **parts, "losses": losses, "added": added}


def table(cell: str, found: dict[int, list[dict[str, Any]]]) -> str:
    """Return the rows of one cell as Markdown."""
    first = min(found)
    best = {count: min(rounds, key=lambda one: one["step"]) for count, rounds in found.items()}
    lines = [
        f"\n## {cell}\n",
        "| processes | ms a step | speed-up | efficiency | waiting for others | adding up | share | losses apart |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for count, one in best.items():
        speed = best[first]["step"] / one["step"]
        apart = max(abs(a - b) / abs(a) for a, b in zip(best[first]["losses"], one["losses"], strict=True))
        share = one[ADDING] / one["step"]
        lines.append(
            f"| {count} | {1e3 * one['step']:.1f} | {speed:.2f} | {first * speed / count:.0%} | "
            f"{1e3 * one[WAITING]:.2f} ms | {1e3 * one[ADDING]:.2f} ms | {share:.1%} | {apart:.1e} |"
        )
        again = [other["losses"] for other in found[count]]
        assert all(losses == again[0] for losses in again), f"{count} processes did not repeat themselves to the bit"
    numbers = max(one["added"] for one in best.values())
    if numbers:
        moved = ", ".join(
            f"{math.ceil(4 * numbers * 2 * (count - 1) / count / 1024):,} KiB by {count}"
            for count in found
            if count > 1
        )
        lines.append(
            f"\nFloor: {numbers:,} numbers added ({4 * numbers:,} bytes); each process sends and receives {moved}."
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
