"""Do intervals cover as often as they say, and do arms that do not differ come out level? By simulation.

    python benchmarks/intervals.py --repetitions 4000 > benchmarks/results/intervals.md

Differences `(seeds, tasks)` are drawn from four laws, with what tasks share, what seeds share and what neither does in
several proportions; told is the worst of them. "Covered" is how often the 95 % interval holds the true mean of
differences that follow the law itself, which of exponential and lognormal ones is lopsided; "false alarms" how often
two arms that both follow the law come out different (their differences are even). Then: few groups, and tasks of one
group that share something.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence

import numpy as np

from metagen_gui.engine.statistics import CONFIDENCE, Values, by_group, compare, scatter, student

Law = Callable[[tuple[int, ...]], Values]
SEEDS, TASKS, FEW = (1, 2, 3, 5), (20, 50, 100), (5, 10)
SHARES: tuple[tuple[float, float, float], ...] = ((0, 1, 0), (0, 1, 1), (0, 0, 1), (0.1, 1, 1), (0.3, 1, 1), (1, 1, 1))
"""Standard deviations of what a seed's tasks share (normal), of what a task's seeds share, and of the rest."""
AT_LEAST, AT_MOST, LOOK = 0.93, 0.06, 100
"""The bars; and p is worked out for every so many."""


def laws(random: np.random.Generator) -> dict[str, Law]:
    """Return the laws, with mean 0 and variance 1."""
    spread = math.sqrt((math.e - 1) * math.e)
    return {
        "normal": lambda shape: random.normal(size=shape),
        "exponential": lambda shape: random.exponential(size=shape) - 1,
        "lognormal": lambda shape: (random.lognormal(size=shape) - math.sqrt(math.e)) / spread,
        "Student, t3": lambda shape: random.standard_t(3, size=shape) / math.sqrt(3),
    }


def share_of(repetitions: int, holds: Callable[[int], bool]) -> float:
    """Return how often something holds."""
    return sum(map(holds, range(repetitions))) / repetitions


def covers(values: Values, look: bool = False) -> bool:
    """Return whether the interval of `values`, whose true mean is 0, holds it; at a look, see that p says the same."""
    found, mean = scatter(values), float(values.mean())
    held = -found.reach(1 - CONFIDENCE, 1) <= mean <= found.reach(1 - CONFIDENCE, -1)
    if look:
        told = compare(values)
        assert (told.p >= 1 - CONFIDENCE) == held == (not told.is_clear), told
    return held


def plainly(values: Values) -> bool:
    """Return whether Student's interval over tasks alone would hold it."""
    means = values.mean(0)
    reach = student(1 - CONFIDENCE, len(means) - 1) * means.std(ddof=1) / math.sqrt(len(means))
    return bool(abs(means.mean()) <= reach)


def worst(
    draw: Law, seeds: int, tasks: int, repetitions: int, random: np.random.Generator, of: Callable[..., bool] = covers
) -> float:
    """Return the lowest coverage over all `SHARES`."""

    def one(of_seed: float, of_task: float, rest: float, number: int) -> bool:
        values = of_task * draw((1, tasks)) + rest * draw((seeds, tasks)) + of_seed * random.normal(size=(seeds, 1))
        return of(values, number % LOOK == 0) if of is covers else of(values)

    mixed = [shares for shares in SHARES if seeds > 1 or not shares[0]]
    return min(share_of(repetitions, lambda number, s=shares: one(*s, number)) for shares in mixed)  # type: ignore[misc]


def twice(draw: Law) -> Law:
    """Return the law of the difference of two arms that both follow a law."""
    return lambda shape: (draw(shape) - draw(shape)) / math.sqrt(2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=4_000)
    repetitions = parser.parse_args().repetitions
    random = np.random.default_rng(16)
    found = laws(random)
    low, high = 1.0, 0.0
    print("| law | seeds | " + " | ".join(f"covered, n = {n} | false alarms" for n in TASKS) + " |")
    print("|---|---|" + "---|---|" * len(TASKS), flush=True)
    for name, draw in found.items():
        for seeds in SEEDS:
            cells = []
            for tasks in TASKS:
                covered = worst(draw, seeds, tasks, repetitions, random)
                alarms = 1 - worst(twice(draw), seeds, tasks, repetitions, random)
                low, high = min(low, covered), max(high, alarms)
                cells += [f"{covered:.3f}", f"{alarms:.3f}"]
            print(f"| {name} | {seeds} | {' | '.join(cells)} |", flush=True)
    print(f"\nLowest coverage {low:.3f} (wanted {AT_LEAST}), most false alarms {high:.3f} (wanted {AT_MOST}).\n")
    print("| Student's t over tasks alone | " + " | ".join(f"covered, n = {n}" for n in TASKS) + " |")
    print("|---|" + "---|" * len(TASKS), flush=True)
    for name, draw in found.items():
        for seeds in (1, 3):
            cells = [f"{worst(draw, seeds, tasks, repetitions, random, plainly):.3f}" for tasks in TASKS]
            print(f"| {name}, {seeds} seed{'s' * (seeds > 1)} | {' | '.join(cells)} |", flush=True)
    print("\n| few groups | " + " | ".join(f"covered, {n} groups | false alarms" for n in FEW) + " |")
    print("|---|" + "---|---|" * len(FEW), flush=True)
    for name, draw in found.items():
        pairs = ((worst(law, 1, n, repetitions, random) for law in (draw, twice(draw))) for n in FEW)
        print(f"| {name} | " + " | ".join(f"{a:.3f} | {1 - b:.3f}" for a, b in pairs) + " |", flush=True)
    clustered(random, repetitions)


def clustered(random: np.random.Generator, repetitions: int, groups: Sequence[int] = (5, 10, 20)) -> None:
    """Print how often 100 tasks of few groups come out different by chance, counted as tasks and as groups."""
    print("\n| tasks of a group correlate | " + " | ".join(f"{n} groups: as tasks | as groups" for n in groups) + " |")
    print("|---|" + "---|---|" * len(groups), flush=True)
    for correlation in (0.05, 0.1, 0.2):
        cells = []
        for count in groups:
            owner = random.integers(count, size=100)
            names = [str(one) for one in owner]
            kinds: tuple[list[str], ...] = ([], names)
            missed = [0, 0]
            for _ in range(repetitions):
                shared = math.sqrt(correlation) * random.normal(size=count)[owner]
                values = (shared + math.sqrt(1 - correlation) * random.normal(size=100))[None]
                missed = [
                    before + (not covers(by_group(values, kind))) for before, kind in zip(missed, kinds, strict=True)
                ]
            cells += [f"{each / repetitions:.3f}" for each in missed]
        print(f"| {correlation} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
