"""Does a race name the winner that `metagen evaluate` does? Three algorithms, equal seconds of computing, one CPU.

    python benchmarks/races.py --seconds 60 --tasks sinusoids

The lanes are the defaults of the family with each algorithm. After the race `metagen evaluate --json` scores the same
runs in a process of its own, once with every run as the first, and what it says of each pair is held against the
verdict, to the last digit. Written too: the seconds that lanes really took, and how far apart lanes were on the way.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.races.events import LaneLooked, RaceFinished
from metagen_gui.engine.races.folder import RaceFolder
from metagen_gui.engine.races.race import Lane, Race, lane_for
from metagen_gui.engine.races.runner import run_race, seconds_of
from metagen_gui.engine.races.verdict import Verdict
from metagen_gui.engine.store.library import read_entry


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--tasks", default="sinusoids")
    parser.add_argument("--algorithms", nargs="+", default=["maml", "fomaml", "reptile"])
    given = parser.parse_args()
    use_threads()
    lanes: list[Lane] = []
    for name in given.algorithms:
        experiment = Experiment().with_value("tasks.name", given.tasks).with_value("algorithm.name", name)
        lanes.append(lane_for(experiment.with_value("training.device", "cpu"), lanes))
    folder = RaceFolder.create(Race(tuple(lanes), "seconds", given.seconds)).path
    began, shares, apart = time.monotonic(), dict.fromkeys(range(len(lanes)), 0.0), 0.0
    verdict: Verdict | None = None
    for event in run_race(folder):
        if isinstance(event, LaneLooked):
            shares[event.lane] = event.seconds
            apart = max(apart, max(shares.values()) - min(shares.values()))
        elif isinstance(event, RaceFinished):
            verdict = event.verdict
    assert verdict is not None
    opened = RaceFolder(folder)
    print(f"| lane | outer steps | seconds in training | in looking | {verdict.title} on held-out tasks |")
    print("| - | -: | -: | -: | -: |")
    for one in verdict.standings:
        shown = f"{one.summary.mean:.4f} ± {one.summary.interval:.4f}"
        steps, (whole, looking) = read_entry(opened.runs[one.lane]).meta_step, seconds_of(opened.runs[one.lane])
        trained = whole - looking
        print(f"| {lanes[one.lane].name} | {steps:,} | {trained:.1f} | {looking:.1f} | {shown} |")
    print(
        f"\n{verdict.sentence}\n{verdict.notices}\nwall {time.monotonic() - began:.0f} s, apart at most {apart:.1f} s"
    )
    print(agreement(verdict, opened.runs))


def agreement(verdict: Verdict, runs: tuple[Path, ...]) -> str:
    """Return a sentence on whether `metagen evaluate` says the same of the runs, whichever is named first."""
    order = [one.lane for one in verdict.standings]
    found = evaluated([runs[lane] for lane in order])
    means = [_last(run)["mean"] for run in found["runs"]]
    same = means == [one.summary.mean for one in verdict.standings]
    best = all(one <= other for one, other in pairwise(means))
    pairs = [next(iter(pair["players"].values())) for pair in found["pairs"]]
    told = [(one.behind.mean, one.behind.interval) for one in verdict.standings[1:] if one.behind is not None]
    digits = [(pair["difference"], pair["interval"]) for pair in pairs] == told
    return f"metagen evaluate: same means {same}, same winner {best}, same differences and intervals {digits}"


def evaluated(runs: list[Path]) -> dict[str, Any]:
    """Return what the command prints."""
    program = "from metagen_gui.cli import main; main()"
    command = [sys.executable, "-c", program, "evaluate", *map(str, runs), "--json"]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def _last(run: dict[str, Any]) -> dict[str, Any]:
    steps: dict[str, dict[str, Any]] = next(iter(run["players"].values()))
    return steps[max(steps, key=int)]


if __name__ == "__main__":
    main()
