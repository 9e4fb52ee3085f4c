"""One outer step of a learner, phase by phase: draw tasks → inner steps 1 … k → query → outer gradient → update.

The learner's own methods take the step, in their own order, so that it is the step of a run to the last digit; what is
shown besides is computed beside it, from the same noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from metagen_gui.engine.adaptation.formulas import numbered
from metagen_gui.engine.adaptation.meta_params import MetaParams
from metagen_gui.engine.algorithms.base import MetaGradient
from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.learning.descent import schedule
from metagen_gui.engine.learning.evaluation import take_snapshot
from metagen_gui.engine.learning.meta_learner import Drawn, MetaLearner
from metagen_gui.engine.models.base import Noise, PlayerParams
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.slow_motion.phases import Kind, Losses, Number, Phase, until
from metagen_gui.engine.slow_motion.trace import PlayerStep, Trace, as_numbers, entry_name, trace
from metagen_gui.engine.statistics import Values
from metagen_gui.engine.tasks.base import TaskBatch

PICTURED = 4
"""Tasks whose samples are drawn."""
NOT_GRADED = "The outer step of this algorithm grades other parameters than those that adaptation ends with."
NOT_APPLIED = "The outer gradient is not finite: nothing was learned from these tasks."


def outer_step(learner: MetaLearner, *, picturing: bool = True) -> Iterator[Phase]:
    """Take the next outer step of `learner`, yielding a phase whenever one is over; the step is done after the last.

    Without `picturing` no samples are drawn; the numbers are the same.
    """
    t, at = learner.training, learner.meta_step
    first = at * t.meta_batch_size
    drawn = learner.draw()
    batch = learner.family.batch("train", first, min(PICTURED, t.meta_batch_size), t.shots, t.query_size)
    went = None if drawn.noise is None else trace(learner, drawn)
    steps = 0 if went is None else len(went.steps)
    picture = _picture(learner, drawn, batch, first) if picturing else None
    formulas = learner.algorithm.formulas

    def phase(kind: Kind, title: str, formula: str, inner: int, **more: Any) -> Phase:
        shown = more.pop("picture", picture and until(picture, inner))
        losses = {} if went is None else _losses(went, inner, graded=kind not in ("tasks", "inner"))
        return Phase(kind, title, formula, at + 1, inner, steps, batch.names, losses=losses, picture=shown, **more)

    start = "φ = θ" if went is None else formulas.start
    yield phase("tasks", "Draw tasks", f"{start},   S, Q ~ p(T)", 0, numbers=_drawn_numbers(drawn, went))
    for place, players in enumerate(went.steps if went else ()):
        formula = numbered(learner.algorithm.inner_formula(place), steps, place)
        worked = _worked_inner(players[0], place) if players else ()
        numbers = tuple(number for player in players for number in _inner_numbers(learner, player, place))
        yield phase("inner", f"Inner step {place + 1}", formula, place + 1, numbers=numbers, worked=worked)
    found = learner.outer_gradient(drawn)
    yield phase("query", "Query", _query_formula(learner, drawn, steps), steps, **_query(learner, found, went))
    formula = numbered(formulas.gradient, steps) if went else "g = ∇_θ L"
    numbers, worked = _gradient_numbers(learner, found)
    remark = formulas.approximates if went else ""
    yield phase("gradient", "Outer gradient", formula, steps, numbers=numbers, worked=worked, remark=remark)
    before = _copy(learner.meta)
    report = learner.take(found, drawn.phase)
    again = None if went is None else trace(learner, drawn)
    numbers, worked = _update_numbers(learner, before, at, went, again)
    after = _picture(learner, drawn, batch, first) if picturing else None
    remark = "" if report.applied else NOT_APPLIED
    rule = "θ ← θ − β g" if t.outer_optimizer == "sgd" else "θ ← θ − β m̂ / (√v̂ + ε)"
    shown = {"picture": after, "report": report, "remark": remark}
    yield phase("update", "Update", rule, steps, numbers=numbers, worked=worked, **shown)


def _picture(learner: MetaLearner, drawn: Drawn, batch: TaskBatch, first: int) -> Snapshot:
    """Return what the first tasks' samples look like along adaptation, from the latents of the preview."""
    few, algorithm, meta = len(batch.names), learner.algorithm, learner.meta
    noise = {} if drawn.noise is None else {name: value[:few] for name, value in drawn.noise.support.items()}

    def walk(support: Tensor, noise: Noise) -> list[PlayerParams]:
        if drawn.noise is None:
            return [algorithm.start(meta, support)]
        return algorithm.training_path(meta, support, noise, drawn.moment)

    return take_snapshot(
        algorithm,
        meta,
        learner.family,
        batch,
        generator_for(learner.training.seed, "preview", 0, learner.device),
        meta_step=learner.meta_step,
        steps=0 if drawn.noise is None else learner.steps,
        count=learner.training.preview_samples,
        at_once=learner.chunk,
        stream="train",
        first=first,
        noise=noise,
        walk=walk,
    )


def _losses(went: Trace, inner: int, graded: bool) -> dict[str, Losses]:
    return {
        player: Losses(support[:, : inner + 1], went.query[player][:, : inner + 1] if graded else None)
        for player, support in went.support.items()
    }


def _drawn_numbers(drawn: Drawn, went: Trace | None) -> tuple[Number, ...]:
    counts = (
        ("T", "tasks of this outer step", len(drawn.support)),
        ("|S|", "support examples", drawn.support.shape[1]),
    )
    numbers = [Number(symbol, about, np.array([float(count)])) for symbol, about, count in counts]
    numbers.append(Number("|Q|", "query examples", np.array([float(drawn.query.shape[1])])))
    at_start = {} if went is None else went.support
    return (*numbers, *(Number("ℓ_S(φ_0)", "support loss so far", v[:, 0], p) for p, v in at_start.items()))


def _inner_numbers(learner: MetaLearner, step: PlayerStep, place: int) -> Iterator[Number]:
    now, then = f"φ_{{{place}}}", f"φ_{{{place + 1}}}"
    yield Number(f"ℓ_S({now})", "support loss before the step", step.before, step.player)
    yield Number(f"ℓ_S({then})", "support loss after the step, same noise", step.after, step.player)
    yield Number(f"‖∇ℓ_S({now})‖", "length of the gradient", step.slope, step.player)
    if bool(step.plain.all()) or "α" in learner.algorithm.inner_formula(
        place
    ):  # or it is by other numbers that it steps
        low, mean, high = step.rate.T
        if (step.limited != step.slope).any():
            yield Number("‖g‖", "length of the gradient, limited", step.limited, step.player)
        yield Number("α", "inner rate, mean over parameters", mean, step.player)
        if (low != high).any():
            yield Number("min α", "smallest inner rate", low, step.player)
            yield Number("max α", "largest inner rate", high, step.player)
    yield Number(f"‖{then} − {now}‖", "length of the step", step.moved, step.player)


def _worked_inner(step: PlayerStep, place: int) -> tuple[str, ...]:
    lines = []
    for name, (before, rate, slope, after), plain in zip(step.entry, step.entry_values, step.plain, strict=True):
        made = f"{_n(before)} − {_n(rate)} · {_n(slope, within=True)}"
        if not plain:
            made = f"{_n(before)} + {_n(after - before, within=True)}"
        lines.append(f"{name}:   φ_{{{place + 1}}} = {made} = {_n(after)}")
    return tuple(lines)


def _query_formula(learner: MetaLearner, drawn: Drawn, steps: int) -> str:
    return "L = mean ℓ(θ)" if drawn.noise is None else numbered(learner.algorithm.formulas.query, steps)


def _query(learner: MetaLearner, found: MetaGradient, went: Trace | None) -> dict[str, object]:
    """Return the numbers of the query phase: the losses are those that the step itself found."""
    numbers, worked, remark = list[Number](), "", ""
    for player, losses in found.query_loss.items():
        own, mean = as_numbers(losses), as_numbers(losses.mean()[None])
        if went is not None:
            start = went.query[player][:, 0]
            numbers.append(Number("ℓ_Q(φ_0)", "query loss before adaptation", start, player))
            numbers.append(Number(f"ℓ_Q(φ_{{{len(went.steps)}}})", "query loss after adaptation", own, player))
            if not np.array_equal(own, went.query[player][:, -1], equal_nan=True):
                remark = NOT_GRADED
        numbers.append(Number("L", "mean over tasks", mean, player))
        some = " + ".join(_n(loss, within=True) for loss in own[:3]) + (" + …" if len(own) > 3 else "")
        worked = worked or (f"L = ({some}) / {len(own)} = {_n(mean[0])}" if len(own) > 1 else f"L = {_n(mean[0])}")
    return {"numbers": tuple(numbers), "worked": (worked,), "remark": remark}


def _gradient_numbers(learner: MetaLearner, found: MetaGradient) -> tuple[tuple[Number, ...], tuple[str, ...]]:
    t, numbers, worked = learner.training, list[Number](), ""
    for player, gradients in found.gradients.items():
        if t.outer_value_clip:
            clamped = {name: g.clamp(-t.outer_value_clip, t.outer_value_clip) for name, g in gradients.items()}
            numbers.append(Number("‖g‖", "length before its entries are limited", _norm(gradients), player))
            gradients = clamped
        norm = _norm(gradients)
        numbers.append(Number("‖g‖", "length of the outer gradient", norm, player))
        if t.outer_clip and norm[0] > t.outer_clip:
            numbers.append(Number("‖ĝ‖", "length after it is limited", np.array([t.outer_clip]), player))
        if not worked and (of_model := {name: g for name, g in gradients.items() if g.numel()}):
            flat = torch.cat([value.flatten() for value in of_model.values()])
            place = int(flat.abs().argmax())
            worked = (
                f"{entry_name(of_model, tuple(of_model), place)}:   g = {_n(float(flat[place]))}, the largest entry"
            )
    return tuple(numbers), (worked,)


def _update_numbers(
    learner: MetaLearner, before: MetaParams, at: int, went: Trace | None, again: Trace | None
) -> tuple[tuple[Number, ...], tuple[str, ...]]:
    t, numbers, worked = learner.training, list[Number](), ""
    rate = t.outer_lr * schedule(t.lr_schedule, at / t.meta_steps)
    numbers.append(Number("β", "outer rate, by its schedule", np.array([rate])))
    for player, values in learner.meta.items():
        ways = {name: value.detach() - before[player][name] for name, value in values.items() if value.numel()}
        numbers.append(Number("‖Δθ‖", "length of the optimizer's step", _norm(ways), player))
        numbers.append(Number("‖θ‖", "length of the meta-parameters", _norm(dict(before[player])), player))
        if went is not None and again is not None:
            then, now = went.query[player][:, -1], again.query[player][:, -1]
            numbers.append(Number("L", "query loss of these tasks before the update", then.mean(keepdims=True), player))
            numbers.append(Number("L′", "query loss of these tasks after it", now.mean(keepdims=True), player))
        if not worked and ways:
            flat = torch.cat([way.flatten() for way in ways.values()])
            place = int(flat.abs().argmax())
            name = entry_name(ways, tuple(ways), place)
            old = torch.cat([before[player][n].flatten() for n in ways])[place]
            new = torch.cat([values[n].detach().flatten() for n in ways])[place]
            made = f"{_n(float(old))} + {_n(float(new - old), within=True)}"
            worked = f"{name}:   θ ← {made} = {_n(float(new))}"
    return tuple(numbers), (worked,)


def _norm(values: dict[str, Tensor]) -> Values:
    """Return the length of all values, as the outer step takes it."""
    return as_numbers(torch.nn.utils.get_total_norm(list(values.values()))[None])


def _copy(meta: MetaParams) -> MetaParams:
    return MetaParams.of({p: {n: v.detach().clone() for n, v in values.items()} for p, values in meta.items()})


def _n(value: float, within: bool = False) -> str:
    """Return a number of four digits with a true minus, in brackets `within` a sum where it is below zero."""
    text = f"{float(value):.4g}".replace("-", "−")
    return f"({text})" if within and text.startswith("−") else text
