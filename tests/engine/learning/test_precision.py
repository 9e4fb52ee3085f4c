"""Mixed precision: only products are rounded, factors stay factors, and a run says how much it is off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from metagen_gui.engine.algorithms.base import MetaGradient, Moment, algorithms
from metagen_gui.engine.beneath_autograd.kernels import When, quick
from metagen_gui.engine.beneath_autograd.low_rank import LowRank
from metagen_gui.engine.events import Notice
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.observer import Observer
from metagen_gui.engine.learning.precision import Precision, computing_in
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.run.outer_loop import meta_train
from tests.engine.cells import EVERY

Tiny = Callable[..., Experiment]
MIXED = {"training.precision": "mixed"}
CPU = torch.device("cpu")


def meta_gradient(learner: MetaLearner, precision: Precision, factored: When = "never") -> MetaGradient:
    t = learner.training
    support, query = learner.tensors(learner.family.batch("train", 0, t.meta_batch_size, t.shots, t.query_size))
    noise = learner.algorithm.draw_noise(generator_for(0, "training"), t.meta_batch_size, t.shots, t.query_size)
    with quick(factored), computing_in(precision, CPU):
        return learner.algorithm.meta_gradient(learner.meta, support, query, noise, Moment())


def flat(found: MetaGradient) -> torch.Tensor:
    return torch.cat([value.flatten() for values in found.gradients.values() for value in values.values()])


CELLS = [*((name, "vae") for name in algorithms.names()), ("maml", "gan"), ("reptile", "curve")]


@pytest.mark.parametrize(("algorithm", "model"), CELLS)
def test_only_products_are_rounded(tiny: Tiny, algorithm: str, model: str) -> None:
    learner = MetaLearner(tiny("densities", model, algorithm))
    exact, mixed = meta_gradient(learner, "float32"), meta_gradient(learner, "mixed")
    found = [*mixed.query_loss.values(), flat(mixed)]
    assert all(value.dtype == torch.float32 and value.isfinite().all() for value in found)
    off = float((flat(mixed) - flat(exact)).norm() / flat(exact).norm())
    assert 1e-6 < off < 0.25


def test_factors_stay_factors(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = {"algorithm.adapts": "everything", "algorithm.learned_rates": "no", "algorithm.inner_lr": 0.01}
    learner = MetaLearner(tiny("densities", "vae", "maml", {**changes, "model.width": 64}))
    written = list[LowRank]()
    own = LowRank.dense
    monkeypatch.setattr(LowRank, "dense", lambda self: [written.append(self), own(self)][1])
    counts, found = [], []
    for precision in ("float32", "mixed"):
        written.clear()
        found.append(flat(meta_gradient(learner, precision, "always")))
        counts.append(len(written))
    assert counts[0] == counts[1]
    dense = flat(meta_gradient(learner, "mixed"))
    assert 0 < float((found[1] - dense).norm()) < 0.05 * float(dense.norm())


def test_a_run_says_how_much_it_is_off(tiny: Tiny, tmp_path: Path) -> None:
    events = list(meta_train(tiny("densities", "vae", "maml", MIXED), out=tmp_path))
    (told,) = [event.text for event in events if isinstance(event, Notice) and "precision" in event.text]
    assert told.startswith("Mixed precision: the outer gradient of the first tasks is ") and told.endswith(" % off.")
    learner = MetaLearner(tiny("densities", "vae", "maml", MIXED))
    assert f" {100 * learner.mixed_error():.1f} % off." in told


def test_steps_are_mixed_and_scores_are_not(tiny: Tiny) -> None:
    one, other = MetaLearner(tiny("densities", "vae", "maml")), MetaLearner(tiny("densities", "vae", "maml", MIXED))
    assert Observer(one).validate(0.0)[1] == Observer(other).validate(0.0)[1]
    mine, theirs = one.step().query_loss["vae"], other.step().query_loss["vae"]
    assert mine != theirs and mine == pytest.approx(theirs, rel=0.05)


@pytest.mark.parametrize(("model", "warm_up"), [("vae", 0), ("vae", 2), *([("gan", 0), ("gan", 2)] if EVERY else [])])
def test_a_replay_rounds_alike(tiny: Tiny, model: str, warm_up: int) -> None:
    changes = {**MIXED, "training.warmup_steps": warm_up, "training.meta_steps": 20}
    replayed, other = (
        MetaLearner(tiny("densities", model, "maml", {**changes, "training.replay": on})) for on in (True, False)
    )
    assert [replayed.step() for _ in range(10)] == [other.step() for _ in range(10)]
    assert replayed.replayed.replaying and not other.replayed.replaying
