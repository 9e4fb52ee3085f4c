from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from metagen_gui.engine.events import RunStarted
from metagen_gui.engine.store.metrics_file import Curves
from metagen_gui.engine.store.reports import LOSS, TRAINING, read_reports, series_of
from tests.kept_runs import keep_run


def started(folder: Path, resumed_from: int) -> RunStarted:
    return RunStarted(folder, ("model",), 2, 200, "cpu", 10, resumed_from=resumed_from)


def test_earlier_reports_are_those_up_to_where_the_run_goes_on(tmp_path: Path) -> None:
    folder = keep_run(tmp_path, "mine", steps=100, validate_every=20)
    with (folder / "metrics.csv").open("a") as metrics:
        metrics.write("101,10.1,nan,4,,,,,,\n")
    earlier = read_reports(folder, started(folder, 60))
    assert [report.meta_step for report in earlier.steps] == list(range(1, 61))
    assert [report.meta_step for report in earlier.validations] == [0, 20, 40, 60]
    last = earlier.validations[-1]
    level = 1 + 10 / 70
    assert last.query_loss["model"] == pytest.approx([2 * level, 1.5 * level, level])
    assert last.support_loss["model"] == pytest.approx([level, level, level / 2])
    assert earlier.seconds == pytest.approx(6.0)
    whole = read_reports(folder, started(folder, 101))
    assert np.isnan(whole.steps[-1].query_loss["model"]) and whole.steps[-1].diverged == 4


def curves(**columns: list[float]) -> Curves:
    named = {name.replace("__", "/"): np.array(values, dtype=np.float64) for name, values in columns.items()}
    return Curves(np.arange(len(named["seconds"])), named)


NAN = float("nan")


def test_what_is_compared_is_the_first_player_after_the_last_adaptation_step() -> None:
    found = series_of(
        curves(
            seconds=[0.0, 1.0, 2.0],
            train__query_loss__generator=[NAN, 5.0, NAN],
            train__query_loss__discriminator=[NAN, 6.0, NAN],
            train__diverged=[NAN, 0.0, 3.0],
            **{
                "validation__query_loss__generator__2": [1.0, NAN, NAN],
                "validation__query_loss__generator__10": [2.0, NAN, NAN],
                "validation__query_loss__discriminator__10": [3.0, NAN, NAN],
                "validation__support_loss__generator__10": [4.0, NAN, NAN],
                "validation__mmd__10": [0.25, NAN, NAN],
            },
        ),
    )
    assert set(found) == {LOSS, "mmd", TRAINING}
    assert list(found[LOSS].values) == [2.0] and list(found["mmd"].values) == [0.25]
    assert list(found[TRAINING].steps) == [1, 2]
    assert np.isnan(found[TRAINING].values[1]), "a step that was not applied is a gap"
