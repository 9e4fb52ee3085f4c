"""Slow motion takes the very step that a run takes: what is learned, what is told, and every number on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from metagen_gui.engine.adaptation.formulas import Formulas, numbered
from metagen_gui.engine.adaptation.meta_params import MetaParams
from metagen_gui.engine.algorithms.base import algorithms, query_losses
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.descent import schedule
from metagen_gui.engine.learning.learner_state import state_of
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.slow_motion.outer_step import NOT_GRADED, outer_step
from metagen_gui.engine.slow_motion.phases import Number, Phase, until
from metagen_gui.engine.slow_motion.trace import as_numbers
from metagen_gui.testing.promises import must_be_same
from tests.engine.cells import EVERY, go_together

Tiny = Callable[..., Experiment]
SMALL = [("sinusoids", "curve"), ("densities", "vae"), ("densities", "gan"), ("strokes", "vae")]
CELLS = [
    (tasks, model, algorithm, precision)
    for tasks, model in SMALL
    for algorithm in algorithms.names()
    for precision in ("float32", "float64")
    if go_together(algorithm, model, tasks) and not (algorithm == "cavia" and model == "curve")
    # what an algorithm does depends neither on the kind of data nor, a second time, on how precise it is
    if (tasks != "strokes" or algorithm in ("maml", "leo")) and (model == "curve" or precision == "float32")
    if EVERY or model == "curve" or algorithm in ("maml", "leo", *(("reptile", "amortised") if model == "vae" else ()))
]


@pytest.fixture
def precision(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[torch.dtype]:
    """Everything is computed with such numbers."""
    dtype, own = getattr(torch, request.param), MetaLearner.tensors
    monkeypatch.setattr(MetaLearner, "tensors", lambda *given: tuple(part.to(dtype) for part in own(*given)))
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    yield dtype
    torch.set_default_dtype(before)


def copied(meta: MetaParams) -> MetaParams:
    return MetaParams.of({p: {n: v.detach().clone() for n, v in values.items()} for p, values in meta.items()})


def number(phase: Phase, symbol: str, player: str) -> Number:
    return next(n for n in phase.numbers if n.symbol == symbol and n.player in (player, ""))


def step_of(tiny: Tiny, *chosen: object) -> tuple[MetaLearner, list[Phase]]:
    learner = MetaLearner(tiny(*chosen))
    return learner, list(outer_step(learner))


@pytest.mark.parametrize(("tasks", "model", "algorithm", "precision"), CELLS, indirect=["precision"])
def test_the_outcome_is_the_outer_step_to_the_last_bit(
    tiny: Tiny, precision: torch.dtype, tasks: str, model: str, algorithm: str
) -> None:
    listening = {"training.factored": "auto" if model == "vae" else "never"}
    own, slow = (MetaLearner(tiny(tasks, model, algorithm, listening)) for _ in range(2))
    assert {value.dtype for values in own.meta.values() for value in values.values()} == {precision}
    for picturing in (False, True):
        phases = list(outer_step(slow, picturing=picturing and precision is torch.float32))
        report = own.step()
        assert phases[-1].report == report and report.phase == "meta-training"
        here, there = state_of(slow), state_of(own)
        must_be_same(here.meta, there.meta, "slow motion learns what a run learns")
        must_be_same(here.moments, there.moments, "and so do its optimizers")
        kinds = [phase.kind for phase in phases]
        assert kinds == ["tasks", *["inner"] * own.steps, "query", "gradient", "update"]
        query = phases[-3]
        assert query.kind == "query" and query.remark != NOT_GRADED  # the path is the step's own, bit for bit
        for player, loss in report.query_loss.items():
            assert number(query, "L", player).of(0) == loss
            assert number(query, f"ℓ_Q(φ_{{{own.steps}}})", player).values.shape == (2,)
        assert {phase.meta_step for phase in phases} == {own.meta_step}


def test_a_path_that_differs_in_one_bit_is_told(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    learner = MetaLearner(tiny("sinusoids", "curve", "maml"))
    right = learner.algorithm.training_path
    monkeypatch.setattr(learner.algorithm, "training_path", lambda *given: [*right(*given)[:-1], right(*given)[0]])
    assert [phase.remark for phase in outer_step(learner) if phase.kind == "query"] == [NOT_GRADED]


@pytest.mark.parametrize("precision", ["float32", "float64"], indirect=True)
@pytest.mark.parametrize("algorithm", ["maml", "fomaml", "meta_sgd"])
def test_inner_steps_are_worked_out_to_the_last_digit(tiny: Tiny, precision: torch.dtype, algorithm: str) -> None:
    learner = MetaLearner(tiny("sinusoids", "curve", algorithm, {"algorithm.inner_clip": 0.05}))
    drawn, rates = learner.draw(), learner.algorithm.rates(copied(learner.meta))["curve"]
    params = {name: value.detach().clone() for name, value in learner.meta.model["curve"].items()}
    phases = [phase for phase in outer_step(learner, picturing=False) if phase.kind == "inner"]
    for place, phase in enumerate(phases):
        for task in range(2):
            at, losses = params, []
            for step in range(place + 1):
                leaves = {name: value.clone().requires_grad_() for name, value in at.items()}
                loss = learner.model.loss("curve", {"curve": leaves}, drawn.support[task], {}, drawn.moment)
                slopes = dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True))
                length = torch.cat([slope.flatten() for slope in slopes.values()]).norm()
                scale = min(1.0, 0.05 / float(length))
                fixed = {name: rates[name][min(step, len(rates[name]) - 1)].detach() for name in at}
                after = {name: value - fixed[name] * scale * slopes[name] for name, value in at.items()}
                losses.append(float(loss.detach()))
                at, moved = after, torch.cat([(after[n] - at[n]).flatten() for n in at]).norm()
            close = {"rel": 1e-9 if precision is torch.float64 else 1e-3}
            assert number(phase, f"ℓ_S(φ_{{{place}}})", "curve").of(task) == pytest.approx(losses[-1], **close)
            assert number(phase, f"‖∇ℓ_S(φ_{{{place}}})‖", "curve").of(task) == pytest.approx(float(length), **close)
            way = number(phase, f"‖φ_{{{place + 1}}} − φ_{{{place}}}‖", "curve").of(task)
            assert way == pytest.approx(float(moved), **close)
            name, _, rest = phase.worked_for(task).partition(":")
            assert name.split("[")[0] in params and " − " in rest  # rate times slope, which it says only where it is
            made, _, told = rest.partition("= ")[2].rpartition(" = ")
            start, _, product = made.partition(" − ")
            rate, slope = (float(part.strip("()").replace("−", "-")) for part in product.split(" · "))
            begun, ended = (float(part.replace("−", "-")) for part in (start, told))
            assert begun - rate * slope == pytest.approx(ended, rel=2e-3, abs=1e-3 * abs(rate * slope))


@pytest.mark.parametrize("algorithm", ["reptile", "leo", "imaml"])
def test_steps_that_are_not_rate_times_slope_are_not_written_so(tiny: Tiny, algorithm: str) -> None:
    adam = {"algorithm.inner_optimizer": "adam"} if algorithm == "reptile" else {}
    _, phases = step_of(tiny, "densities", "vae", algorithm, adam)
    assert " · " not in phases[1].worked_for(0) and " + " in phases[1].worked_for(0)


def test_the_gradient_and_the_update_are_those_of_the_step(tiny: Tiny) -> None:
    plain = {"training.outer_optimizer": "sgd", "training.outer_clip": 1e-3, "training.lr_schedule": "linear"}
    learner = MetaLearner(tiny("sinusoids", "curve", "maml", plain))
    learner.step()
    drawn, before = learner.draw(), state_of(learner).meta
    losses = query_losses(learner.algorithm, learner.meta, drawn.support, drawn.query, drawn.noise, drawn.moment)
    leaves = list(learner.meta["curve"].values())
    slopes = torch.cat([g.flatten() for g in torch.autograd.grad(losses["curve"].mean(), leaves)])
    *_, gradient, update = outer_step(learner)
    assert number(gradient, "‖g‖", "curve").of(0) == pytest.approx(float(slopes.norm()), rel=1e-6)
    assert number(gradient, "‖ĝ‖", "curve").of(0) == 1e-3
    rate = learner.training.outer_lr * schedule("linear", 1 / 3)
    assert number(update, "β", "").of(0) == rate
    ways = torch.cat([(learner.meta["curve"][n].detach() - v).flatten() for n, v in before["curve"].items()])
    assert number(update, "‖Δθ‖", "curve").of(0) == as_numbers(ways.norm())
    assert number(update, "‖Δθ‖", "curve").of(0) == pytest.approx(rate * 1e-3, rel=1e-3)
    assert number(update, "L", "curve").of(0) == pytest.approx(float(losses["curve"].detach().mean()), rel=1e-6)
    assert update.formula == "θ ← θ − β g" and "Adam" not in update.formula


def test_the_warm_up_has_no_inner_steps(tiny: Tiny) -> None:
    values = {"training.warmup_steps": 1, "training.meta_steps": 3}
    own = MetaLearner(tiny("densities", "vae", "maml", values))
    slow, phases = step_of(tiny, "densities", "vae", "maml", values)
    assert [phase.kind for phase in phases] == ["tasks", "query", "gradient", "update"]
    assert phases[-1].report == own.step()
    must_be_same(state_of(slow).meta, state_of(own).meta, "the warm-up is that of a run")
    assert [phase.kind for phase in outer_step(slow)][1:3] == ["inner", "inner"]


def test_a_gradient_that_is_not_finite_is_told_and_nothing_learned(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    learner = MetaLearner(tiny("sinusoids", "curve", "maml"))
    monkeypatch.setattr(learner.model, "query_loss", lambda *given: learner.model.loss(*given) * torch.inf)
    before = state_of(learner).meta
    update = list(outer_step(learner))[-1]
    assert update.report is not None and not update.report.applied and "not finite" in update.remark
    must_be_same(state_of(learner).meta, before, "nothing was learned")


@pytest.mark.parametrize(("tasks", "model"), SMALL)
def test_pictures_are_of_the_tasks_of_the_step_and_grow_with_its_phases(tiny: Tiny, tasks: str, model: str) -> None:
    learner, phases = step_of(tiny, tasks, model, "maml")
    batch = learner.family.batch("train", 0, 2, 3, 4)
    pictures = [phase.picture for phase in phases]
    assert [picture.steps for picture in pictures] == [(0,), (0, 1), (0, 1, 2), (0, 1, 2), (0, 1, 2), (0, 1, 2)]
    for picture in pictures:
        assert picture.names == batch.names == phases[0].tasks
        np.testing.assert_array_equal(picture.support, learner.family.spec.to_show(batch.support))
        if picture is not pictures[-1]:
            np.testing.assert_array_equal(picture.samples[:, :1], pictures[0].samples)
        if picture.truth is not None:
            expected = learner.family.curve("train", 1, picture.curve_x)
            np.testing.assert_array_equal(picture.truth[1], expected)
        if picture.density is not None:
            assert picture.density.shape[0] == 2
    assert not np.array_equal(pictures[-1].samples, pictures[-2].samples)  # the same latents, after the update


def test_a_picture_is_cut_at_a_step(tiny: Tiny) -> None:
    _, phases = step_of(tiny, "sinusoids", "curve", "maml")
    whole = phases[-1].picture
    cut = until(whole, 1)
    assert cut.steps == (0, 1) and cut.curves.shape[1] == cut.samples.shape[1] == 2 and cut.support is whole.support
    assert until(whole, 9).steps == whole.steps


@pytest.mark.parametrize("algorithm", algorithms.names())
def test_every_algorithm_has_lines_that_are_numbered(algorithm: str) -> None:
    lines = algorithms.get(algorithm).formulas
    assert isinstance(lines, Formulas) and "=" in lines.start
    for line in (lines.inner, lines.query, lines.gradient):
        assert "=" in line and line.count("{") == line.count("}")
        assert "_k" not in numbered(line, 3) and "_j" not in numbered(line, 3, 0)


def test_numbers_are_put_into_a_line() -> None:
    assert numbered("φ_{j+1} = φ_j − α ∘ ∇ℓ_S(φ_j)", 3, 1) == "φ_{2} = φ_{1} − α ∘ ∇ℓ_S(φ_{1})"
    assert numbered("g = Π_{j<k} H_j ∇ℓ_Q(φ_k)", 12) == "g = Π_{j<12} H_j ∇ℓ_Q(φ_{12})"


def test_meta_parameters_are_apart_from_phases(tiny: Tiny) -> None:
    learner, phases = step_of(tiny, "sinusoids", "curve", "maml")
    told = {n.symbol: n.values.copy() for n in phases[1].numbers}
    learner.step()
    assert all(np.array_equal(n.values, told[n.symbol]) for n in phases[1].numbers)
    assert isinstance(learner.meta, MetaParams)
