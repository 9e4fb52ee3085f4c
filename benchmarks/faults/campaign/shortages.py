"""Memory that is too short at an outer step: fewer tasks at a time, a clean stop after three, nothing kept alive."""

from __future__ import annotations

import gc
import shutil
import weakref
from collections.abc import Iterator

import torch

from metagen_gui.engine.algorithms.base import MetaGradient
from metagen_gui.engine.events import Notice, RunBroken, RunFinished, StepReport
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.store.checkpoint import load_checkpoint

from .outcome import Laboratory, Outcome, fault
from .poisons import gradients, learners
from .small_runs import small

STEPS, TASKS = 10, 8
ERRORS = (
    lambda: torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    lambda: RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory"),
    MemoryError,
)


@fault("out_of_memory", tries=12)
def out_of_memory(laboratory: Laboratory) -> Iterator[Outcome]:
    """Run out of memory at a random step, once, twice, or as often as it is tried."""
    for times, what in ((1, "once"), (2, "twice in a row"), (3, "three times in a row")):
        told = Outcome(f"out of memory at a step, {what}")
        for number in range(laboratory.tries):
            told.count(_short(laboratory, times, number))
        told.details = (
            f"tasks at a time {TASKS} → {TASKS >> times}, training goes on"
            if times < 3
            else "a clean stop with a checkpoint of the step before; resumed to the end"
        )
        told.details += "; no tensor of a failed attempt alive"
        yield told
    yield from _in_the_optimizer(laboratory)


def _short(laboratory: Laboratory, times: int, number: int) -> str | None:
    hit, folder = laboratory.chance.randrange(1, STEPS), laboratory.folder / "run"
    alive: list[weakref.ref[torch.Tensor]] = []
    kept_alive = 0

    def change(call: int, found: MetaGradient) -> MetaGradient:
        nonlocal kept_alive
        if call == hit + len(alive):  # also what was left of the attempt before
            gc.collect()
            kept_alive += sum(one() is not None for one in alive)
        if hit <= call < hit + times:
            held = torch.zeros(1000) + sum(
                value.sum() for values in found.gradients.values() for value in values.values()
            )
            alive.append(weakref.ref(held))
            raise ERRORS[number % 3]()
        return found

    experiment, said, steps = small(meta_steps=STEPS, meta_batch_size=TASKS, replay=False), [], []
    broken = ""
    with gradients(change), learners() as made:
        try:
            for event in meta_train(experiment, out=folder, previews=False):
                if isinstance(event, Notice):
                    said.append(event.text)
                if isinstance(event, StepReport):
                    steps.append(event.meta_step)
        except RunBroken as error:
            broken = str(error)
            gc.collect()
            kept_alive += sum(one() is not None for one in alive)
        chunk = made[0].chunk
    saved = load_checkpoint(folder / "checkpoints", whole=True).meta_step
    if times == 3:
        rest = [event for event in resume_run(folder, previews=False) if isinstance(event, RunFinished)]
        wrong = not broken.startswith("there is not enough memory") or saved != hit or len(rest) != 1
    else:
        wrong = bool(broken) or steps != list(range(1, STEPS + 1)) or chunk != TASKS >> times
        wrong = wrong or sum("Memory was too short" in text for text in said) != times
    shutil.rmtree(folder)
    if kept_alive:
        return f"{kept_alive} tensors of failed attempts alive"
    return f"hit at {hit + 1}: steps {steps}, chunk {chunk}, saved {saved}, said {said}, {broken}" if wrong else None


def _in_the_optimizer(laboratory: Laboratory) -> Iterator[Outcome]:
    """The worst place: the first player's step is applied, the second's is not. No half of a step is ever saved."""
    told = Outcome("out of memory while a step is applied")
    for _ in range(laboratory.tries):
        hit, folder, broken = laboratory.chance.randrange(1, STEPS), laboratory.folder / "run", ""
        run = meta_train(small("gan", meta_steps=STEPS), out=folder, previews=False)
        with learners() as made:
            try:
                for event in run:
                    if isinstance(event, StepReport) and event.meta_step == hit:
                        _short_once(list(made[0].optimizers.values())[-1])
            except RunBroken as error:
                broken = str(error)
        whole = load_checkpoint(folder / "checkpoints", whole=True).meta_step == hit
        rest = [event for event in resume_run(folder, previews=False) if isinstance(event, RunFinished)]
        told.count(None if broken and whole and rest else f"hit at {hit + 1}: {broken or 'went on'}")
        shutil.rmtree(folder)
    told.details = "a clean stop with the checkpoint of the step before; resumed to the end"
    yield told


def _short_once(optimizer: torch.optim.Optimizer) -> None:
    def step(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    optimizer.step = step  # type: ignore[method-assign, assignment]
