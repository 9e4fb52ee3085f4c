"""Races on disk: thrown away, killed or torn, they go on; damage is named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from metagen_gui.engine.races.events import (
    RaceFinished,
    RaceNotice,
)
from metagen_gui.engine.races.folder import RaceFolder, kept_races
from metagen_gui.engine.races.looks import LOOKS, read_looks
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.library import read_entry
from metagen_gui.engine.store.names import CHECKPOINTS
from metagen_gui.engine.store.trash import throw_away, thrown_away
from tests.engine.races.conftest import Tiny, begun, looks_of, raced, until
from tests.engine.races.test_race import race_of

pytestmark = pytest.mark.usefixtures("library", "started")


def test_a_lane_whose_run_was_thrown_away_begins_anew_and_nothing_is_lost(tiny: Tiny) -> None:
    path = begun(race_of(tiny(), tiny(algorithm="reptile")))
    until(raced(path), 6)
    run = RaceFolder(path).runs[1]
    throw_away(run)
    told = list(raced(path))
    assert "not in the library any more" in next(event.text for event in told if isinstance(event, RaceNotice))
    assert isinstance(told[-1], RaceFinished) and read_entry(run).state == "finished"
    assert read_entry(run).name == f"lane 1 (race {path.name})"
    assert [thrown.folder for thrown in thrown_away()] == [run]
    assert [step for lane, step, _ in looks_of(path) if lane == 1] == [*range(7)]


def test_a_lane_that_was_killed_before_its_first_checkpoint_begins_anew(tiny: Tiny) -> None:
    path = begun(race_of(tiny(), tiny(algorithm="reptile")))
    until(raced(path), 4)
    run = RaceFolder(path).runs[0]
    for file in (run / CHECKPOINTS).glob("step-*"):
        file.unlink()
    told = list(raced(path))
    assert "is begun anew" in next(event.text for event in told if isinstance(event, RaceNotice))
    assert isinstance(told[-1], RaceFinished) and len(thrown_away()) == 1


def test_races_are_kept_the_newest_first_and_damage_is_named(tiny: Tiny, tmp_path: Path) -> None:
    assert kept_races(tmp_path / "none") == []
    first, second = begun(race_of(tiny(), tiny())), begun(race_of(tiny(), tiny(), amount=3))
    (tmp_path / "metagen" / "races" / "broken").mkdir()
    (tmp_path / "metagen" / "races" / "broken" / "race.json").write_text("{")
    assert [kept.folder for kept in kept_races()] == [second, first]
    assert not kept_races()[0].held
    lanes = {"steps": [1, 2], "runs": ["a", "b"], "begun": [True, False], "threads": 1}
    wrong: Sequence[dict[str, object]] = (
        *({"steps": steps} for steps in ([1], [0, 1], [float("inf"), 1])),
        {"threads": -1},
        {"budget": float("nan")},
        {"begun": [True]},
    )
    for text in [*(json.dumps({**lanes, **change}) for change in wrong), "[" * 9_000, "[]"]:
        (second / "lanes.json").write_text(text)
        with pytest.raises(BadInput, match="is damaged; the runs of this race are in the library"):
            RaceFolder(second)
    (second / "lanes.json").write_text(json.dumps({**lanes, "seconds": [1.5, 0]} | {"begun": [True, False]}))
    assert RaceFolder(second).begun == [True, False]


def test_what_is_torn_among_the_looks_is_left_out(tmp_path: Path) -> None:
    good = '{"meta_step": 1, "seconds": 2.0, "looking": 0.5, "losses": [1.0, NaN]}'
    for line in (
        "not JSON",
        "[]",
        '{"meta_step": 1}',
        good.replace("2.0", "Infinity"),
        good.replace("[1.0, NaN]", "3"),
    ):
        (tmp_path / LOOKS).write_text(f"{good}\n{line}\n{good[:20]}")
        (look,) = read_looks(tmp_path)
        assert (look.meta_step, look.seconds, look.looking, look.losses[0]) == (1, 2.0, 0.5, 1.0)
    assert read_looks(tmp_path / "none") == []
