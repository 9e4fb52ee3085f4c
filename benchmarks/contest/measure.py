"""One contestant on one row in a process of its own, as `python -m contest.measure ORDER`; prints JSON.

An order is a JSON object: `row` (its name), `contestant` (a name, or `reference` or `floor`), `device`, `threads` and
`reference` (the file that holds the gradient in float64, which the order of that name writes).
"""

from __future__ import annotations

import json
import statistics
import sys
from importlib import import_module
from typing import Any

import torch

from contest.clock import clock_for
from contest.contestants import CONTESTANTS, LEAN, MIXED, OURS, WRITTEN
from contest.floor import bandwidth, floor_of, matrix_speed
from contest.memory import PeakMemory
from contest.rows import chosen_rows
from contest.task_loops import PlainLoop
from contest.work import NotApplicable, draw_batches, in_double, largest_difference, learner_for, work_of

WARM_UP = {OURS: 12, MIXED: 12}
WARM_UP_OF_OTHERS = 2
LEAST, LONGEST, MOST = 5, 2.0, 100
"""Timed steps: at least so many, then until so many seconds or so many steps are over."""


def main() -> None:
    order = json.loads(sys.argv[1])
    torch.set_num_threads(order["threads"])
    answer = {"reference": write_reference, "floor": measure_floor}.get(order["contestant"], measure)
    try:
        print(json.dumps(answer(order)))
    except NotApplicable as why:
        print(json.dumps({"left_out": str(why)}))


def measure(order: dict[str, Any]) -> dict[str, Any]:
    """Return milliseconds per step, the peak of memory in bytes and the gradient's distance from any reference."""
    (row,) = chosen_rows("all", [order["row"]])
    learner = learner_for(row, order["device"])
    batches = draw_batches(learner)
    contestant = build(order["contestant"], learner)
    given = [*map(contestant.taken, batches)] if hasattr(contestant, "taken") else batches
    wake_up(learner.device)
    memory = PeakMemory(learner.device)
    for number in range(WARM_UP.get(order["contestant"], WARM_UP_OF_OTHERS)):
        contestant(given[number % len(given)])
    times = timed(contestant, given, learner.device)
    found: dict[str, Any] = {
        "ms": 1000 * statistics.median(times),
        "steps": len(times),
        "peak": memory.grown(),
        "replayed": getattr(contestant, "replaying", None),
        "graphed": getattr(contestant, "graphed", None),
    }
    if "reference" not in order:
        return found
    gradients = contestant(given[0])
    told = contestant.told(gradients) if hasattr(contestant, "told") else gradients
    return {**found, "difference": largest_difference(told, torch.load(order["reference"]))}


def build(name: str, learner: Any) -> Any:
    """Return a contestant, ready for batches; raise `NotApplicable` if it cannot do this work."""
    chosen = next(contestant for contestant in CONTESTANTS if contestant.name == name)
    module, _, kind = chosen.built_by.partition(":")
    constructor = getattr(import_module(f"contest.{module}"), kind)
    if name == LEAN:
        return constructor(learner)
    if name == MIXED:
        return constructor(learner, replay=True, precision="mixed")
    return constructor(learner, replay=name == OURS) if name in (OURS, WRITTEN) else constructor(work_of(learner))


def wake_up(device: torch.device) -> None:
    """Let torch load what it loads with its first products and gradients, so that nobody's memory counts it."""
    weight = torch.ones(2, 2, device=device, requires_grad=True)
    image = torch.ones(1, 1, 4, 4, device=device)
    torch.autograd.grad(torch.nn.functional.conv2d(image, weight[None, None]).sum() + (weight @ weight).sum(), weight)


def timed(contestant: Any, batches: list[Any], device: torch.device) -> list[float]:
    """Return the seconds of single steps on batches in the contestant's own form."""
    times, clock = list[float](), clock_for(device)
    while len(times) < LEAST or (sum(times) < LONGEST and len(times) < MOST):
        finish(device)
        began = clock()
        contestant(batches[len(times) % len(batches)])
        finish(device)
        times.append(clock() - began)
    return times


def finish(device: torch.device) -> None:
    """Wait for what the device has been given to do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def write_reference(order: dict[str, Any]) -> dict[str, Any]:
    """Compute the first batch's gradient task by task in float64 on the CPU, and write it to a file."""
    (row,) = chosen_rows("all", [order["row"]])
    learner = learner_for(row, "cpu")
    drawn = draw_batches(learner_for(row, order["device"]))[0]  # a GPU draws other noise
    work, batch = in_double(work_of(learner), drawn)
    torch.save(PlainLoop(work)(batch), order["reference"])
    return {}


def measure_floor(order: dict[str, Any]) -> dict[str, Any]:
    """Return what a step of the row needs, and how fast this machine is."""
    (row,) = chosen_rows("all", [order["row"]])
    learner = learner_for(row, order["device"])
    batch = draw_batches(learner)[0]
    flop, moved = floor_of(work_of(learner), batch)
    found: dict[str, float] = {"flop": flop, "bytes": moved}
    found["flop_per_second"] = matrix_speed(learner.device, batch.support.shape[0] * batch.support.shape[1])
    found["bytes_per_second"] = bandwidth(learner.device)
    plan = learner.plan_memory()
    found["planned"] = plan.needed if plan else 0
    found["ms"] = 1000 * max(flop / found["flop_per_second"], moved / found["bytes_per_second"])
    return found


if __name__ == "__main__":
    main()
