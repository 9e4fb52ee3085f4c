from __future__ import annotations

from pathlib import Path

import pytest

from metagen_gui.engine.events import SettingChanged
from metagen_gui.engine.store.library import RunEntry
from metagen_gui.gui.library.comparison.names import changes_of, names_of, told_by_name


def entries(*folders: str, **more: str) -> list[RunEntry]:
    known = {"tasks": "strokes", "model": "vae", "algorithm": "maml", **more}
    return [RunEntry(Path(folder), folder, "stopped", meta_step=1000, **known) for folder in folders]


DIFFERENCES = [
    ("algorithm.name", ["maml", "reptile", "maml"]),
    ("algorithm.group_rates", ["{}", "", "{}"]),
    ("algorithm.inner_lr", ["0.01", "0.01", "0.05"]),
    ("training.seed", ["0", "1", "2"]),
]


def test_names_are_made_of_as_much_of_what_differs_as_tells_runs_apart() -> None:
    runs = entries("2026-11-30-10", "2026-11-30-11", "2026-11-30-12")
    inner = "Inner learning rate"
    assert names_of(runs, DIFFERENCES) == [f"MAML, {inner} 0.01", f"Reptile, {inner} 0.01", f"MAML, {inner} 0.05"]
    assert names_of(runs, DIFFERENCES[:1]) == ["MAML, 0", "Reptile", "MAML, 2"]
    assert names_of(runs, []) == ["2026-11-30-10", "2026-11-30-11", "2026-11-30-12"]
    assert names_of(runs[:1], []) == ["2026-11-30-10"] and names_of([], []) == []


def test_the_name_that_a_person_gave_stands() -> None:
    first, second = entries("2026-11-30-a", "2026-11-30-b")
    mine = RunEntry(first.folder, "my  own", "stopped", tasks="strokes", model="vae", algorithm="maml")
    assert names_of([mine, second], [("algorithm.name", ["maml", "reptile"])]) == ["my own", "Reptile"]


def test_settings_go_by_the_form_s_names() -> None:
    told = told_by_name(entries("a", "b", "c"), DIFFERENCES)
    assert told[0] == ("Algorithm", ["MAML", "Reptile", "MAML"])
    assert [label for label, _ in told[1:]] == ["Rates per group", "Inner learning rate", "Seed"]
    assert (
        told_by_name(entries("a", algorithm="gone"), [("algorithm.of_its_own", ["1"])])[0][0] == "algorithm.of_its_own"
    )


@pytest.mark.parametrize(("later", "flags"), [(10, 1), (500, 2)])
def test_changes_along_a_slider_are_one(later: int, flags: int) -> None:
    (entry,) = entries("a")
    changes = [SettingChanged(100, "algorithm.inner_lr", 0.1), SettingChanged(100 + later, "algorithm.inner_lr", 0.2)]
    told = changes_of(entry, changes)
    assert len(told) == flags and told[0][0] == 100 and told[-1][1] == "Inner learning rate 0.2"


def test_what_a_clock_has_decided_has_no_flag() -> None:
    (entry,) = entries("a")
    path = "training.meta_steps"
    assert not changes_of(entry, [SettingChanged(100, path, 400, by_clock=True)])
    assert len(changes_of(entry, [SettingChanged(100, path, 400)])) == 1
