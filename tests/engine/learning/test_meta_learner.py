"""One outer step at a time: warm-up, schedules, limits, and changes while a run goes on."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from metagen_gui.engine.algorithms.base import MetaGradient, MetaParams
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.descent import schedule
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import setting
from metagen_gui.engine.tasks.base import Task
from metagen_gui.engine.tasks.densities import Densities, DensitySettings

Tiny = Callable[..., Experiment]
SGD = {
    "training.outer_optimizer": "sgd",
    "training.outer_lr": 0.01,
    "training.outer_clip": 0.0,
    "training.lr_schedule": "constant",
}


def copy(meta: MetaParams) -> MetaParams:
    return {player: {name: value.detach().clone() for name, value in values.items()} for player, values in meta.items()}


@pytest.mark.parametrize("model", ["vae", "gan"])
def test_warm_up_is_ordinary_training_on_all_examples_without_adaptation(tiny: Tiny, model: str) -> None:
    changes = {"training.warmup_steps": 2, "training.meta_steps": 3, "algorithm.learned_rates": "per_group"}
    learner = MetaLearner(tiny("densities", model, "maml", {**SGD, **changes}))
    before = copy(learner.meta)
    report = learner.step()
    assert report.phase == "warm-up" and report.applied

    t, model_ = learner.training, learner.model
    batch = learner.family.batch("train", 0, t.meta_batch_size, t.shots, t.query_size)
    support, query = torch.from_numpy(batch.support), torch.from_numpy(batch.query)
    pooled = torch.cat([support, query], 1).flatten(0, 1)
    assert len(pooled) == t.meta_batch_size * (t.shots + t.query_size)
    start = {p: {n: v.clone().requires_grad_() for n, v in values.items()} for p, values in before.items()}
    generator = generator_for(t.seed, "training", 0)
    for player in model_.players:
        own = {n: v for n, v in start[player].items() if not n.startswith("@")}
        params = {p: {n: v for n, v in values.items() if not n.startswith("@")} for p, values in start.items()}
        loss = model_.loss(player, params, pooled, model_.noise(generator, (), len(pooled)))
        assert report.query_loss[player] == pytest.approx(loss.item(), rel=1e-6)
        for (name, value), gradient in zip(own.items(), torch.autograd.grad(loss, list(own.values())), strict=True):
            torch.testing.assert_close(learner.meta[player][name].detach(), value.detach() - 0.01 * gradient)
        rates = [name for name in start[player] if name.startswith("@")]
        assert rates and all(torch.equal(learner.meta[player][name], before[player][name]) for name in rates)
    assert learner.step().phase == "warm-up"
    assert learner.step().phase == "meta-training"


def test_every_step_has_tasks_and_noise_of_its_own_by_its_number(tiny: Tiny) -> None:
    """Which is what lets a run be taken up again at any step."""
    seen: dict[int, list[torch.Tensor]] = {}

    def watch(learner: MetaLearner) -> MetaLearner:
        own = learner.algorithm.meta_gradient

        def watched(meta: MetaParams, support: torch.Tensor, query: torch.Tensor, *rest: Any) -> MetaGradient:
            noise = [value for part in (rest[0].support, rest[0].query) for value in part.values()]
            drawn = [*support, *query, *noise]
            again = seen.setdefault(learner.meta_step, drawn)
            assert all(torch.equal(mine, first) for mine, first in zip(drawn, again, strict=True))
            return own(meta, support, query, *rest)

        learner.algorithm.meta_gradient = watched
        return learner

    straight, later = (watch(MetaLearner(tiny("densities", "vae", "fomaml"))) for _ in range(2))
    for _ in range(3):
        straight.step()
    later.meta_step = 2
    later.step()
    assert sorted(seen) == [0, 1, 2]
    for one, other in itertools.combinations(seen.values(), 2):
        assert not any(torch.equal(mine, theirs) for mine in one for theirs in other if mine.shape == theirs.shape)


def fixed_gradient(learner: MetaLearner, value: float) -> None:
    """Let every outer gradient be `value` everywhere."""
    losses = {player: torch.zeros(2) for player in learner.model.players}

    def meta_gradient(*_: object) -> MetaGradient:
        gradients = {p: {n: torch.full_like(v, value) for n, v in x.items()} for p, x in learner.meta.items()}
        return MetaGradient(gradients, losses)

    learner.algorithm.meta_gradient = meta_gradient


@pytest.mark.parametrize("kind", ["constant", "linear", "cosine"])
def test_the_schedule_reaches_the_last_step(tiny: Tiny, kind: str) -> None:
    steps, rates = 8, []
    changes = {"training.meta_steps": steps, "training.outer_lr": 0.5, "training.lr_schedule": kind}
    learner = MetaLearner(tiny("densities", "vae", "fomaml", changes))
    fixed_gradient(learner, 1e-3)
    own = learner.optimizers["vae"].step

    def watched() -> None:
        rates.append(learner.optimizers["vae"].param_groups[0]["lr"])
        own()

    learner.optimizers["vae"].step = watched
    for _ in range(steps):
        learner.step()
    shares = {
        "constant": [1.0] * steps,
        "linear": [1 - i / steps for i in range(steps)],
        "cosine": [(1 + math.cos(math.pi * i / steps)) / 2 for i in range(steps)],
    }[kind]
    assert rates == pytest.approx([0.5 * share for share in shares])
    assert schedule(kind, 1.0) == (1.0 if kind == "constant" else 0.0)
    assert all(rate > 0 for rate in rates)


def test_the_kl_term_grows_over_its_warm_up(tiny: Tiny) -> None:
    learner = MetaLearner(tiny("densities", "vae", "maml", {"training.ramp_steps": 4, "training.meta_steps": 6}))
    ramps: list[float] = []
    own = learner.algorithm.meta_gradient

    def watched(*given: object) -> MetaGradient:
        ramps.append(given[-1])
        return own(*given)

    learner.algorithm.meta_gradient = watched
    for _ in range(6):
        learner.step()
    assert [moment.ramp for moment in ramps] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


def test_a_live_change_takes_effect_at_the_next_step(tiny: Tiny) -> None:
    changed, other = (MetaLearner(tiny("densities", "vae", "maml", SGD)) for _ in range(2))
    assert changed.change("training.outer_lr", "0") == 0.0, "a value is returned as it was understood"
    before = copy(changed.meta)
    changed.step()
    assert all(torch.equal(changed.meta["vae"][name], value) for name, value in before["vae"].items())
    changed.meta_step = 0
    assert changed.change("algorithm.inner_lr", 0.0) == 0.0
    assert changed.change("model.beta", 0.0) == 0.0
    assert changed.step().query_loss != other.step().query_loss
    assert changed.algorithm.settings.inner_lr == changed.model.settings.beta == 0.0


def test_a_live_setting_of_the_tasks_takes_effect_too(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """No family has one yet; a plugin that declares one must not find that it was logged and ignored."""

    class Settings(DensitySettings):
        mode_width: float = setting(0.1, "Width.", low=0.02, high=0.5, live=True)

    monkeypatch.setattr(Densities, "Settings", Settings)
    learner = MetaLearner(tiny("densities", "vae", "maml", {"tasks.shape": "rings"}))
    before = learner.family.batch("train", 0, 2, 3, 4).support
    assert learner.change("tasks.mode_width", 0.4) == 0.4
    assert (learner.family.batch("train", 0, 2, 3, 4).support != before).all()


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("training.meta_batch_size", 3, "cannot be changed while a run"),
        ("training.seed", 3, "cannot be changed while a run"),
        ("model.name", "gan", "cannot be changed while a run"),
        ("tasks.shape", "rings", "cannot be changed while a run"),
        ("training.outer_lr", -1, "too low"),
        ("training.outer_lr", "fast", "not a number"),
        ("algorithm.group_rates", {"toes": 1.0}, "no group 'toes'"),
        ("algorithm.no_such", 1, "no such setting"),
        ("nonsense", 1, "begins with one of"),
    ],
)
def test_other_changes_are_refused_and_nothing_changes(tiny: Tiny, path: str, value: object, why: str) -> None:
    learner = MetaLearner(tiny("densities", "vae"))
    experiment, training = learner.experiment, learner.training
    with pytest.raises(BadInput, match=why) as caught:
        learner.change(path, value)
    assert caught.value.where == path
    assert learner.experiment is experiment and learner.training is training


def test_a_change_that_does_not_go_with_the_tasks_is_refused(tiny: Tiny) -> None:
    """A single sample has no neighbour to keep away from: every loss would be 0 / 0 from here on."""
    learner = MetaLearner(tiny("densities", "gan", "maml", {"training.shots": 1}))
    with pytest.raises(BadInput, match="too few for mode seeking"):
        learner.change("model.mode_seeking", 1.0)
    assert learner.model.settings.mode_seeking == 0.0 and learner.step().applied


@pytest.mark.parametrize(("model", "algorithm"), [("vae", "maml"), ("gan", "reptile"), ("vae", "imaml")])
def test_a_run_in_which_nothing_could_adapt_is_refused(tiny: Tiny, model: str, algorithm: str) -> None:
    values = {"model.context_size": 0, "algorithm.adapts": "context"}
    with pytest.raises(BadInput, match=r"algorithm\.adapts: context leaves this model nothing to adapt"):
        MetaLearner(tiny("densities", model, algorithm, values))


def test_the_initialization_is_drawn_from_the_seed(tiny: Tiny) -> None:
    one, same, other = (MetaLearner(tiny(values={"training.seed": seed})).meta["curve"] for seed in (1, 1, 2))
    weights = [name for name, value in one.items() if value.ndim > 1 and value.any()]
    assert weights and all(torch.equal(one[name], same[name]) for name in one)
    assert not any(torch.equal(one[name], other[name]) for name in weights)


def test_what_is_learned_is_counted_once(tiny: Tiny) -> None:
    learner = MetaLearner(tiny("densities", "vae", "maml", {"algorithm.learned_rates": "per_entry"}))
    plain = MetaLearner(tiny("densities", "vae", "maml", {"algorithm.learned_rates": "no"}))
    # a rate per step for each of 4 numbers of the context and 2 × 3 of the prior
    assert learner.parameters() == plain.parameters() + 2 * (4 + 6)
    assert plain.parameters() == sum(p.numel() for p in plain.model.networks.parameters())


def test_exploding_tasks_are_counted(tiny: Tiny) -> None:
    """One task of two is given a support that no float can hold the loss of."""
    learner = MetaLearner(tiny("sinusoids", "curve", "maml", {"model.initial_weights": "by_inputs"}))
    own = learner.family.task

    def spoiled(stream: str, index: int, *sizes: int) -> Task:
        task = own(stream, index, *sizes)
        return replace(task, support=task.support * np.float32(1e30)) if index % 2 else task

    learner.family.task = spoiled
    step = learner.step()
    assert step.diverged == 1 and not step.applied
