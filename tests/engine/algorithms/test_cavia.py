"""CAVIA and ANIL: only the named part adapts; a context begins at 0 and is not learned."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.settings.bad_input import BadInput

Tiny = Callable[..., Experiment]


def moved(learner: MetaLearner) -> MetaLearner:
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for values in learner.meta.values():
            for value in values.values():
                value.add_(0.1 * torch.randn(value.shape, generator=generator))
    return learner


@pytest.mark.parametrize("model", ["vae", "gan", "curve"])
def test_every_context_begins_at_zero_whatever_is_stored_and_nothing_else_adapts(tiny: Tiny, model: str) -> None:
    learner = moved(MetaLearner(tiny("densities", model, "cavia")))
    start, end = path_of(learner)
    for player, values in start.items():
        assert not values["context"].any() and end[player]["context"].any()
        assert all(torch.equal(value, end[player][name]) for name, value in values.items() if name != "context")


@pytest.mark.parametrize("model", ["vae", "gan", "curve"])
def test_the_stored_context_is_never_learned(tiny: Tiny, model: str) -> None:
    learner = MetaLearner(tiny("densities", model, "cavia"))
    for _ in range(2):
        assert learner.step().applied
    assert all(not values["context"].any() for values in learner.meta.values())


@pytest.mark.parametrize(("model", "heads"), [("vae", {"vae": "decoder.out."}), ("curve", {"curve": "head."})])
def test_anil_adapts_the_models_head_by_default(tiny: Tiny, model: str, heads: dict[str, str]) -> None:
    learner = moved(MetaLearner(tiny("densities", model, "anil")))
    start, end = path_of(learner)
    for player, head in heads.items():
        changed = {name for name, value in start[player].items() if not torch.equal(value, end[player][name])}
        assert changed == {head + "weight", head + "bias"}


@pytest.mark.parametrize("network", ["mlp", "conv"])
def test_a_gan_has_a_head_on_either_side(tiny: Tiny, network: str) -> None:
    learner = moved(MetaLearner(tiny("strokes", "gan", "anil", {"model.network": network})))
    start, end = path_of(learner)
    for player, values in start.items():
        changed = {name for name, value in values.items() if not torch.equal(value, end[player][name])}
        inside = "body.head.out." if network == "conv" and player == "discriminator" else "body.out."
        assert changed == {inside + "weight", inside + "bias"}


def path_of(learner: MetaLearner) -> tuple[dict, dict]:
    """Return a task's parameters before and after adaptation."""
    support, _ = learner.tensors(learner.family.batch("validation", 0, 1, 3, 4))
    noise = learner.algorithm.adaptation_noise(torch.Generator().manual_seed(0), 1, learner.steps, 3)
    path = learner.algorithm.trajectory(learner.meta, support[0], {n: v[0] for n, v in noise.items()}, learner.steps)
    return path[0], path[-1]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (
            {"algorithm.adapts": "decoder"},
            "^algorithm.adapts: CAVIA adapts a context, which begins at 0; decoder is none$",
        ),
        ({"model.context_size": 0}, "^model.context_size: 0 leaves CAVIA nothing to adapt$"),
    ],
)
def test_what_leaves_no_context_to_adapt_is_refused(tiny: Tiny, values: dict[str, object], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        MetaLearner(tiny("densities", "vae", "cavia", values))
