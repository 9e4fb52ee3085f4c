"""What a run holds out is what it held out when it began, whatever becomes of its data."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from metagen_gui.cli.evaluation.text import what_was_done
from metagen_gui.engine.claims.folder import ClaimFolder
from metagen_gui.engine.claims.plan import ClaimPlan, PlanSettings
from metagen_gui.engine.events import Notice
from metagen_gui.engine.experiment import MAX_BYTES, Experiment
from metagen_gui.engine.held_out import Request, choose_tasks
from metagen_gui.engine.run.outer_loop import Origin, meta_train, resume_run
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.names import CHECKPOINTS, DATA
from metagen_gui.engine.tasks.images import Images
from metagen_gui.engine.trained.export import export_adapted, export_initialization, load_export
from metagen_gui.engine.trained.trained_run import open_run
from tests.engine.held_out.remembered.conftest import picture

REQUEST = Request(tasks=2)


def held(folder: Path) -> dict[str, list[str]]:
    family = open_run(folder).family
    assert isinstance(family, Images)
    return {part: [one.name for one in classes] for part, classes in family.layout.streams.items()}


def told(folder: Path) -> str:
    return what_was_done(choose_tasks([open_run(folder)], REQUEST))


def doubts(folder: Path) -> str:
    return " ".join(choose_tasks([open_run(folder)], REQUEST).doubts)


def test_unchanged_data_was_checked(trained: Path) -> None:
    assert "that no run has seen" in told(trained) and not doubts(trained)
    kept = json.loads((trained / DATA).read_text())
    assert {part: [*classes] for part, classes in kept["streams"].items()} == held(trained)
    assert kept["streams"]["train"][held(trained)["train"][0]]["count"] == 8


def test_a_zip_of_the_data_is_the_same_data(trained: Path, data: Path, tmp_path: Path) -> None:
    before = held(trained)
    packed = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", data.parent, data.name))
    shutil.rmtree(data)
    packed.rename(data)
    assert held(trained) == before and not doubts(trained)


def test_a_record_goes_before_the_names(trained: Path) -> None:
    """Streams are those that the run kept, even where the names alone would say otherwise."""
    before = held(trained)
    moved = before["train"][0]
    for place in (trained / DATA, trained / CHECKPOINTS / DATA):
        kept = json.loads(place.read_text())
        kept["streams"]["test"][moved] = kept["streams"]["train"].pop(moved)
        _write(place, kept)
    assert moved in held(trained)["test"] and moved not in held(trained)["train"]


def test_a_resumed_run_goes_on_with_its_streams_and_says_what_changed(
    experiment: Experiment, data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    run = meta_train(experiment, out=folder, previews=False)
    for event in run:
        if getattr(event, "meta_step", 0) == 1:
            break
    run.close()
    before = held(folder)
    for number in range(8):
        picture(data / "a new one" / f"{number}.png", 3000, number)
    notices = [event.text for event in resume_run(folder, previews=False) if isinstance(event, Notice)]
    assert any("1 class is new (a new one)" in text for text in notices)
    after = held(folder)
    assert all(set(before[part]) <= set(after[part]) for part in before)
    # the record has grown: from now on the new class stays where it was put, and the change is not forgotten
    kept = json.loads((folder / DATA).read_text())["streams"].values()
    assert "a new one" in {name for classes in kept for name in classes}
    assert "1 class is new (a new one)" in doubts(folder)


def test_a_branch_holds_out_what_its_parent_did(trained: Path, experiment: Experiment, tmp_path: Path) -> None:
    before = held(trained)
    moved = before["train"][0]
    for place in (trained / DATA, trained / CHECKPOINTS / DATA):
        kept = json.loads(place.read_text())
        kept["streams"]["test"][moved] = kept["streams"]["train"].pop(moved)
        _write(place, kept)
    more = experiment.with_value("training.meta_steps", 4)
    for _ in meta_train(more, out=tmp_path / "branch", previews=False, parent=Origin(trained)):
        pass
    assert held(tmp_path / "branch") == held(trained)


def test_a_damaged_record_is_read_from_its_copy_and_a_lost_one_is_told(trained: Path) -> None:
    before = held(trained)
    (trained / DATA).write_text((trained / DATA).read_text().replace('"count": 8', '"count": 9', 1))
    assert held(trained) == before
    (trained / CHECKPOINTS / DATA).unlink()
    with pytest.raises(BadInput, match="lost or damaged: it says which classes this run holds out"):
        open_run(trained)
    (trained / DATA).unlink()
    with pytest.raises(BadInput, match="lost or damaged"):
        open_run(trained)


def test_a_record_that_the_checkpoint_does_not_name_is_refused(
    trained: Path, experiment: Experiment, tmp_path: Path
) -> None:
    """Whole, but of another run, which holds out other classes."""
    before, own = held(trained), (trained / DATA).read_bytes()
    list(meta_train(experiment.with_value("tasks.held_out", 0.3), out=tmp_path / "other", previews=False))
    shutil.copy(tmp_path / "other" / DATA, trained / DATA)
    assert held(trained) == before, "the other copy is its own"
    shutil.copy(tmp_path / "other" / DATA, trained / CHECKPOINTS / DATA)
    for use in (lambda: open_run(trained), lambda: next(resume_run(trained))):
        with pytest.raises(BadInput, match=r"data\.json: not what this run's checkpoint names"):
            use()
    (trained / DATA).write_bytes(own)
    assert held(trained) == before


def test_a_record_that_has_grown_since_the_checkpoint_is_of_the_run(
    experiment: Experiment, data: Path, tmp_path: Path
) -> None:
    """Resumed on more data and killed before the next checkpoint, twice."""
    folder = tmp_path / "run"
    with closing(meta_train(experiment, out=folder, previews=False)) as events:
        next(event for event in events if getattr(event, "meta_step", 0) == 1)
    for more in range(2):
        for number in range(8):
            picture(data / f"a new one {more}" / f"{number}.png", 3000 + more, number)
        with closing(resume_run(folder, previews=False)) as events:
            next(events)
            shutil.copytree(folder, tmp_path / f"killed {more}", ignore=shutil.ignore_patterns("run.lock*"))
        folder = tmp_path / f"killed {more}"
        manifest = max((folder / CHECKPOINTS).glob("step-*.json"))
        digest = json.loads(manifest.read_text())["progress"]["data"]
        named = json.loads((folder / DATA).read_text())
        assert digest == named["grown_from"][0] and len(named["grown_from"]) == more + 1
        assert "is new" in doubts(folder) or "are new" in doubts(folder)


def test_a_run_of_before_is_told_as_such_and_dealt_as_it_was(as_before: Path, data: Path) -> None:
    from metagen_gui.engine.data.image_files.earlier_split import arrange_as_before
    from metagen_gui.engine.data.image_files.sources import open_source

    then = arrange_as_before(open_source(data, "").listing.files)
    assert held(as_before) == {part: [one.name for one in classes] for part, classes in then.streams.items()}
    assert held(as_before)["test"] != [] and "began before runs kept which classes they hold out" in doubts(as_before)
    assert "held out, as far as that is known" in told(as_before)


def test_a_run_that_was_trained_on_what_another_holds_out_is_refused(
    trained: Path, experiment: Experiment, tmp_path: Path
) -> None:
    other = experiment.with_value("tasks.held_out", 0.3)
    for _ in meta_train(other, out=tmp_path / "other", previews=False):
        pass
    runs = [open_run(tmp_path / "other"), open_run(trained)]
    with pytest.raises(BadInput):
        choose_tasks(runs, REQUEST)
    seen = runs[0].family.seen_by(runs[1].family)
    used = held(trained)["train"] + held(trained)["validation"]
    assert set(seen) == set(held(tmp_path / "other")["test"]) & set(used)
    assert seen and not runs[0].family.seen_by(runs[0].family)


def test_such_a_run_is_refused_though_its_settings_are_the_same(trained: Path, tmp_path: Path) -> None:
    """As one from before runs kept their streams: the earlier rule had put classes elsewhere."""
    shutil.copytree(trained, tmp_path / "other")
    for place in (tmp_path / "other" / DATA, tmp_path / "other" / CHECKPOINTS / DATA):
        kept = json.loads(place.read_text())
        name = next(iter(kept["streams"]["test"]))
        kept["streams"]["train"][name] = kept["streams"]["test"].pop(name)
        kept["streams"]["test"].update({one: kept["streams"]["train"].pop(one) for one in held(trained)["train"][:1]})
        _write(place, kept)
    with pytest.raises(BadInput, match=r"was trained on, or validated with, what .*/run holds out \(class"):
        choose_tasks([open_run(trained), open_run(tmp_path / "other")], REQUEST)


def test_what_was_learned_is_exported_without_the_pictures_of_training(
    trained: Path, data: Path, tmp_path: Path
) -> None:
    shutil.rmtree(data)
    assert load_export(export_initialization(trained, tmp_path / "exported").folder).sample(2).shape == (2, 1, 16, 16)
    picture(tmp_path / "own" / "1.png", 5)
    assert load_export(export_adapted(trained, tmp_path / "adapted", images=tmp_path / "own").folder).kind == "adapted"
    with pytest.raises(BadInput, match="does not exist"):
        export_adapted(trained, tmp_path / "no", task_index=0)


@pytest.mark.parametrize("paper", [0, 255])
def test_a_picture_reads_the_same_alone_as_among_those_of_training(
    experiment: Experiment, data: Path, tmp_path: Path, paper: int
) -> None:
    """Also one whose border, alone, would say the opposite, and also once the others are gone."""
    for number, file in enumerate(sorted(data.rglob("*.png"))):
        values = np.full((16, 16), paper, np.uint8)
        values[4:12, 4:12] = np.random.default_rng(number).integers(0, 255, (8, 8))
        Image.fromarray(values).save(file)
    for _ in meta_train(experiment, out=tmp_path / "run", previews=False):
        pass
    shutil.rmtree(data)
    Image.fromarray(np.full((16, 16), 255 - paper, np.uint8)).save(tmp_path / "own.png")
    found, told = open_run(tmp_path / "run").experiment.task_family().read(tmp_path / "own.png", "images")
    assert (found == 1).all() and told == ()


def test_a_test_of_claims_is_held_to_the_data_it_was_begun_on(
    experiment: Experiment, data: Path, tmp_path: Path
) -> None:
    def begin() -> None:
        folder = ClaimFolder(tmp_path / "claims", ClaimPlan(experiment, PlanSettings(steps=2)))
        folder.hold_to(experiment.build_tasks(), experiment.task_family())

    begin()
    with (tmp_path / "claims" / DATA).open("a") as file:
        file.write(" " * MAX_BYTES)  # many classes: a run's may be as large
    begin()
    picture(data / "class 00" / "new.png", 1000)
    with pytest.raises(BadInput, match=r"1 class has other pictures \(class 00: 8, now 9\).*; choose another folder"):
        begin()
    (tmp_path / "claims" / DATA).unlink()
    (tmp_path / "claims" / "runs" / "one").mkdir()
    with pytest.raises(BadInput, match="was begun when classes were dealt out in another way"):
        begin()


def _write(place: Path, kept: dict[str, Any]) -> None:
    from metagen_gui.engine.store.kept_data import _digest

    grown_from = [*kept.pop("grown_from", []), kept.pop("sha256")]
    place.write_text(json.dumps({**kept, "grown_from": grown_from, "sha256": _digest(kept)}))
