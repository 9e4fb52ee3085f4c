"""Experiments into the line, each as often as wanted, with another seed every time."""

from __future__ import annotations

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.queue.entry import Entry
from metagen_gui.engine.queue.line import Line


def add_experiment(line: Line, experiment: Experiment, name: str = "", times: int = 1) -> list[Entry]:
    """Put an experiment at the end of the line `times` times; raise `BadInput` that names what is wrong with it.

    Each after the first has the next seed. The whole experiment waits: what its file says later is not asked.
    """
    experiment.check()
    name = name or f"{experiment.algorithm} · {experiment.model} · {experiment.tasks}"
    seed, added = experiment.config("training").seed, []
    for number in range(times):
        one = experiment if times == 1 else experiment.with_value("training.seed", seed + number)
        called = name if times == 1 else f"{name} · seed {seed + number}"
        added.append(line.add(one.document(complete=True), one.to_json(complete=True), called))
    return added
