"""The report's tables: numbers to their last digit, and the step that the median of seeds chose."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from metagen_gui.engine.claims.findings import Findings
from metagen_gui.engine.claims.folder import Scored
from metagen_gui.engine.claims.report import tables
from metagen_gui.engine.claims.report.sections import _plane
from metagen_gui.engine.claims.report.tables import to_csv
from metagen_gui.engine.claims.tuning import Choice
from metagen_gui.engine.held_out.adapted import Adapted
from metagen_gui.engine.held_out.measures import Measure
from metagen_gui.engine.metrics import metrics


def test_csv_keeps_numbers_to_their_last_digit() -> None:
    assert to_csv(("a", "b"), [(1 / 3, None), ("x,y", True)]) == 'a,b\n0.3333333333333333,\n"x,y",True\n'


def test_where_seeds_chose_other_steps_their_median_is_marked() -> None:
    adapted = Adapted((0, 3, 5, 10), {"loss": np.ones((4, 3))}, np.zeros((0,), np.float32))
    scored = [Scored(Choice({}, step, 0.0, ()), adapted) for step in (10, 3, 5)]
    arm = SimpleNamespace(title="MAML", is_null=False, run="maml")
    told: Any = SimpleNamespace(arms=[arm], scored=lambda *_: scored, best=None, groups={"own": ()})
    (drawn,) = tables.curves(told, "equal compute", Measure("loss", "−ELBO", "nats", "lower", None))
    assert drawn.chosen == 5


def test_landmarks_are_told_with_their_figures_and_places_are_means_over_seeds() -> None:
    names = ("class_consistency", "diversity", "support_distance")
    found = [metrics.get(name)() for name in names]
    measures = tuple(
        Measure(name, one.title, "", one.better, None, one) for name, one in zip(names, found, strict=True)
    )
    nothing = np.zeros((0,), np.float32)

    def scored(step: int, *rows: float) -> Scored:
        values = {name: np.repeat([rows], 3, axis=0).T for name in names}
        return Scored(Choice({}, step, 0.0, ()), Adapted(tuple(range(len(rows))), values, nothing))

    real, by_seed = scored(0, 1.0), [scored(1, 0.2, 0.4), scored(0, 0.6, 0.9)]
    arm = SimpleNamespace(name="maml", title="MAML", is_null=False, run="maml")
    told: Any = SimpleNamespace(
        arms=[arm], scored=lambda *_: by_seed, landmarks={"real": real}, measures=measures, groups={"own": ()},
        shared={"equal steps": {}},
    )  # fmt: skip
    assert next(tables.landmark_rows(told)) == ("real", "class_consistency", 1.0, 0.0, 3)
    places = Findings.places(told, "equal steps")
    assert [(one.title, one.is_landmark) for one in places] == [("Real examples", True), ("MAML", False)]
    assert {axis: one.mean for axis, one in places[1].figures.items()} == pytest.approx(
        {"recognizability": 0.5, "diversity": 0.5, "originality": 0.5}
    ), "each seed at its own steps"
    told.places = lambda footing: places
    page = "".join(_plane(told))
    assert page.count("<svg") == 2 and "Real examples" in page and "MAML" in page and "1.00 ± 0.00" in page
    told.places = lambda footing: []
    assert "".join(_plane(told)) == "", "and of points nothing"
