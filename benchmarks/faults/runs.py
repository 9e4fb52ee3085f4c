"""The fault campaign: kills, damages, fills, renames, poisons; prints fault × tries × survived × lost.

    python benchmarks/faults/runs.py                      all of it (some need root, for a small disk of their own)
    python benchmarks/faults/runs.py kill flips --tries 50 --seed 3
    python benchmarks/faults/runs.py --record FILE.md     also renew these rows in a table

A try is survived if nothing acknowledged was lost and, where the run goes on, it comes out as it would have.
"""

from __future__ import annotations

import argparse
import importlib
import os
import random
import sys
import tempfile
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported: children are forked, which threads do not survive

import torch
from campaign.children import warm_up
from campaign.outcome import FAULTS, Laboratory, Outcome
from campaign.table import HEAD, record

KINDS = (
    "kill", "calls_killed", "terminated", "together", "flips", "disks", "not_finite", "shortages", "closes", "cycles",
    "points", "clocks", "queues",
)  # fmt: skip


def main() -> int:
    for kind in KINDS:
        importlib.import_module(f"campaign.{kind}")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"all, or some of {', '.join(FAULTS)}")
    parser.add_argument("--tries", type=int, help="how often each, instead of its own number")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where to put the runs; without it, where temporary files go")
    parser.add_argument("--record", type=Path, metavar="FILE.md")
    given = parser.parse_args()
    unknown = set(given.faults) - set(FAULTS)
    if unknown:
        parser.error(f"no such fault: {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        warm_up(Path(folder) / "run")
    print(HEAD, end="", flush=True)
    lost = 0
    for name in given.faults or FAULTS:
        tries, function = FAULTS[name]
        with tempfile.TemporaryDirectory(prefix=f"faults-{name}-", dir=given.folder) as folder:
            os.environ["XDG_DATA_HOME"] = str(Path(folder) / "data")  # nothing is written to the runs of a person
            began = time.monotonic()
            laboratory = Laboratory(given.tries or tries, random.Random(given.seed), Path(folder))
            outcomes: list[Outcome] = []
            for outcome in function(laboratory):
                print(f"| {name} {outcome.row()}", flush=True)
                outcomes.append(outcome)
                lost += outcome.lost
            print(f"    {name}: {time.monotonic() - began:.0f} s", flush=True)
            if given.record:
                record(given.record, name, outcomes)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
