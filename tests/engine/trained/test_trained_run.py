"""A trained run with other settings than it was trained with: what adapts then, and at which rates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from metagen_gui.engine.adaptation.learned_rates import RATE
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.trained.trained_run import open_run

Tiny = Callable[..., Experiment]


def test_what_did_not_adapt_in_training_adapts_at_its_fixed_rate_when_it_is_asked_to(
    tiny: Tiny, tmp_path: Path
) -> None:
    for _ in meta_train(tiny("densities", "vae"), out=tmp_path / "run", previews=False):
        pass
    run = open_run(tmp_path / "run")
    changed = run.changed({"algorithm.adapts": "everything"})
    algorithm, weights = changed.model.algorithm, changed.model.weights
    rates, before = algorithm.rates(weights)["vae"], run.model.algorithm.rates(run.model.weights)["vae"]
    assert torch.equal(rates["context"], before["context"]) and rates["context"].std() > 0, "these were learned"
    fixed = algorithm.fixed_rates()["decoder"]
    assert torch.equal(rates["decoder.out.weight"], torch.full_like(rates["decoder.out.weight"], fixed))
    examples = torch.from_numpy(run.family.task("test", 0, 5, 1).support)
    adapted = changed.model.adapt(examples, 1).parameters["vae"]
    assert all(not torch.equal(adapted[name], weights.model["vae"][name]) for name in ("context", "encoder.out.weight"))
    back = changed.changed({"algorithm.adapts": "context"}).model.weights.own["vae"]
    assert [*back] == [RATE + "context"]
    assert torch.equal(back[RATE + "context"], run.model.weights.own["vae"][RATE + "context"])
