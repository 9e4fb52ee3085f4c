"""Before a run goes to another machine: what is there, and whether the run fits. Both sides of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from metagen_gui.engine.hosts.link import Link, printed
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.versions import version_of

MINUTES = 300.0
"""Seconds that the other machine may take: it imports torch, and may have to look through data."""
SHORT = ("versions", "processor", "memory", "disk")
"""The checks of `metagen doctor` that are told."""


@dataclass(frozen=True)
class Preflight:
    """What was found at a machine: levels and sentences, and what an experiment would need there."""

    lines: Sequence[tuple[str, str, str]]
    """Level (`ok`, `note`, `problem`), what was found, what there is to do about it."""
    device: str = ""
    memory: str = ""
    notes: Sequence[str] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing was found that does not work."""
        return all(level != "problem" for level, _, _ in self.lines)


def look_at(link: Link, experiment: str = "") -> Preflight:
    """Ask a machine what it has and, with the text of an experiment, where that would compute.

    Raises `LinkLost`, and `BadInput` for another version or what cannot be run there.
    """
    link.refuse_other_version()
    answer, _ = link.ask("foresee", experiment.encode("utf-8", "surrogatepass"), MINUTES)
    told = answer.get("lines")
    lines = [
        (printed(line[0]), printed(line[1]), printed(line[2]))
        for line in (told if isinstance(told, list) else [])[:100]
        if isinstance(line, list) and len(line) == 3
    ]
    theirs, ours = printed(link.hello.get("torch", "")), version_of("torch")
    notes = [] if theirs == ours else [f"torch is {theirs} there and {ours} here: the last digits may differ."]
    return Preflight(lines, printed(answer.get("device", "")), printed(answer.get("memory", "")), notes)


def foreseen(data: bytes) -> dict[str, Any]:
    """Return, on the machine that is asked, what it has and what an experiment, if there is any, would need."""
    from metagen_gui.engine.doctor.examination import CHECKS, examine
    from metagen_gui.engine.doctor.findings import Findings

    found = [one for one in examine([check for check in CHECKS if check.name in SHORT]) if isinstance(one, Findings)]
    told: dict[str, Any] = {"lines": [list(asdict(line).values()) for one in found for line in one.lines]}
    return {**told, **_fitted(data.decode("utf-8", "surrogatepass"))} if data else told


def _fitted(text: str) -> dict[str, str]:
    from metagen_gui.engine.experiment import Experiment
    from metagen_gui.engine.learning.meta_learner import MetaLearner

    learner = MetaLearner(Experiment.from_json(text, ours=True))
    plan = learner.plan_memory()
    if plan is not None and plan.free and plan.needed > plan.free:
        raise BadInput("memory", f"is too short there: a step needs {plan.sentence()}")
    return {"device": str(learner.device), "memory": plan.sentence() if plan else ""}
