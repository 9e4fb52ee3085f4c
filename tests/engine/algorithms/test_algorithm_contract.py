"""What every algorithm promises, as `metagen_gui.testing` says it, with every model that it can train."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from metagen_gui.engine.algorithms.base import Algorithm
from metagen_gui.engine.experiment import Experiment
from metagen_gui.testing import ALGORITHM_CHECKS
from tests.engine.cells import PAIRS, home


@pytest.mark.parametrize("check", ALGORITHM_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize(("algorithm", "model"), PAIRS)
def test_it_is_kept(
    algorithm: str, model: str, check: Callable[[Algorithm], None], tiny: Callable[..., Experiment]
) -> None:
    experiment = tiny(home(model), model, algorithm)
    check(experiment.build_algorithm(experiment.build_model(experiment.build_tasks())))
