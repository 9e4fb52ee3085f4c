"""Does the test of claims keep its level? Repeat it where there is nothing to be found, and where there is.

    python benchmarks/null.py --repetitions 20 --out somewhere

Every repetition is a test of its own with another seed: data, initial weights, tasks. It trains a meta-learner on
classes, and the null on shuffled classes, whose support tells nothing of the query. Counted is how often "Adaptation
helps" is confirmed for either: for the null that is a false alarm, which a test at 95 % may give once in twenty; for
the other the power of the test. Outer rates are those of the experiment. A test that was interrupted goes on where it
was.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from metagen_gui.engine.claims.examination.events import ClaimsFinished
from metagen_gui.engine.claims.examination.runner import examine
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.claims.verdicts import Verdict
from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.experiment import Experiment

LEVEL = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--experiment", type=Path, help="an experiment file; without one, the defaults")
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    use_threads()
    experiment = Experiment.load(given.experiment) if given.experiment else Experiment()
    counts = {True: 0, False: 0}
    print("| seed | shuffled classes | classes |\n|---|---|---|", flush=True)
    for seed in range(given.repetitions):
        verdicts = repetition(experiment, seed, given.seconds, given.out / str(seed))
        for null in counts:
            counts[null] += verdicts[null].status == "confirmed"
        cells = [f"{verdicts[null].status}: {'; '.join(verdicts[null].parts)}" for null in counts]
        print(f"| {seed} | {' | '.join(cells)} |", flush=True)
    for null, count in counts.items():
        print(
            f"\n{'Shuffled classes' if null else 'Classes'}: confirmed in {count} of {given.repetitions} "
            f"(as many or more at a level of {LEVEL}: p {as_many(count, given.repetitions):.2g})"
        )


def as_many(count: int, of: int) -> float:
    """Return the probability of `count` false alarms or more in `of` tests at `LEVEL`."""
    return sum(math.comb(of, k) * LEVEL**k * (1 - LEVEL) ** (of - k) for k in range(count, of + 1))


def repetition(experiment: Experiment, seed: int, seconds: float, out: Path) -> dict[bool, Verdict]:
    """Test whether adaptation helps; return the verdicts, that of the null under True."""
    trained = int(experiment.config("algorithm").adaptation_steps)
    settings = {
        "claims": ("adapts",),
        "arms": (experiment.algorithm, "null"),
        "compare_at": ("equal compute",),
        "seeds": (seed,),
        "seconds": seconds,
        "validation_tasks": 16,
        "candidates": 3,
        "adaptation_steps": (1, trained, 2 * trained),
        "outer_rates": (1.0,),
    }
    *_, last = examine(ClaimPlan.of(experiment, settings), out)
    assert isinstance(last, ClaimsFinished)
    return {verdict.is_null: verdict for verdict in last.findings.verdicts}


if __name__ == "__main__":
    main()
