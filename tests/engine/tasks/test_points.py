"""Tables of a person's own: what is held out, on which scale they are, and one line for what is wrong."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.kept_data import recalling
from metagen_gui.engine.tasks.base import STREAMS
from metagen_gui.engine.tasks.points import Points, PointsSettings
from metagen_gui.engine.trained.export import export_adapted, load_export
from metagen_gui.engine.trained.trained_run import open_run


def write(place: Path, *seed: int, count: int = 30) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    np.savetxt(place, 100 + 10 * random.standard_normal(2) + 5 * random.standard_normal((count, 2)), delimiter=",")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Twelve tables of thirty points."""
    for number in range(12):
        write(tmp_path / "tables" / f"city {number:02}.csv", number)
    return tmp_path / "tables"


def family(path: Path | str, seed: int = 0, **chosen: object) -> Points:
    return Points(PointsSettings(path=str(path), **chosen), seed)


def complaint(tasks: Points, shots: int = 5, query_size: int = 5) -> str:
    with pytest.raises(BadInput) as caught:
        tasks.check(shots, query_size)
    assert caught.value.where == "tasks.path" and "\n" not in caught.value.why
    return caught.value.why


def held(tasks: Points) -> dict[str, list[str]]:
    return {part: [one.name for one in classes] for part, classes in tasks.layout.streams.items()}


def test_a_task_is_points_of_one_table_on_the_scale_of_those_trained_on(place: Path) -> None:
    tasks = family(place)
    tasks.check(10, 20)
    raw = {file.stem: np.loadtxt(file, delimiter=",") for file in place.iterdir()}
    trained = np.concatenate([raw[name] for name in held(tasks)["train"]])
    centre = trained.mean(0)
    spread = np.sqrt(np.mean((trained - centre) ** 2))
    for stream in STREAMS:
        task = tasks.task(stream, 3, 10, 20)
        assert task.name in held(tasks)[stream] and task.group == task.name
        ours = np.concatenate([task.support, task.query])
        theirs = (raw[task.name] - centre) / spread
        np.testing.assert_allclose(ours[np.lexsort(ours.T)], theirs[np.lexsort(theirs.T)], atol=1e-4)
    (told,) = (line for line in tasks.notices() if "points are read as" in line)
    x, y = centre
    assert told == f"points are read as (x − {x:.6g}, y − {y:.6g}) / {spread:.6g}: mean and spread of training"
    plain = family(place, standardised=False)
    assert plain.task("train", 3, 10, 20).support.mean() > 50 and plain.notices() == ()


def test_a_zip_is_the_same_as_the_folder_and_other_files_are_ignored(place: Path, tmp_path: Path) -> None:
    (place / "notes.doc").write_text("x")
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        for file in place.iterdir():
            archive.write(file, f"all/{file.name}")
    one, other = family(place), family(tmp_path / "t.zip")
    assert held(one) == held(other)
    for stream in STREAMS:
        here, there = (each.task(stream, 1, 4, 4) for each in (one, other))
        np.testing.assert_array_equal(here.query, there.query)


def test_folders_may_give_the_split(tmp_path: Path) -> None:
    for part, numbers in (("train", range(4)), ("val", range(4, 6)), ("test", range(6, 9))):
        for number in numbers:
            write(tmp_path / part / f"{number}.csv", number)
    assert held(family(tmp_path)) == {"train": [*"0123"], "validation": [*"45"], "test": [*"678"]}


def test_more_tables_move_none_and_a_run_is_held_to_its_own(place: Path) -> None:
    tasks = family(place)
    before, kept = held(tasks), json.loads(json.dumps(tasks.kept()))
    for number in range(12, 20):
        write(place / f"city {number:02}.csv", number, count=60)
    (place / "city 00.csv").rename(place / "town.csv")
    again = family(place)
    again.recall(kept)
    now = held(again)
    for part, names in before.items():
        assert {"town" if name == "city 00" else name for name in names} <= {
            "town" if name == "city 00" else name for name in now[part]
        }
    assert again.scale == tasks.scale != family(place).scale, "or what was learned would mean other points"
    (doubt,) = again.doubts()
    assert "8 tables are new" in doubt and "1 table has another name (city 00, now town)" in doubt
    assert tasks.seen_by(again) == ()
    assert family(place).seen_by(again) == ("town",), "by its new name it would be held out; the run was trained on it"
    write(place / "city 01.csv", 77)
    changed = family(place)
    changed.recall(kept)
    assert "1 table has other points (city 01: 1)" in changed.doubts()[0]
    with pytest.raises(BadInput, match=r"data\.json: scale: three numbers"):
        family(place).recall({**kept, "scale": [1.0, "a"]})


def test_copies_of_a_table_count_once_and_are_trained_on(place: Path) -> None:
    tasks = family(place)
    test, train = held(tasks)["test"][0], held(tasks)["train"][0]
    (place / f"{test}.csv").write_bytes((place / f"{train}.csv").read_bytes())
    copied = family(place)
    assert test not in held(copied)["test"] and train in held(copied)["train"]
    assert f"1 table is a copy of another and left out: {test}" in copied.notices()
    assert tasks.seen_elsewhere(family(place)) == (), "it is held out no more"


def test_what_cannot_be_used_is_told_and_left_out(place: Path) -> None:
    tasks = family(place)
    names = held(tasks)["train"]
    (place / f"{names[0]}.csv").write_text("1,2\n3,b\n")
    write(place / f"{names[1]}.csv", 5, count=4)
    mended = family(place)
    mended.check(5, 5)
    told = " · ".join(mended.notices())
    assert f"1 of 12 tables skipped: {names[0]}.csv (line 2: 'b' is no number that can be used)" in told
    assert f"1 table left out: fewer than 10 points ({names[1]}: 4)" in told
    assert {mended.task("train", index, 5, 5).name for index in range(60)} == {*names[2:]}


def test_too_few_are_one_line(place: Path, tmp_path: Path) -> None:
    assert complaint(family(place), 20, 20) == (
        f"{place} has 0 tables with 40 or more points; at least 3 are needed (one each to train, validate, test); the "
        "largest has 30"
    )
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.csv").write_text("a,b,c\n")
    why = complaint(family(tmp_path / "bad"))
    assert "; 1 cannot be read, the first: a.csv (3 columns; it takes two, or a first line that says which" in why
    assert complaint(family("")) == "choose a folder or zip of tables of points (.csv)"
    single = "city 00.csv is a single file; choose the folder that holds the tables of points (.csv)"
    assert complaint(family(place / "city 00.csv")).endswith(single)
    (tmp_path / "none").mkdir()
    assert complaint(family(tmp_path / "none")).endswith("none holds no tables of points (.csv)")


def test_a_run_adapts_to_a_table_on_its_own_scale_and_is_resumed_with_it(
    tiny: Callable[..., Experiment], place: Path, tmp_path: Path
) -> None:
    experiment = tiny("points", "vae", values={"tasks.path": str(place), "training.meta_steps": 1})
    list(meta_train(experiment, out=tmp_path / "run", previews=False))
    run = open_run(tmp_path / "run")
    write(tmp_path / "own.csv", 99)
    found, _ = run.family.read(tmp_path / "own.csv", "images")
    assert abs(found).max() < 10 and len(found) == 30
    export_adapted(tmp_path / "run", tmp_path / "export", images=tmp_path / "own.csv")
    assert load_export(tmp_path / "export").sample(3).shape == (3, 2)
    assert recalling(experiment, None, tmp_path / "run").kept["scale"] == [*run.family.scale]
    with pytest.raises(BadInput, match=r"own\.png"):
        run.family.read(tmp_path / "own.png", "images")
