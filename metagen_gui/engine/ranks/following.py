"""Every process of a run but the first: it does what that one tells, and writes nothing."""

from __future__ import annotations

import json
import signal
from dataclasses import replace

from torch._C._distributed_c10d import Store

from metagen_gui.engine.devices import keep_memory, use_threads
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.learner_state import restore
from metagen_gui.engine.ranks.devices import device_at
from metagen_gui.engine.ranks.group import Group, Parted
from metagen_gui.engine.ranks.learner import SharingLearner, in_words
from metagen_gui.engine.ranks.meeting import LOOPBACK, arrive, launched_store, store_at
from metagen_gui.engine.ranks.orders import CHANGE, END, STEP, TELL, Order
from metagen_gui.engine.ranks.place import LEFT, Place
from metagen_gui.engine.store.checkpoint import Checkpoint, from_bytes
from metagen_gui.engine.store.progress import Progress

STOPPING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def follow_started(place: Place, address: str) -> int:
    """Follow the process that has started this one and keeps a store at `address`, and return the exit status."""
    return _follow(place, store_at(address), LOOPBACK)


def follow_launched(place: Place) -> int:
    """Follow the first of the processes that a launcher has started, and return the exit status."""
    return _follow(place, launched_store(place))


def _follow(place: Place, store: Store, host: str = "") -> int:
    _on_signals(signal.SIG_DFL)  # until the run has begun there is nothing to lose
    kind = arrive(store, place.rank)
    _on_signals(signal.SIG_IGN)  # the first process decides when the run ends, and in good order
    keep_memory()
    try:
        attend(place, store, kind, host)
    except Parted:
        return LEFT
    return 0


def _on_signals(do: signal.Handlers) -> None:
    for number in STOPPING:
        signal.signal(number, do)


def attend(place: Place, store: Store, kind: str, host: str = "") -> None:
    """Take part in a run on a `kind` of device until its first process says that it is over.

    Raises `Parted` if another process is gone before that.
    """
    group = Group(store, place.rank, place.ranks, device_at(place, kind), host=host)
    learner = _learner(place, group, kind)
    while learner is not None and _obey(learner, Order(*group.hear(len(Order._fields)))):
        pass


def _learner(place: Place, group: Group, kind: str) -> SharingLearner | None:
    """Return a learner that stands where that of the first process does; None if it cannot, which is told."""
    told, meta, moments = json.loads(group.give()), group.give(), group.give()
    use_threads(told["threads"])
    problem, learner = "", None
    try:
        experiment = replace(Experiment.from_document(told["experiment"]), kept=told["kept"])
        learner = SharingLearner(experiment, place, device_at(place, kind))
        learner.group = group
        parts = from_bytes(meta, "meta"), from_bytes(moments, "moments")
        progress = Progress(experiment=told["experiment"])
        restore(learner, Checkpoint(told["meta_step"], learner.meta.of(parts[0]), parts[1], progress))
    except Exception as error:
        problem = in_words(error)
    return None if group.agree(problem=problem).problem else learner


def _obey(learner: SharingLearner, order: Order) -> bool:
    """Do what an order says; return whether there will be others."""
    if order.what == STEP:
        if learner.meta_step != order.meta_step:
            raise RuntimeError(f"stands at step {learner.meta_step:,}, and the run at {order.meta_step:,}")
        learner.chunk, learner.recompute = order.chunk, bool(order.recompute)
        outcome, _ = learner.compute()
        if outcome.well:
            learner.learn()
        elif outcome.short:
            learner.forget()
    elif order.what == CHANGE:
        learner.change(*json.loads(learner.group.give()))
    elif order.what == TELL:
        learner.group.gather(json.dumps(learner.notices()).encode())
    return order.what != END
