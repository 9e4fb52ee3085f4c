"""The report's tables: numbers to their last digit, and the step that the median of seeds chose."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from metagen_gui.engine.claims.folder import Scored
from metagen_gui.engine.claims.report import tables
from metagen_gui.engine.claims.report.tables import to_csv
from metagen_gui.engine.claims.tuning import Choice
from metagen_gui.engine.held_out.adapted import Adapted
from metagen_gui.engine.held_out.measures import Measure


def test_csv_keeps_numbers_to_their_last_digit() -> None:
    assert to_csv(("a", "b"), [(1 / 3, None), ("x,y", True)]) == 'a,b\n0.3333333333333333,\n"x,y",True\n'


def test_where_seeds_chose_other_steps_their_median_is_marked() -> None:
    adapted = Adapted((0, 3, 5, 10), {"loss": np.ones((4, 3))}, np.zeros((0,), np.float32))
    scored = [Scored(Choice({}, step, 0.0, ()), adapted) for step in (10, 3, 5)]
    arm = SimpleNamespace(title="MAML", is_null=False, run="maml")
    told: Any = SimpleNamespace(arms=[arm], scored=lambda *_: scored, best=None, groups={"own": ()})
    (drawn,) = tables.curves(told, "equal compute", Measure("loss", "−ELBO", "nats", "lower", None))
    assert drawn.chosen == 5
