"""What the status line says: one plain sentence of what is happening, how far it is, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from metagen_gui.engine.events import MemoryPlan, ValidationReport
from metagen_gui.gui.run.branch import Branch
from metagen_gui.gui.run.progress import RunProgress
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.widgets.amounts import duration, size
from metagen_gui.gui.widgets.fitting_label import SEPARATOR


def _tr(text: str) -> str:
    return QCoreApplication.translate("StatusBar", text)


def speed(steps_per_second: float) -> str:
    """Return a speed as `8.3 steps/s`, or as `12 s per step` when it is slow."""
    if steps_per_second < 0.1:
        return _tr("{seconds} per step").format(seconds=duration(1 / steps_per_second))
    digits = 2 if steps_per_second < 1 else 1 if steps_per_second < 100 else 0
    return _tr("{count} steps/s").format(count=f"{steps_per_second:.{digits}f}")


def validation_remark(report: ValidationReport) -> str:
    """Return what adaptation does to held-out tasks: `validation loss 0.52 → 0.31 after 5 steps`."""
    ends = [(player, losses[0], losses[-1], len(losses) - 1) for player, losses in report.query_loss.items()]
    several = len(ends) > 1
    losses = ", ".join(
        f"{player + ' ' if several else ''}{_loss(first)} → {_loss(last)}" for player, first, last, _ in ends[:2]
    )
    steps = ends[0][3] if ends else 0
    if steps == 1:
        return _tr("validation loss {losses} after 1 adaptation step").format(losses=losses)
    return _tr("validation loss {losses} after {steps} adaptation steps").format(losses=losses, steps=steps)


def exploded_remark(count: int) -> str:
    """Return `3 tasks exploded`, "" if none did: tasks whose loss was not finite after adaptation."""
    if not count:
        return ""
    return _tr("1 task exploded") if count == 1 else _tr("{count} tasks exploded").format(count=f"{count:,}")


def _loss(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else _tr("not finite")


def how_far(progress: RunProgress) -> str:
    """Return `step 412 of 2,000`."""
    if not progress.meta_steps:
        return _tr("before the first step")
    return _tr("step {step} of {steps}").format(step=f"{progress.meta_step:,}", steps=f"{progress.meta_steps:,}")


def branch_sentence(branch: Branch) -> str:
    """Return what the next run begins with."""
    text = _tr("The next run starts from {name} at step {step}. Change settings and press Start.")
    return text.format(name=branch.name, step=f"{branch.meta_step:,}")


def resumed_remark(progress: RunProgress) -> str:
    """Return where the run goes on from, "" if it was not resumed."""
    if not progress.resumed_from:
        return ""
    return _tr("Resumed at step {step}").format(step=f"{progress.resumed_from:,}")


def sentence(
    state: RunState,
    progress: RunProgress,
    *,
    wanted: bool = False,
    stepping: bool = False,
    discarding: bool = False,
    memory: int | None = None,
    branch: Branch | None = None,
) -> str:
    """Return what is happening. `wanted`: Start was pressed before the engine was there; `branch`: what comes next."""
    match state:
        case RunState.IDLE | RunState.DONE | RunState.FAILED if branch:
            return branch_sentence(branch)
        case RunState.LOADING if wanted:
            return _tr("Preparing: loading the engine; the run starts as soon as it is here…")
        case RunState.LOADING:
            return _tr("Preparing: loading the engine…")
        case RunState.IDLE:
            return _tr("Ready. Press Start to train.")
        case RunState.PREPARING if progress.resumed_from:
            return resumed_remark(progress)
        case RunState.PREPARING if progress.started:
            return _first_step(progress.started.memory)
        case RunState.PREPARING:
            return _tr("Preparing: building the tasks and the model…")
        case RunState.RUNNING:
            return SEPARATOR.join(_running(progress, memory))
        case RunState.PAUSED if stepping:
            return _tr("Stepping: {far}…").format(far=how_far(progress))
        case RunState.PAUSED:
            return SEPARATOR.join([_tr("Paused: {far}").format(far=how_far(progress)), *_remarks(progress)])
        case RunState.FINISHING if discarding:
            return _tr("Discarding the run…")
        case RunState.FINISHING:
            return _tr("Finishing: saving the run at {far}…").format(far=how_far(progress))
        case RunState.DONE:
            text = _tr("Done: {far} in {time}.").format(far=how_far(progress), time=duration(progress.seconds))
            if progress.exploded:
                text += f" {exploded_remark(progress.exploded)}."
            if progress.folder:
                text += " " + _tr("The results lie in {folder}").format(folder=progress.folder)
            return text
        case RunState.FAILED if progress.started:
            return _tr("Failed at {far}.").format(far=how_far(progress))
        case RunState.FAILED:
            return _tr("Failed.")


def _first_step(plan: MemoryPlan | None) -> str:
    if plan is None:
        return _tr("Preparing: taking the first step, which is slower than the others…")
    needed, free = size(plan.needed), size(plan.free)
    if not plan.free:
        return _tr("Preparing: taking the first step, which needs about {needed} of memory…").format(needed=needed)
    words = _tr("Preparing: taking the first step, which needs about {needed} of {free} free memory…")
    return words.format(needed=needed, free=free)


def _running(progress: RunProgress, memory: int | None) -> Sequence[str]:
    doing = _tr("Warm-up") if progress.phase == "warm-up" else _tr("Running")
    parts = [f"{doing}: {how_far(progress)}"]
    if progress.steps_per_second:
        parts.append(speed(progress.steps_per_second))
    if progress.seconds_left is not None:
        parts.append(_tr("{time} left").format(time=duration(progress.seconds_left)))
    if memory:
        parts.append(size(memory))
    return [*parts, *_remarks(progress)]


def _remarks(progress: RunProgress) -> list[str]:
    """Return what is to be said of the losses, however the run goes on."""
    exploded = exploded_remark(progress.exploded)
    validation = [validation_remark(progress.validation)] if progress.validation else []
    return ([exploded] if exploded else []) + validation
