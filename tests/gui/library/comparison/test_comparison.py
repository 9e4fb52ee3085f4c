from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from metagen_gui.engine.store import library as run_library
from metagen_gui.engine.store.library import read_entry
from metagen_gui.engine.store.lock import RunLock
from metagen_gui.gui.library.comparison import view as run_comparison
from metagen_gui.gui.library.comparison.view import MOST_RUNS, RunComparison
from metagen_gui.gui.look.theme import plot_colours
from metagen_gui.gui.plots.curves.item import DASHES
from tests.kept_runs import keep_run


@pytest.fixture
def comparison(qtbot: QtBot) -> Iterator[RunComparison]:
    made = RunComparison()
    qtbot.addWidget(made)
    made.set_library(run_library)
    made.resize(700, 600)
    made.show()
    yield made
    made.wait()


def compare(qtbot: QtBot, comparison: RunComparison, *folders: Path) -> None:
    comparison.show_runs([read_entry(folder) for folder in folders])
    qtbot.waitUntil(lambda: comparison._reader is None and not comparison._stale)


def table(comparison: RunComparison) -> list[list[str]]:
    return comparison.settings._cells()


def test_the_chosen_runs_are_drawn_with_their_differences_beneath(
    qtbot: QtBot, comparison: RunComparison, tmp_path: Path
) -> None:
    one = keep_run(tmp_path, "one", level=1.0, settings={"training.outer_lr": 0.001})
    two = keep_run(tmp_path, "two", level=0.5, settings={"training.outer_lr": 0.004})
    compare(qtbot, comparison, one, two)
    runs = comparison.plot._runs
    assert [run.toggle.text() for run in runs] == ["one", "two"]
    assert list(runs[0].shown.steps) == [0, 20, 40, 60, 80, 100]
    assert runs[1].shown.values[-1] == pytest.approx(0.5 * (1 + 10 / 110))
    assert table(comparison) == [["Outer learning rate", "0.001", "0.004"]]
    compare(qtbot, comparison, one)
    assert table(comparison) == [] and comparison.settings.isHidden()


def test_a_table_that_would_only_repeat_the_legend_leaves_its_room_to_the_plot(
    qtbot: QtBot, comparison: RunComparison, tmp_path: Path
) -> None:
    folders = [
        keep_run(tmp_path, f"2026-11-30-11000{place}-maml-vae", settings={"training.outer_lr": rate})
        for place, rate in enumerate((0.001, 0.004))
    ]
    compare(qtbot, comparison, *folders)
    names = [run.toggle.text() for run in comparison.plot._runs]
    assert names == ["Outer learning rate 0.001", "Outer learning rate 0.004"]
    assert table(comparison) == [] and comparison.note.text() == "" and comparison._lower.isHidden()


def test_runs_that_do_not_differ_are_said_to(qtbot: QtBot, comparison: RunComparison, tmp_path: Path) -> None:
    compare(qtbot, comparison, keep_run(tmp_path, "one"), keep_run(tmp_path, "two"))
    assert comparison.note.text() == "All settings are the same."


def test_a_value_that_only_one_run_has_is_told_apart_from_an_empty_one(
    qtbot: QtBot, comparison: RunComparison, tmp_path: Path
) -> None:
    compare(
        qtbot, comparison, keep_run(tmp_path, "one"), keep_run(tmp_path, "two", settings={"algorithm.name": "reptile"})
    )
    rows = {row[0]: row[1:] for row in table(comparison)}
    assert rows["Algorithm"] == ["MAML", "Reptile"]
    assert "—" in {value for row in rows.values() for value in row}


def test_no_two_runs_look_alike() -> None:
    colours = len(plot_colours().series)
    assert len({(place % colours, place % len(DASHES)) for place in range(MOST_RUNS)}) == MOST_RUNS


def test_many_runs_are_too_many_and_it_is_said(qtbot: QtBot, comparison: RunComparison, tmp_path: Path) -> None:
    compare(qtbot, comparison, *(keep_run(tmp_path, f"run-{number:02}", steps=20) for number in range(MOST_RUNS + 3)))
    assert len(comparison.plot._runs) == MOST_RUNS
    assert f"The first {MOST_RUNS} of the {MOST_RUNS + 3}" in comparison.note.text()


def test_a_run_that_goes_on_grows_and_what_is_hidden_stays_hidden(
    qtbot: QtBot, comparison: RunComparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_comparison, "AGAIN", 30)
    going = keep_run(tmp_path, "going", state="running")
    done = keep_run(tmp_path, "done")
    lock = RunLock(going)
    compare(qtbot, comparison, going, done)
    comparison.plot._runs[1].toggle.setChecked(False)
    with (going / "metrics.csv").open("a") as metrics:
        metrics.write("120,12.0,,,0.2,0.2,0.125,0.2,0.2,0.2\n120,12.1,0.2,0,")  # and a row under way
    qtbot.waitUntil(lambda: comparison.plot._runs[0].shown.steps[-1] == 120)
    assert comparison.plot._runs[0].toggle.value == "0.125"
    assert not comparison.plot._runs[1].toggle.isChecked()
    lock.release()


def test_nothing_is_read_while_nobody_looks(qtbot: QtBot, comparison: RunComparison, tmp_path: Path) -> None:
    comparison.hide()
    comparison.show_runs([read_entry(keep_run(tmp_path, "one"))])
    qtbot.wait(50)
    assert comparison._reader is None and comparison.plot._runs == []
    comparison.show()
    qtbot.waitUntil(lambda: len(comparison.plot._runs) == 1)


def test_over_time_and_with_training(qtbot: QtBot, comparison: RunComparison, tmp_path: Path) -> None:
    compare(qtbot, comparison, keep_run(tmp_path, "one"))
    plot = comparison.plot
    assert plot.x_range() == (0.0, 100.0)
    plot.time_button.setChecked(True)
    assert plot.x_range() == (0.0, 10.0)
    assert plot.write_values(5.9) == "6 s"
    assert not plot._runs[0].training.isVisible()
    plot.training_button.setChecked(True)
    assert plot._runs[0].training.isVisible()
    x, y = plot._runs[0].training.getData()
    assert x[-1] == pytest.approx(10.0) and np.isfinite(y).all()


def test_a_run_whose_files_are_gone_leaves_the_others(qtbot: QtBot, comparison: RunComparison, tmp_path: Path) -> None:
    one, two = keep_run(tmp_path, "one"), keep_run(tmp_path, "two")
    (two / "metrics.csv").unlink()
    compare(qtbot, comparison, one, two)
    assert [run.toggle.isChecked() and len(run.shown.values) for run in comparison.plot._runs] == [6, 0]
    assert "metrics.csv" in comparison.note.text()


def test_a_run_that_cannot_be_read_does_not_keep_the_others_from_being_compared(
    qtbot: QtBot, comparison: RunComparison, tmp_path: Path
) -> None:
    folders = [keep_run(tmp_path, f"run-{seed}", settings={"training.seed": seed}) for seed in (1, 2, 3)]
    (folders[1] / "experiment.json").write_text("{")
    compare(qtbot, comparison, *folders)
    assert table(comparison) == [["Seed", "1", "—", "3"]]


def test_differences_can_be_copied(qtbot: QtBot, comparison: RunComparison, tmp_path: Path) -> None:
    one = keep_run(tmp_path, "one", settings={"training.seed": 1})
    two = keep_run(tmp_path, "two", settings={"training.seed": 2})
    compare(qtbot, comparison, one, two)
    comparison.settings.selectAll()
    qtbot.keyClick(comparison.settings, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Seed\t1\t2"


def test_another_quantity_can_be_drawn(qtbot: QtBot, comparison: RunComparison, tmp_path: Path) -> None:
    folder = keep_run(tmp_path, "gan")
    text = (folder / "metrics.csv").read_text().splitlines()
    grown = [text[0] + ",validation/mmd/2", *(line + ("," if ",0," in line else ",0.75") for line in text[1:])]
    (folder / "metrics.csv").write_text("\n".join(grown) + "\n")
    compare(qtbot, comparison, folder)
    picker = comparison.plot.quantity
    assert picker.isVisible() and [picker.itemText(place) for place in range(picker.count())] == ["loss", "mmd"]
    picker.setCurrentIndex(1)
    assert comparison.plot._runs[0].shown.values[0] == 0.75


def test_changes_during_a_run_are_flags_in_its_colour(qtbot: QtBot, comparison: RunComparison, tmp_path: Path) -> None:
    change = {"event": "setting", "path": "algorithm.inner_lr", "meta_step": 60, "value": 0.07}
    compare(qtbot, comparison, keep_run(tmp_path, "one"), keep_run(tmp_path, "two", events=(change,)))
    flags = comparison.plot.canvas._flags
    assert [(flag.value(), flag.label.toPlainText()) for flag in flags] == [(60, "Inner learning rate 0.07")]
    (flag,) = flags
    assert flag.pen.color().name() == plot_colours().series[1]
    comparison.plot.time_button.setChecked(True)
    assert [flag.value() for flag in comparison.plot.canvas._flags] == [pytest.approx(6.0)]
    comparison.plot._runs[1].toggle.setChecked(False)
    assert not comparison.plot.canvas._flags
