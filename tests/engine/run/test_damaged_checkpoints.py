"""Where checkpoints are damaged, lost or lie, the newest good one is gone on with, and it is said."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from metagen_gui.engine.events import (
    Notice,
    RunFinished,
    RunStarted,
)
from metagen_gui.engine.files import read_file
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store import checkpoint
from metagen_gui.engine.store.checkpoint import Checkpoint, files_of, load_checkpoint, manifests, save_checkpoint
from metagen_gui.testing.runs import outcome
from tests.engine.run.test_resume import EACH_STEP, Tiny, killed, of_kind, up_to


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def another_number(path: Path, name: str) -> None:
    """Change a digit in a manifest: it stays well-formed and within every range."""
    before = path.read_text()
    at = before.index(f'"{name}": ') + len(f'"{name}": ')
    digit = next(place for place in range(at, len(before)) if before[place] in "12345678")
    path.write_text(f"{before[:digit]}{int(before[digit]) + 1}{before[digit + 1 :]}")


DAMAGES: dict[str, Callable[[Path], None]] = {
    "weights": lambda path: flip(files_of(path)[2]),
    "optimizer": lambda path: flip(files_of(path)[1]),
    "optimizer gone": lambda path: files_of(path)[1].unlink(),
    "manifest cut": lambda path: os.truncate(path, 100),
    "another step": lambda path: another_number(path, "meta_step"),
    "another rate": lambda path: another_number(path, "outer_lr"),
    "another size of the metrics": lambda path: another_number(path, "metrics.csv"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_of_a_damaged_checkpoint_the_previous_one_is_used_and_it_is_said(
    tiny: Tiny, tmp_path: Path, damage: str
) -> None:
    killed(tiny(values=EACH_STEP), tmp_path / "whole", tmp_path / "left", 3)
    DAMAGES[damage](manifests(tmp_path / "left" / "checkpoints")[-1])
    events = list(resume_run(tmp_path / "left", previews=False))
    assert of_kind(events, RunStarted)[0].resumed_from == 2
    assert of_kind(events, Notice)[0].text == "The checkpoint step-00000003 is damaged and was set aside."
    aside = {path.name for path in (tmp_path / "left" / "checkpoints").glob("*.corrupt")}
    assert "step-00000003.json.corrupt" in aside and "step-00000003.safetensors.corrupt" in aside
    assert outcome(tmp_path / "left") == outcome(tmp_path / "whole")


def test_where_all_are_damaged_nothing_is_begun_anew_over_what_there_is(tiny: Tiny, tmp_path: Path) -> None:
    list(meta_train(tiny(), out=tmp_path / "run"))
    flip(tmp_path / "run" / "checkpoints" / "step-00000003.safetensors")
    metrics = (tmp_path / "run" / "metrics.csv").read_bytes()
    # the best of the three steps is kept as well
    for path in manifests(tmp_path / "run" / "checkpoints"):
        path.write_bytes(b"")
    for _ in range(2):
        with pytest.raises(BadInput, match="holds no whole checkpoint; the damaged ones were set aside"):
            next(resume_run(tmp_path / "run"))
    assert (tmp_path / "run" / "metrics.csv").read_bytes() == metrics


@pytest.mark.parametrize("lost", ["manifests", "all", "all and the record", "all but the record"])
def test_where_all_are_lost_nothing_is_begun_anew_over_what_there_is(tiny: Tiny, tmp_path: Path, lost: str) -> None:
    """Of a finished run, too: its metrics and events would be wiped."""
    folder = tmp_path / "run"
    list(meta_train(tiny(), out=folder, previews=False))
    for path in (folder / "checkpoints").glob("step-*.json" if lost == "manifests" else "*"):
        path.unlink()
    if lost == "all and the record":
        (folder / "state.json").unlink()
    if lost == "all but the record":
        (folder / "metrics.csv").unlink()
    written = {path: path.read_bytes() for path in folder.iterdir() if path.suffix in (".csv", ".jsonl", ".json")}
    said = "weights without a manifest" if lost == "manifests" else "though the run had come to step 3; what it has"
    for _ in range(2):
        with pytest.raises(BadInput, match=f"holds no whole checkpoint.*{said}"):
            next(resume_run(folder))
    assert {path: path.read_bytes() for path in written} == written


def test_a_checkpoint_that_only_holds_weights_is_not_gone_on_with_nor_set_aside(tiny: Tiny, tmp_path: Path) -> None:
    run = meta_train(tiny(), out=tmp_path / "run")
    up_to(run, 1)
    run.close()
    meta = load_checkpoint(tmp_path / "run" / "checkpoints").meta
    save_checkpoint(tmp_path / "run" / "checkpoints", Checkpoint(2, meta))
    with pytest.raises(BadInput, match="not how to go on; export it instead"):
        next(resume_run(tmp_path / "run"))
    assert load_checkpoint(tmp_path / "run" / "checkpoints").meta_step == 2


@pytest.mark.parametrize("part", ["metrics.csv", "events.jsonl", "run.holder", "samples", "checkpoints"])
def test_nothing_outside_the_folder_is_touched(tiny: Tiny, tmp_path: Path, part: str) -> None:
    killed(tiny(values=EACH_STEP), tmp_path / "whole", tmp_path / "left", 2)
    place, others = tmp_path / "left" / part, tmp_path / "others"
    if place.is_dir():
        shutil.copytree(place, others)
        (others / "step-00000007.safetensors").write_bytes(b"no manifest")
        (others / "half.tmp-1").write_bytes(b"of somebody else")
        shutil.rmtree(place)
    else:
        others.write_text("precious, without a line end")
        place.unlink(missing_ok=True)
    place.symlink_to(others)
    before = {path: path.read_bytes() for path in (others, *others.rglob("*")) if path.is_file()}
    if part == "run.holder":
        list(resume_run(tmp_path / "left", previews=False))
    else:
        with pytest.raises(BadInput, match=f"{part}: is a link"):
            list(resume_run(tmp_path / "left", previews=False))
    assert {path: path.read_bytes() for path in (others, *others.rglob("*")) if path.is_file()} == before


@pytest.mark.parametrize(
    ("name", "lie"),
    [
        ("sizes", [1]),
        ("sizes", {"metrics.csv": -5}),
        ("threads", True),
        ("chunk", -3),
        ("best", "low"),
        ("seconds", float("nan")),
        ("health", {"divergence": 5}),
    ],
)
def test_progress_that_no_run_would_have_written_is_named(tiny: Tiny, tmp_path: Path, name: str, lie: object) -> None:
    killed(tiny(values=EACH_STEP), tmp_path / "whole", tmp_path / "left", 2)
    folder = tmp_path / "left" / "checkpoints"
    found = load_checkpoint(folder, whole=True)
    save_checkpoint(folder, replace(found, progress=replace(found.progress, **{name: lie})))
    for _ in range(2):  # and the folder is let go
        with pytest.raises(BadInput, match=f"checkpoint of step 2: {name}"):
            list(resume_run(tmp_path / "left", previews=False))


def test_memories_of_health_that_no_run_would_have_written_are_left_out(tiny: Tiny, tmp_path: Path) -> None:
    killed(tiny(values=EACH_STEP), tmp_path / "whole", tmp_path / "left", 2)
    folder = tmp_path / "left" / "checkpoints"
    found = load_checkpoint(folder, whole=True)
    wild = {kind: dict.fromkeys(state, "x") for kind, state in found.progress.health.items()}
    save_checkpoint(folder, replace(found, progress=replace(found.progress, health=wild)))
    assert of_kind(list(resume_run(tmp_path / "left", previews=False)), RunFinished)


def test_a_checkpoint_from_beyond_the_last_step_is_not_gone_on_with(tiny: Tiny, tmp_path: Path) -> None:
    killed(tiny(values=EACH_STEP), tmp_path / "whole", tmp_path / "left", 2)
    folder = tmp_path / "left" / "checkpoints"
    save_checkpoint(folder, replace(load_checkpoint(folder, whole=True), meta_step=2**62))
    with pytest.raises(BadInput, match="has taken all its steps"):
        list(resume_run(tmp_path / "left", previews=False))


def test_a_checkpoint_that_cannot_be_read_just_now_is_not_taken_for_damaged(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that is away, too many open files: later it is as good as ever."""
    killed(tiny(values=EACH_STEP), tmp_path / "whole", tmp_path / "left", 2)
    before = sorted((tmp_path / "left" / "checkpoints").iterdir())

    def refusing(path: Path, most: int) -> bytes:
        if path.name == "step-00000002.optimizer.safetensors":
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), str(path))
        return read_file(path, most)

    monkeypatch.setattr(checkpoint, "read_file", refusing)
    with pytest.raises(BadInput, match=r"step-00000002\.optimizer\.safetensors: Too many open files"):
        list(resume_run(tmp_path / "left", previews=False))
    assert sorted((tmp_path / "left" / "checkpoints").iterdir()) == before
    monkeypatch.undo()
    list(resume_run(tmp_path / "left", previews=False))
    assert outcome(tmp_path / "left") == outcome(tmp_path / "whole")
