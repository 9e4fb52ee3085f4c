"""Walking through outer steps phase by phase, forwards and back, on a learner that belongs to nobody else."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.learner_state import adopt
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.slow_motion.outer_step import outer_step
from metagen_gui.engine.slow_motion.phases import Phase
from metagen_gui.engine.store.checkpoint import load_checkpoint
from metagen_gui.engine.store.kept_data import recalling
from metagen_gui.engine.store.names import CHECKPOINTS, is_run_folder
from metagen_gui.engine.store.second_copy import experiment_of

KEPT = 200
"""Phases that are kept to go back to."""
FEW = 4
"""Tasks per outer step of an experiment that no run has begun."""


class SlowMotion:
    """Outer steps of `learner`, a phase at a time; `notices` are sentences on what is shown.

    Phases are kept, the last `kept` of them, so that going back computes nothing.
    """

    def __init__(self, learner: MetaLearner, notices: tuple[str, ...] = (), kept: int = KEPT) -> None:
        self.learner, self.notices = learner, notices
        self._phases: deque[Phase] = deque(maxlen=kept)
        self._place = -1
        self._coming: Iterator[Phase] = iter(())

    @property
    def phase(self) -> Phase | None:
        """The phase that is looked at, None before the first."""
        return self._phases[self._place] if self._phases else None

    @property
    def of_step(self) -> tuple[Phase, ...]:
        """The phases that are known of the outer step that is looked at, in order."""
        here = self.phase
        return tuple(phase for phase in self._phases if here and phase.meta_step == here.meta_step)

    @property
    def can_go_back(self) -> bool:
        """Whether an earlier phase is kept."""
        return self._place > 0

    def forward(self) -> Phase:
        """Go to the next phase: one that is kept, or else by computing it."""
        if self._place + 1 < len(self._phases):
            self._place += 1
        else:
            self._phases.append(self._next())
            self._place = len(self._phases) - 1
        return self._phases[self._place]

    def outer(self) -> Phase:
        """Go to the end of an outer step, of the next one if this is one's end."""
        while (phase := self.forward()).kind != "update":
            pass
        return phase

    def back(self) -> Phase | None:
        """Go to the phase before, if it is kept."""
        self._place = max(self._place - 1, min(self._place, 0))
        return self.phase

    def go_to(self, phase: Phase) -> Phase:
        """Go to a phase that is kept."""
        self._place = next(place for place, known in enumerate(self._phases) if known is phase)
        return phase

    def _next(self) -> Phase:
        for phase in self._coming:
            return phase
        self._coming = outer_step(self.learner)
        return next(self._coming)


def of_experiment(experiment: Experiment) -> SlowMotion:
    """Return a fresh learner of `experiment` in slow motion, with a few tasks per outer step, on the CPU."""
    tasks = experiment.config("training").meta_batch_size
    small = experiment.with_value("training.meta_batch_size", min(tasks, FEW)).with_value("training.device", "cpu")
    fewer = (f"{FEW} tasks per outer step instead of {tasks}.",) if tasks > FEW else ()
    return SlowMotion(MetaLearner(small), fewer)


def of_run(folder: Path) -> SlowMotion:
    """Return a copy of a run as its newest checkpoint has it, in slow motion, on the CPU: what comes is its next step.

    The run is only read, and may be going on. Raises `BadInput` that names what is wrong.
    """
    if not is_run_folder(folder):
        raise BadInput(str(folder), "not a run folder")
    checkpoint = load_checkpoint(folder / CHECKPOINTS, whole=True)
    experiment, notices = experiment_of(folder, checkpoint)
    experiment = recalling(experiment, checkpoint, folder).with_value("training.device", "cpu")
    training = experiment.config("training")
    if checkpoint.meta_step >= training.meta_steps and training.lr_schedule != "constant":
        # its schedule would let nothing move any more
        experiment = experiment.with_value("training.lr_schedule", "constant")
        notices = (*notices, "The run is over: here the outer rate stays as it is set, and does not fall to 0.")
    learner = MetaLearner(experiment)
    adopt(learner, checkpoint)
    learner.chunk = checkpoint.progress.chunk or learner.chunk
    return SlowMotion(learner, notices)
