"""Sweeps: do they survive whatever kills them, and do they find better settings than as many drawn at random.

    python benchmarks/sweeps.py killed FOLDER                          # 40 trials × 2 seeds, killed twice, by command
    python benchmarks/sweeps.py compare FOLDER CELL --seeds 0 1 2      # tpe against random, on one cell

`killed` starts `metagen sweep`, and kills the command and all its runs with SIGKILL when a third, and again when two
thirds of the trials are told. Then what the journal, the line and the run folders say is counted.

`compare` lets both samplers have as many trials of the same ranges, without pruning, which would give them different
amounts of computing. The best setting of each is scored on the same 400 test tasks, which chose nothing, and compared
in pairs, over tasks and seeds of training. Runs are forked from a process that has loaded torch: starting one takes
longer than training it. What is in FOLDER goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

SINUSOIDS = {"tasks": {"name": "sinusoids"}, "model": {"name": "curve"}}
DENSITIES = {"tasks": {"name": "densities"}, "model": {"name": "vae", "settings": {"width": 32}}}
GAUSSIANS = {"tasks": {"name": "gaussians"}, "model": {"name": "vae", "settings": {"width": 32}}}
RATES = {
    "algorithm.inner_lr": {"low": 0.0005, "high": 2, "log": True},
    "training.outer_lr": {"low": 0.00005, "high": 0.1, "log": True},
    "algorithm.adaptation_steps": {"low": 1, "high": 6},
    "training.outer_optimizer": {"choices": ["adam", "sgd"]},
    "training.lr_schedule": {"choices": ["constant", "linear", "cosine"]},
}
CELLS: Mapping[str, tuple[dict[str, Any], int, list[int]]] = {
    "sinusoids-maml": ({**SINUSOIDS, "algorithm": {"name": "maml"}}, 200, [0, 1]),
    "densities-reptile": ({**DENSITIES, "algorithm": {"name": "reptile"}}, 30, [0]),
    "gaussians-fomaml": ({**GAUSSIANS, "algorithm": {"name": "fomaml"}}, 30, [0]),
}
"""What is trained, for how many outer steps, with which seeds."""


def plan_of(cell: str, **more: Any) -> dict[str, Any]:
    experiment, steps, seeds = CELLS[cell]
    training = {"meta_steps": steps, "meta_batch_size": 8, "validate_every": steps // 10, "device": "cpu"}
    return {
        "version": 1, "experiment": {**experiment, "training": training}, "ranges": RATES,
        "trials": 40, "seeds": seeds, "tasks": 32, "fresh_tasks": 400, **more,
    }  # fmt: skip


# -- killed ----------------------------------------------------------------------------------------------------------


def killed(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    plan, to = folder / "plan.json", folder / "sweep"
    plan.write_text(json.dumps(plan_of("sinusoids-maml")))
    environment = {**os.environ, "XDG_DATA_HOME": str(folder / "data"), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", "from metagen_gui.cli import main; main()"]
    command += ["sweep", str(plan), "--to", str(to), "--at-once", "2", "--json"]
    began = time.monotonic()
    for share in (1 / 3, 2 / 3, None):
        with (folder / "out.json").open("wb") as out:
            owner = subprocess.Popen(command, env=environment, stdout=out, start_new_session=True)
            while owner.poll() is None and (share is None or _told(to) < 40 * share):
                time.sleep(0.2)
            if share is None:
                continue
            running = _processes(folder / "data/metagen/queue")
            for process in (owner.pid, *running):
                os.kill(process, signal.SIGKILL)
            owner.wait()
            print(f"killed at {_told(to)} trials, with {len(running)} runs under way", flush=True)
    journal = [json.loads(line) for line in (to / "journal.log").read_text().splitlines()]
    told = Counter(one["trial_id"] for one in journal if one["op_code"] == 6 and one["state"] in (1, 2, 3))
    found = json.loads((folder / "out.json").read_text())
    states = Counter(trial["state"] for trial in found["trials"])
    finished = sum('"finished"' in file.read_text() for file in (to / "runs").glob("*/state.json"))
    print(f"{time.monotonic() - began:.0f} s, exit status {owner.returncode}")
    twice = sum(count > 1 for count in told.values())
    print(f"trials {len(found['trials'])}, told {len(told)}, twice {twice}: {states}")
    print(f"runs {len([*(to / 'runs').iterdir()])}; trained to their end {finished}")
    print(json.dumps(found["best"], indent=1))
    print(json.dumps(found["importance"]))


def _told(to: Path) -> int:
    try:
        text = (to / "journal.log").read_text()
    except FileNotFoundError:
        return 0
    return sum('"op_code":6' in line and '"state":0' not in line for line in text.splitlines())


def _processes(line: Path) -> list[int]:
    """Return the processes of runs that are alive."""
    found = []
    for file in line.glob("*/entry.json"):
        entry = json.loads(file.read_text())
        if entry["state"] == "running" and entry["process"] and Path(f"/proc/{entry['process']}").exists():
            found.append(int(entry["process"]))
    return found


# -- compared --------------------------------------------------------------------------------------------------------


class Forked:
    """A process of a run, forked and not started anew."""

    def __init__(self, entry: Any, at_once: int) -> None:
        self._status: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            said = os.open(entry.said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            for stream in (1, 2):
                os.dup2(said, stream)
            try:
                from metagen_gui.cli import main

                main(["queue", "run", entry.id, "--claim", entry.claim, "--line", str(entry.folder.parent)])
            finally:
                os._exit(0)

    def poll(self) -> int | None:
        if self._status is None:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            self._status = status if done else None
        return self._status


def compare(folder: Path, cell: str, seeds: list[int], at_once: int) -> None:
    from metagen_gui.engine.queue.line import Line
    from metagen_gui.engine.queue.worker import Worker
    from metagen_gui.engine.statistics import compare as compared
    from metagen_gui.engine.sweeps.objective import Objective
    from metagen_gui.engine.sweeps.plan import SweepPlan
    from metagen_gui.engine.sweeps.sweep import sweep

    for seed in seeds:
        scores = dict[str, Any]()
        for sampler in ("tpe", "random"):
            began = time.monotonic()
            plan = SweepPlan.from_document(plan_of(cell, sampler=sampler, sampler_seed=seed, pruning="none"))
            here = folder / f"{cell}-{sampler}-{seed}"
            line = Line(here / "line")
            look = Worker(line, at_once, Forked).look
            going = sweep(plan, here / "sweep", line=line, look=look, interval=0.05)
            *_, last = going
            assert last.best is not None and last.result is not None and last.best.figure is not None
            objective = Objective(plan)
            tasks, eyes = objective._stream("test", plan.settings.fresh_tasks)
            scores[sampler] = np.stack([objective._values(run, tasks, eyes) for run in last.best.runs])
            states, own, best = Counter(trial.state for trial in last.trials), last.trials[0], last.best
            shown = (
                cell, seed, sampler, f"{last.best.figure.mean:.4f}",
                f"{last.result.fresh.mean:.4f} ± {last.result.fresh.interval:.4f}",
                f"{own.figure.mean:.4f}" if own.figure else own.state,
                f"{states['done']} done, {states['pruned']} diverged, {states['failed']} failed",
                best.number, f"{time.monotonic() - began:.0f} s", dict(best.values),
            )  # fmt: skip
            print("|", " | ".join(map(str, shown)), "|", flush=True)
        apart = compared(scores["tpe"] - scores["random"])
        told = f"{apart.mean:.4f} [{apart.low:.4f}, {apart.high:.4f}], p {apart.p:.3g}"
        print(f"| {cell} | {seed} | tpe − random {told}, of these trainings p {apart.p_of_these:.3g} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["killed", "compare"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("cell", nargs="?", choices=[*CELLS], default="sinusoids-maml")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--at-once", type=int, default=2)
    given = parser.parse_args()
    if given.what == "killed":
        killed(given.folder.resolve())
    else:
        compare(given.folder.resolve(), given.cell, given.seeds, given.at_once)


if __name__ == "__main__":
    main()
