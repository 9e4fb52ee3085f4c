"""A line of short runs, and kill -9 of the window, the worker, the runs and the commands: each is done once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.queue.adding import add_experiment
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.queue.process import program
from metagen_gui.engine.store.names import runs_folder
from metagen_gui.engine.store.record import read_record

from .children import training
from .outcome import Laboratory, Outcome, fault
from .small_runs import difference, outcome, small

RUNS = 30
STEPS = 300
PATIENCE = 900.0
"""Seconds for what is left after the last kill."""
WINDOW = [sys.executable, "-m", "metagen_gui"]
WORKER = [*program(), "queue", "work", "--at-once", "2", "--stay"]


@fault("queue_killed", tries=50)
def queue_killed(laboratory: Laboratory) -> Iterator[Outcome]:
    """Let a window and a worker share a line, and kill one of all that there is, again and again."""
    told, ends = Outcome("kill -9 of window, worker, run or command of a queue"), Outcome("… and the runs in it")
    bench = _Bench(laboratory.folder, laboratory.chance)
    killed: Counter[str] = Counter()
    try:
        while told.tries < laboratory.tries and not bench.over():
            time.sleep(laboratory.chance.uniform(0.2, 4))
            what = bench.kill_one()
            killed[what] += 1
            told.count(bench.missing())
        end = time.monotonic() + PATIENCE
        while not bench.over() and time.monotonic() < end:
            bench.keep_up()
            time.sleep(1)
        for name in sorted({entry.id for entry in bench.line.entries()} | bench.known, key=int):
            ends.count(bench.problem_of(name))
        assert not bench.strays(), bench.strays()
    finally:
        bench.end()
    told.details = ", ".join(f"{count} × {what}" for what, count in killed.items()) + "; every run still in line"
    ends.details = f"done once, bit for bit the undisturbed run's; {bench.beginnings} processes for {ends.tries} runs"
    yield told
    yield ends


class _Bench:
    """A line of small runs, and who works it off."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder, self.chance, self.line = folder, chance, Line()
        self.known = {add_experiment(self.line, self.experiment(n), f"seed {n}")[0].id for n in range(1, RUNS + 1)}
        """The ids of all runs that were acknowledged."""
        (folder / "more.json").write_text(self.experiment(RUNS + 1).to_json())
        os.environ |= {"QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(folder / "settings")}
        (folder / "settings" / "metagen").mkdir(parents=True)
        (folder / "settings" / "metagen" / "window.ini").write_text("[General]\nqueue_at_once=2\n")
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self.keep_up()

    def experiment(self, seed: int) -> Experiment:
        """Return a run of a second or two."""
        return small(seed=seed, meta_steps=STEPS, checkpoint_steps=1, validate_every=50)

    def keep_up(self) -> None:
        """Start whichever of the window and the worker is not there."""
        for name, command in (("window", WINDOW), ("worker", WORKER)):
            if name not in self.workers or self.workers[name].poll() is not None:
                self.workers[name] = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )

    def kill_one(self) -> str:
        """Kill something, and return what."""
        what = self.chance.choice(("window", "worker", "run", "run", "all", "command"))
        if what == "command":
            self._kill_command()
        runs = [entry.process for entry in self.line.entries() if entry.state == "running" and entry.process]
        if what in ("run", "all"):
            for process in self.chance.sample(runs, min(len(runs), 1 if what == "run" else len(runs))):
                _kill(process)
        for name in ("window", "worker"):
            if what in (name, "all"):
                self.workers[name].kill()
                self.workers[name].wait()
        self.keep_up()
        return what

    def _kill_command(self) -> None:
        """Kill a command that moves a run, or adds one; what it had acknowledged counts."""
        move = ["move", self.chance.choice(sorted(self.known)), str(self.chance.randint(1, RUNS))]
        words = self.chance.choice((move, ["add", "more.json", "--json"]))
        command = subprocess.Popen(
            [*program(), "queue", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=self.folder
        )
        try:
            said = command.communicate(timeout=self.chance.uniform(0.05, 6))[0]
        except subprocess.TimeoutExpired:
            command.kill()
            said = command.communicate()[0]
        if said.strip().startswith(b"{"):
            self.known |= set(json.loads(said)["added"])

    def missing(self) -> str | None:
        """Return which run is not in line any more."""
        lost = self.known - {entry.id for entry in self.line.entries()}
        return f"lost: {', '.join(sorted(lost))}" if lost else None

    def over(self) -> bool:
        """Return whether nothing is left to be done."""
        return all(entry.over for entry in self.line.entries())

    def problem_of(self, name: str) -> str | None:
        """Return what is wrong with a run that should have been done once."""
        entry = self.line.entry(name)
        if entry.state != "done":
            return f"{name} is {entry.state}: {entry.problem}"
        if (finished := entry.said.read_text("utf-8", "replace").count("Finished ")) > 1:
            return f"{name} was done {finished} times"
        whole = self.folder / f"whole {name}"
        seed = json.loads((entry.folder / "experiment.json").read_text())["training"]["seed"]
        assert training(self.experiment(seed), whole).end() == 0
        return difference(Path(entry.run), outcome(whole))

    def strays(self) -> list[Path]:
        """Return finished runs that belong to nothing in line: they were done twice."""
        owned = {entry.run for entry in self.line.entries()}
        records = {path: read_record(path) for path in runs_folder().iterdir() if str(path) not in owned}
        return [path for path, record in records.items() if record is not None and record.state == "finished"]

    @property
    def beginnings(self) -> int:
        """How many processes have begun a run or gone on with one."""
        return sum(entry.said.read_text("utf-8", "replace").count("numbers to learn") for entry in self.line.entries())

    def end(self) -> None:
        """Leave nothing behind that runs."""
        for process in self.workers.values():
            process.kill()
            process.wait()
        for entry in self.line.entries():
            if entry.state == "running" and entry.process:
                _kill(entry.process)


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
