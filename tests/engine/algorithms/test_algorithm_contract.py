"""What every algorithm promises, as `metagen_gui.testing` says it, with models of every kind that it can train."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from metagen_gui.engine.algorithms.base import Algorithm
from metagen_gui.engine.experiment import Experiment
from metagen_gui.testing import ALGORITHM_CHECKS
from tests.engine.cells import diagonal, home

CHECKED = [
    pytest.param(*pair, check, id=f"{'-'.join(pair)}-{check.__name__}")
    for turn, check in enumerate(ALGORITHM_CHECKS)
    for pair in diagonal(turn)
]
"""Each promise on another diagonal."""


@pytest.mark.parametrize(("algorithm", "model", "check"), CHECKED)
def test_it_is_kept(
    algorithm: str, model: str, check: Callable[[Algorithm], None], tiny: Callable[..., Experiment]
) -> None:
    experiment = tiny(home(model), model, algorithm)
    check(experiment.build_algorithm(experiment.build_model(experiment.build_tasks())))
