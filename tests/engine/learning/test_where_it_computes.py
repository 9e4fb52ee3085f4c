"""Everything is computed where the data lie, and the device is asked for numbers once in a step.

There need not be a GPU for that: torch's `meta` device holds no numbers, so whoever asks it for one, or mixes its
tensors with those of another device, fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, NoReturn

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from metagen_gui.engine.adaptation.meta_params import MetaParams
from metagen_gui.engine.algorithms.base import Moment
from metagen_gui.engine.beneath_autograd.kernels import When, quick
from metagen_gui.engine.events import StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.descent import descend, optimizers_for, replace
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.settings.config import setting
from metagen_gui.engine.tasks.densities import Densities, DensitySettings
from tests.engine.cells import diagonal, home

Tiny = Callable[..., Experiment]
NOWHERE = torch.device("meta")


def nowhere(values: Any) -> Any:
    """Return tensors of the same shapes that hold no numbers, in the same dictionaries."""
    if isinstance(values, Tensor):
        return torch.empty_like(values, device=NOWHERE).requires_grad_(values.requires_grad)
    return {name: nowhere(value) for name, value in values.items()}


@pytest.mark.parametrize(
    ("algorithm", "model", "factored"),
    [*((*pair, "always") for pair in diagonal(2)), ("maml", "vae", "never"), ("reptile", "gan", "never")],
)
def test_a_meta_gradient_needs_no_number_and_no_other_device(
    tiny: Tiny, algorithm: str, model: str, factored: When
) -> None:
    learner = MetaLearner(tiny(home(model), model, algorithm))
    t, meta = learner.training, MetaParams.of(nowhere(learner.meta))
    batch = learner.family.batch("train", 0, t.meta_batch_size, t.shots, t.query_size)
    support, query = (nowhere(torch.from_numpy(part)) for part in (batch.support, batch.query))
    noise = learner.algorithm.draw_noise(generator_for(0, "training"), t.meta_batch_size, t.shots, t.query_size)
    noise = type(noise)(*(nowhere(getattr(noise, field.name)) for field in fields(noise)))
    with quick(factored):
        found = learner.algorithm.meta_gradient(meta, support, query, noise, Moment())
    tensors = [
        value for part in (found.gradients, found.replaced) for values in part.values() for value in values.values()
    ]
    assert tensors and all(value.device == NOWHERE for value in [*tensors, *found.query_loss.values()])


class Asked(TorchDispatchMode):
    """Counts how often a single number is asked for."""

    times = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.times += func is torch.ops.aten._local_scalar_dense.default
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(
    ("algorithm", "model", "optimizer"), [*((*pair, "adam") for pair in diagonal(3)), ("maml", "gan", "sgd")]
)
def test_no_number_is_asked_for_but_those_of_the_report(
    tiny: Tiny, algorithm: str, model: str, optimizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {"training.warmup_steps": 2, "training.outer_value_clip": 1.0, "training.outer_optimizer": optimizer}
    learner, listed = MetaLearner(tiny(home(model), model, algorithm, changes)), list[int]()
    learner.step()  # what is made once may look at itself
    learner.algorithm.draw_noise(generator_for(0, "training"), 1, 1, 1)
    own = Tensor.tolist
    monkeypatch.setattr(Tensor, "tolist", lambda self: [listed.append(self.numel()), own(self)][1])
    with Asked() as asked:
        learner.step()
        learner.step()
    assert asked.times == 0 and listed == [2 + 2 * len(learner.model.players)] * 2


# -- the step -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_step_that_is_not_finite_leaves_no_trace(tiny: Tiny, optimizer: str) -> None:
    learner, other = (
        MetaLearner(tiny("densities", "gan", "maml", {"training.outer_optimizer": optimizer})) for _ in range(2)
    )

    def gradients(learner: MetaLearner, value: float) -> Any:
        return {p: {n: torch.full_like(v, value) for n, v in vs.items()} for p, vs in learner.meta.items()}

    broken = gradients(learner, 0.1)
    next(iter(broken["generator"].values())).view(-1)[0] = torch.nan  # of one player: the other is not to move either
    finite = descend(learner.meta, broken, learner.optimizers, learner.training, 0.0)
    replace(learner.meta, gradients(learner, 7.0), finite)
    for each in (learner, other):
        assert descend(each.meta, gradients(each, 0.1), each.optimizers, each.training, 0.0)
    assert not finite
    for player, values in other.meta.items():
        assert all(torch.equal(value, learner.meta[player][name]) for name, value in values.items())


def test_where_optimizers_cannot_be_told_they_are_not_called(tiny: Tiny) -> None:
    learner = MetaLearner(tiny("densities", "vae", "maml"))
    plain = optimizers_for(learner.meta, learner.training, torch.device("mps"))
    before = {name: value.clone() for name, value in learner.meta["vae"].items()}
    for value in (torch.inf, 0.1):
        gradients = {"vae": {name: torch.full_like(old, value) for name, old in before.items()}}
        finite = descend(learner.meta, gradients, plain, learner.training, 0.0)
        same = all(torch.equal(old, learner.meta["vae"][name]) for name, old in before.items() if old.numel())
        assert bool(finite) is (value == 0.1) and same is (value != 0.1)


# -- tasks that are drawn ahead ----------------------------------------------------------------------------------


def test_tasks_drawn_ahead_are_those_of_their_step(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    class Settings(DensitySettings):
        mode_width: float = setting(0.1, "Width.", low=0.02, high=0.5, live=True)

    monkeypatch.setattr(Densities, "Settings", Settings)
    ahead, other = (MetaLearner(tiny("densities", "vae", "fomaml", {"training.meta_steps": 9})) for _ in range(2))
    ahead.ahead = True

    def both(change: Callable[[MetaLearner], Any]) -> None:
        for learner in (ahead, other):
            change(learner)

    def steps() -> None:
        taken: list[tuple[StepReport, StepReport]] = [(ahead.step(), other.step()) for _ in range(2)]
        assert all(mine == theirs for mine, theirs in taken)

    steps()
    both(lambda learner: learner.change("tasks.mode_width", 0.4))
    steps()
    both(lambda learner: setattr(learner, "meta_step", 6))
    steps()


def test_what_fails_ahead_fails_in_its_turn(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    learner = MetaLearner(tiny("densities", "vae", "fomaml"))
    learner.ahead = True
    own = learner.family.batch

    def batch(stream: Any, first: int, *rest: int) -> Any:
        return own(stream, first, *rest) if first == 0 else gone()

    def gone() -> NoReturn:
        raise OSError("the file is gone")

    monkeypatch.setattr(learner.family, "batch", batch)
    assert learner.step().applied
    with pytest.raises(OSError, match="gone"):
        learner.step()
