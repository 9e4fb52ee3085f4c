"""GANs on rings, grids and scattered modes: how many modes arms find after 5, 20 and 100 rounds of adaptation.

    python benchmarks/mixtures.py --seeds 5 --tasks 100 --seconds 45 --out FOLDER

Trains a GAN on all three shapes together, jointly, by Reptile and by MAML, with as much computing for each; then
adapts these and fresh weights to held-out densities, as tuned on validation tasks, and prints a table in Markdown: the
share of the modes that are found and the share of samples within 3σ of one, with 95 % intervals over tasks and seeds.
The folder keeps what was done (it is that of a test of claims, with its report): interrupted, it goes on where it was.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from metagen_gui.engine.claims.examination.events import ClaimsAdvanced, ClaimsFinished
from metagen_gui.engine.claims.examination.runner import examine
from metagen_gui.engine.claims.findings import Findings
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.claims.scoring import Judge
from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.statistics import Values, compare

PRESETS = Path(__file__).parents[1] / "resources" / "presets"
STEPS = (5, 20, 100)
ARMS = ("random", "joint + fine-tuning", "reptile", "maml")
SHAPES = {"rings": "ring of", "grids": "grid of", "scattered": "scattered"}
"""What the names of tasks of a shape contain."""
MEASURES = {"modes_found": "modes found", "within_3_sigma": "within 3σ"}
SECOND_ORDER = (
    "model.mmd_weight",
    "training.meta_batch_size",
    "training.query_size",
    "algorithm.learned_rates",
)
"""What MAML takes from its own preset; Reptile, joint training and fresh weights are those of Reptile's."""


def plan(seeds: int, tasks: int, seconds: float) -> ClaimPlan:
    """Return what is trained, and how it is tested."""
    experiment = Experiment.load(PRESETS / "densities-gan.json")
    for path, value in {"shape": "mixtures", "most_modes": 9, "mode_width": 0.1}.items():
        experiment = experiment.with_value(f"tasks.{path}", value)
    second = Experiment.load(PRESETS / "densities-gan-maml.json")
    changes = {path: getattr(second.config(path.split(".")[0]), path.split(".")[1]) for path in SECOND_ORDER}
    given = {
        "claims": ("collapses",),
        "arms": ARMS,
        "changes": {"maml": changes},
        "seeds": tuple(range(seeds)),
        "seconds": seconds,
        "compare_at": ("equal compute",),
        "tasks": tasks,
        "validation_tasks": 16,
        "adaptation_steps": STEPS,
    }
    return ClaimPlan.of(experiment, given)


def lines(findings: Findings, names: tuple[str, ...]) -> Iterator[str]:
    """Yield the table: a row per shape and arm."""
    head = [f"{title}, {step}" for title in MEASURES.values() for step in STEPS]
    yield "| shape | tasks | arm | " + " | ".join(head) + " |"
    yield "|---" * (len(head) + 3) + "|"
    for shape, part in SHAPES.items():
        chosen = np.array([part in name for name in names])
        for arm in findings.arms:
            scored = findings.scored(arm, "equal compute")
            cells = [
                interval(np.stack([one.own.values[name][one.own.rows.index(step)][chosen] for one in scored]))
                for name in MEASURES
                for step in STEPS
            ]
            yield f"| {shape} | {chosen.sum()} | {arm.title} | " + " | ".join(cells) + " |"


def interval(values: Values) -> str:
    """Return the mean of `values` `(seeds, tasks)` and its 95 % interval; tasks that diverged are left out and told."""
    sound = np.isfinite(values).all(0)
    found = compare(values[:, sound])
    lost = "" if sound.all() else f", {np.isnan(values).mean():.0%} diverged"
    return f"{found.mean:.2f} ({found.low:.2f} to {found.high:.2f}{lost})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tasks", type=int, default=100, help="held-out densities, of all shapes together")
    parser.add_argument("--seconds", type=float, default=45.0, help="of training, for each arm and seed")
    parser.add_argument("--out", type=Path, required=True, help="folder of the test; goes on if it holds one")
    given = parser.parse_args()
    use_threads()
    made, findings, told = plan(given.seeds, given.tasks, given.seconds), None, ""
    for event in examine(made, given.out):
        if isinstance(event, ClaimsAdvanced) and told != (told := event.text.split(": outer step")[0]):
            print(f"{event.share:4.0%}  {told}", flush=True)
        elif isinstance(event, ClaimsFinished):
            findings = event.findings
    assert findings is not None
    print(*lines(findings, Judge(made).test.batch.names), sep="\n")
    print("\nouter steps:", ", ".join(f"{name} {count}" for name, count in findings.shared["equal compute"].items()))
    for one in findings.verdicts:
        print(f"\n{one.sentence}")
    for (arm, _, seed), one in findings.scores.items():
        way = {name: value for name, value in one.choice.way.items() if name in ("inner_lr", "inner_optimizer")}
        print(f"{arm}, seed {seed}: {way}, best after {one.choice.step}")


if __name__ == "__main__":
    main()
