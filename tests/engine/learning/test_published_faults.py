"""Faults found in published code, put in one by one: each must make the test fail that stands against it.

A guard that still passes with its fault in place would be no guard.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from metagen_gui.engine.adaptation import inner_loop
from metagen_gui.engine.adaptation.inner_loop import InnerLoop, Moments
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning import descent
from metagen_gui.engine.learning.observer import Observer
from metagen_gui.engine.models import gan
from metagen_gui.engine.networks import adversarial_losses as adversarial
from metagen_gui.engine.networks import context_networks as networks
from metagen_gui.engine.tasks.strokes import Strokes
from metagen_gui.testing.models import nothing_is_kept_between_tasks
from tests.engine.adaptation import test_inner_loop
from tests.engine.algorithms import test_reptile, test_reptile_moments
from tests.engine.learning import test_closed_forms
from tests.engine.models import test_gan, test_model_contract
from tests.engine.networks import test_adversarial_losses as test_adversarial
from tests.engine.tasks import test_strokes

Tiny = Callable[..., Experiment]
Patch = pytest.MonkeyPatch


def penalty_over_the_channel_axis(patch: Patch) -> None:
    def slopes(critic: Any, examples: Tensor) -> Tensor:
        return torch.func.grad(lambda x: critic(x).sum())(examples)  # not flattened: .sum(1) is over channels

    patch.setattr(adversarial, "_slopes", slopes)


def penalty_of_unadapted_weights(patch: Patch) -> None:
    first: list[Any] = []

    def stale(judge: Any, params: Any) -> Any:
        first.append(params)
        return partial(judge, first[0])

    patch.setattr(gan, "partial", stale)


def first_order_that_claims_second(patch: Patch) -> None:
    own = InnerLoop.gradients

    def cut(self: InnerLoop, *given: Any) -> Any:
        return {name: gradient.detach() for name, gradient in own(self, *given).items()}

    patch.setattr(InnerLoop, "gradients", cut)


def meta_parameters_overwritten_by_the_adapted(patch: Patch) -> None:
    def in_place(params: Any, gradients: Any, rates: Any) -> Any:
        for name, gradient in gradients.items():
            params[name].data -= rates[name] * gradient
        return params

    patch.setattr(inner_loop, "descend", in_place)


def moments_that_leak_from_task_to_task(patch: Patch) -> None:
    steps_of_all_tasks = [0]
    own = inner_loop.second_moment

    def leaking(*given: Any) -> Moments:
        steps_of_all_tasks[0] += 1
        second, taken = own(*given)
        return Moments(second, torch.full_like(taken, float(steps_of_all_tasks[0])))

    patch.setattr(inner_loop, "second_moment", leaking)


def moments_that_leak_into_validation(patch: Patch) -> None:
    own = Observer.validate

    def leaving_a_trace(self: Observer, seconds: float) -> Any:
        found = own(self, seconds)
        with torch.no_grad():
            for values in self.learner.meta.values():
                values["@moments_taken"] += 1
        return found

    patch.setattr(Observer, "validate", leaving_a_trace)


def running_statistics(patch: Patch) -> None:
    class BatchNorm(nn.BatchNorm1d):
        def __init__(self, features: int, groups: int = 1) -> None:
            super().__init__(features)

    patch.setattr(networks, "Normalisation", BatchNorm)


def training_and_evaluation_from_one_loader(patch: Patch) -> None:
    own = Strokes.task

    def from_training(self: Strokes, stream: Any, *given: int) -> Any:
        return own(self, "train", *given)

    patch.setattr(Strokes, "task", from_training)


def a_last_tenth_that_is_never_reached(patch: Patch) -> None:
    own = descent.schedule
    patch.setattr(descent, "schedule", lambda kind, share: own(kind, min(share / 0.9, 1.0)))


def a_batch() -> Tensor:
    return torch.rand(6, *test_adversarial.IMAGE, generator=torch.Generator().manual_seed(0)).double()


GUARDS: dict[Callable[[Patch], None], Callable[[Tiny], None]] = {
    penalty_over_the_channel_axis: lambda tiny: (
        test_adversarial.test_gradient_penalty_is_taken_per_example_over_all_axes(a_batch())
    ),
    penalty_of_unadapted_weights: lambda tiny: test_gan.test_penalties_are_those_of_the_adapted_discriminator(
        test_gan.POINTS, "wgan_gp"
    ),
    first_order_that_claims_second: lambda tiny: test_closed_forms.test_plain_rates("maml", 2, 2),
    meta_parameters_overwritten_by_the_adapted: lambda tiny: (
        test_inner_loop.test_meta_parameters_are_not_overwritten_by_adaptation()
    ),
    moments_that_leak_from_task_to_task: lambda tiny: (
        test_reptile_moments.test_moments_begin_afresh_in_every_task_and_every_step("vae")
    ),
    moments_that_leak_into_validation: lambda tiny: (
        test_reptile_moments.test_looking_uses_the_carried_moments_and_leaves_them("carried", tiny)
    ),
    running_statistics: lambda tiny: nothing_is_kept_between_tasks(
        test_model_contract.build("vae", test_model_contract.SPECS[0], network="mlp")
    ),
    training_and_evaluation_from_one_loader: lambda tiny: (
        test_strokes.test_tasks_come_from_their_own_split_and_from_all_of_it()
    ),
    a_last_tenth_that_is_never_reached: lambda tiny: (
        test_reptile.test_epsilon_falls_linearly_and_its_last_step_is_taken(tiny)
    ),
}


@pytest.mark.parametrize("fault", GUARDS, ids=lambda fault: fault.__name__)
def test_a_fault_that_is_put_in_is_found(fault: Callable[[Patch], None], tiny: Tiny, monkeypatch: Patch) -> None:
    GUARDS[fault](tiny)
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        GUARDS[fault](tiny)
