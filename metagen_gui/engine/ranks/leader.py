"""The first process of several: it has the run, asks the others for every step, and tells them what changes."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import torch
import torch.distributed
from torch._C._distributed_c10d import Store

from metagen_gui.engine.beneath_autograd.memory import free_bytes
from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.events import MemoryPlan, RunBroken, StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.learner_state import state_of
from metagen_gui.engine.learning.memory_plan import plan_memory
from metagen_gui.engine.processors import threads_each
from metagen_gui.engine.ranks.devices import device_at
from metagen_gui.engine.ranks.group import Group
from metagen_gui.engine.ranks.learner import SharingLearner
from metagen_gui.engine.ranks.meeting import LOOPBACK, assemble, launched_store, own_store
from metagen_gui.engine.ranks.orders import CHANGE, END, STEP, TELL, Order
from metagen_gui.engine.ranks.place import Place, told_place
from metagen_gui.engine.ranks.started import Started
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import to_bytes


class Leader(SharingLearner):
    """The learner of a run whose steps are shared; the others follow it from `begin` on."""

    def __init__(self, experiment: Experiment, place: Place, store: Store, started: Started | None = None) -> None:
        """Lead those that have `started`, or that a launcher has started elsewhere, and that come to `store`."""
        self._store, self._started, self._place = store, started, place
        self._waiting = False  # the others, for an order
        self._told: list[str] = []
        try:
            super().__init__(experiment, place, device_at(place, experiment.config("training").device))
        except BaseException:
            self.close()
            raise
        use_threads(threads_each(1 if started is None else place.here))

    def begin(self) -> None:
        """Wait for the others, and let them stand where this one does.

        Raises `BadInput` if one cannot learn the same here, `RunBroken` if one does not come.
        """
        self._gather()
        state = state_of(self)
        told = {
            "experiment": state.progress.experiment,
            "kept": self.family.kept() if self.experiment.kept is None else dict(self.experiment.kept),
            "meta_step": self.meta_step,
            "threads": torch.get_num_threads(),
        }
        for data in (json.dumps(told).encode(), to_bytes(state.meta), to_bytes(state.moments or {})):
            self.group.give(data)
        if problem := self.group.agree().problem:  # which ends all others
            raise BadInput("training.processes", problem)
        self._waiting = True

    def step(self) -> StepReport:
        """Take one outer step, all processes together, and report it.

        Raises MemoryError where memory was too short for one of them, `RunBroken` where something went wrong in one.
        """
        self._order(STEP)
        outcome, problem = self.compute()
        if outcome.well:
            report = self.learn()
            self._waiting = True
            return report
        self._waiting = True
        if problem is not None:
            raise problem
        raise RunBroken(outcome.problem) if outcome.problem else MemoryError("too short in one of the processes")

    def change(self, path: str, value: Any) -> Any:
        """Give a live setting a new value in every process; see `MetaLearner.change`."""
        taken = super().change(path, value)
        self._order(CHANGE)
        self.group.give(json.dumps([path, taken]).encode())
        self._waiting = True
        return taken

    def notices(self) -> tuple[str, ...]:
        """Return what the task families of all processes have to tell: each reads the files of its own tasks."""
        self._order(TELL)
        for data in self.group.gather(b"[]"):
            self._told += [text for text in json.loads(data) if text not in self._told]
        self._waiting = True
        return tuple(dict.fromkeys([*super().notices(), *self._told]))

    def plan_memory(self) -> MemoryPlan | None:
        """Predict what a step will need in all processes, and take fewer tasks at a time if it would not fit."""
        beside = self._place.here if self.device.type == "cpu" else 1  # processes on one memory
        free, share = free_bytes(self.device), self.training.model_copy(update={"meta_batch_size": self.most})
        plan = plan_memory(self.algorithm, self.meta, share, self.device, free // beside)
        self.chunk = plan.chunk if plan else self.training.chunk
        self.recompute = plan.recomputed if plan else self.training.recompute == "always"
        return replace(plan, needed=plan.needed * beside, free=free) if plan else None

    def halve(self) -> int | None:
        """Take half as many tasks at a time in every process from now on; see `MetaLearner.halve`."""
        self.chunk = min(self.chunk or self.most, self.most)
        return super().halve()

    def close(self) -> None:
        """Let the others end."""
        if self._waiting:
            with suppress(RunBroken):  # one that is gone has ended
                self._order(END)
            self._waiting = False
        if self._started is not None:
            self._started.end()

    def _order(self, what: int) -> None:
        self._waiting = False  # until it is carried out: whoever breaks off meanwhile leaves them in the middle of it
        self.group.tell(*Order(what, self.meta_step, self.chunk, int(self.recompute)))

    def _gather(self) -> None:
        """Come together with all others, as soon as they are there."""
        assemble(self._store, self.processes, self.device.type, lambda: self._check(0.0))
        host = LOOPBACK if self._started is not None else ""
        self.group = Group(self._store, 0, self.processes, self.device, self._check, host)

    def _check(self, patience: float) -> None:
        if self._started is not None:
            self._started.check(patience)


def leading(experiment: Experiment) -> Leader:
    """Return the learner of an experiment with several processes, which are started, unless torchrun has done so.

    Raises `BadInput` if the experiment cannot be run, or not by so many.
    """
    training = experiment.config("training")
    ranks, tasks = training.processes, training.meta_batch_size
    if ranks > tasks:
        why = f"{ranks} processes cannot share the {tasks} tasks of a step; take {tasks} or fewer"
        raise BadInput("training.processes", why)
    if not torch.distributed.is_available():
        raise BadInput("training.processes", "this torch was built without torch.distributed; take 1")
    place = told_place()
    if place is not None and place.ranks == ranks:
        return Leader(experiment, place, launched_store(place))
    place = Place(0, ranks, 0, ranks)
    device_at(place, training.device)  # before anything is started
    store = own_store()
    return Leader(experiment, place, store, Started(ranks, f"{LOOPBACK}:{store.port}"))
