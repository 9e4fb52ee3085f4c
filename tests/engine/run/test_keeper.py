"""A disk that refuses: said once, gravely; training goes on; saved again when it can be; nothing torn, nothing lost."""

from __future__ import annotations

import csv
import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from metagen_gui.engine.events import Event, Notice, RunBroken, RunFinished, Saved, StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run import keeper as run_keeper
from metagen_gui.engine.run import rescue
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.run.training_run import TrainingRun
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import Checkpoint, files_of, manifests, read_checkpoint
from metagen_gui.engine.store.library import read_entry
from metagen_gui.engine.store.run_folder import RunFolder

Tiny = Callable[..., Experiment]
VALUES = {
    "training.meta_steps": 5,
    "training.checkpoint_steps": 1,
    "training.validate_every": 2,
    "training.replay": False,
}


class Refusing:
    """Refuses the calls that write, from the `first` on (0: none), for as long as `on`."""

    def __init__(self, error: int = errno.ENOSPC) -> None:
        self.first, self.calls, self.on, self.error = 0, 0, False, error

    def look(self, *_: object) -> None:
        if self.on:
            self.calls += 1
            if 0 < self.first <= self.calls:
                raise OSError(self.error, os.strerror(self.error))

    def before(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def looking(*given: Any, **more: Any) -> Any:
            self.look()
            return call(*given, **more)

        return looking

    @contextmanager
    def in_place(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        opened = Path.open
        with monkeypatch.context() as patch:
            for owner, name in ((os, "write"), (os, "fsync"), (Path, "replace"), (Path, "mkdir")):
                patch.setattr(owner, name, self.before(getattr(owner, name)))
            patch.setattr(
                Path,
                "open",
                lambda path, mode="r", *more, **named: (
                    self.look() if "w" in mode else None,
                    opened(path, mode, *more, **named),
                )[1],
            )
            yield


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again after every step."""
    monkeypatch.setattr(run_keeper, "AGAIN", 0.0)


def of_kind(events: list[Event], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def graves(events: list[Event]) -> list[str]:
    return [notice.text for notice in of_kind(events, Notice) if notice.grave]


def rows(folder: Path) -> list[list[str]]:
    with (folder / "metrics.csv").open(newline="") as file:
        return [row[:1] + row[2:] for row in csv.reader(file)]


def weights(folder: Path) -> bytes:
    return files_of(manifests(folder / "checkpoints")[-1])[2].read_bytes()


def refused(run: Iterator[Event], refusing: Refusing, at: int, until: int) -> list[Event]:
    """Take a run's events while the disk refuses, from the report of one step to that of another."""
    events = []
    for event in run:
        events.append(event)
        if isinstance(event, Saved):
            assert read_checkpoint(event.path, whole=True) is not None, "told as saved and is not"
        if isinstance(event, StepReport):
            refusing.on = at <= event.meta_step < until
    return events


def test_whatever_call_is_refused_nothing_is_lost(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk fills at the k-th call after step 1, for nearly every k of a saved step, and is emptied then."""
    refusing = Refusing()
    whole = tmp_path / "whole"
    with refusing.in_place(monkeypatch):
        refused(meta_train(tiny(values=VALUES), out=whole, previews=False), refusing, 1, 2)
        assert refusing.calls > 15, "what one saved step takes"
        for first in (*range(1, 7), *range(7, refusing.calls + 1, 2)):  # the checkpoint's three files are written alike
            refusing.first, refusing.calls, out = first, 0, tmp_path / str(first)
            events = refused(meta_train(tiny(values=VALUES), out=out, previews=False), refusing, 1, 3)
            (grave,) = graves(events)
            assert "No space left on device" in grave and str(out) in grave
            said = [event.text for event in of_kind(events, Notice) if event.text.startswith("Saved again")]
            assert said == ["Saved again, at step 4: the disk takes it."], first
            safe = [event.meta_step for event in of_kind(events, Saved) if event.meta_step < 4]
            assert f"the checkpoint of step {safe[-1]:,} is safe" in grave
            assert isinstance(events[-1], RunFinished)
            assert rows(out) == rows(whole) and weights(out) == weights(whole)
            entry = read_entry(out)
            assert entry.state == "finished" and (out / "checkpoints" / f"step-{entry.best_step:08d}.json").exists()
            assert not list(out.rglob("*.tmp-*"))


def test_the_best_state_is_kept_though_the_disk_refused_it_when_it_was_the_present_one(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are taken all the time; checkpoints are not, from the report of step 1 to that of step 3."""
    save, refusing = RunFolder.save, Refusing()
    refusing.first = 1

    def saving(self: RunFolder, *given: Any, **more: Any) -> Path:
        refusing.look()
        return save(self, *given, **more)

    monkeypatch.setattr(RunFolder, "save", saving)
    monkeypatch.setattr(TrainingRun, "score", lambda self, report: 1.0 if report.meta_step == 2 else 4.0)
    values = {**VALUES, "training.meta_steps": 8}
    refused(meta_train(tiny(values=values), out=tmp_path / "run", previews=False), refusing, 1, 3)
    kept = [path.stem for path in manifests(tmp_path / "run" / "checkpoints")]
    assert kept == [f"step-{step:08d}" for step in (2, 6, 7, 8)]


def test_another_reason_is_told_as_well(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = Refusing()
    refusing.first = 1
    events = []
    with refusing.in_place(monkeypatch):
        for event in meta_train(tiny(values=VALUES), out=tmp_path / "run", previews=False):
            events.append(event)
            if isinstance(event, StepReport):
                refusing.on, refusing.error = event.meta_step < 4, (errno.ENOSPC, errno.EROFS)[event.meta_step > 2]
    assert ["No space" in text for text in graves(events)] == [True, False]
    assert "Read-only file system" in graves(events)[1]


def test_a_snapshot_that_cannot_be_kept_is_shown_all_the_same(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(RunFolder, "write_snapshot", full)
    events = list(meta_train(tiny(values=VALUES), out=tmp_path / "run"))
    assert graves(events) and isinstance(events[-1], RunFinished)
    assert [type(event).__name__ for event in events].count("Snapshot") == 4


# -- where the disk never takes it -------------------------------------------------------------------------------------


def broken(tiny: Tiny, out: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Train in a folder whose checkpoints are refused from step 3 on; return what is said at the end."""
    save = RunFolder.save

    def refusing(self: RunFolder, checkpoint: Checkpoint, keep: int | None = None) -> Path:
        if self.path == out and checkpoint.meta_step > 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return save(self, checkpoint, keep)

    monkeypatch.setattr(RunFolder, "save", refusing)
    with pytest.raises(RunBroken) as ended:
        for event in meta_train(tiny(values=VALUES), out=out, previews=False):
            assert not isinstance(event, Saved) or event.meta_step < 3
    return str(ended.value)


def test_what_was_learned_is_put_elsewhere_and_can_be_gone_on_with(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescue, "_places", lambda: iter([tmp_path / "elsewhere"]))
    out = tmp_path / "run"
    said = broken(tiny, out, monkeypatch)
    place = tmp_path / "elsewhere" / "run-rescued"
    assert said == (f"{out} cannot be written (No space left on device); what was learned up to step 5 is in {place}")
    list(meta_train(tiny(values=VALUES), out=tmp_path / "whole", previews=False))
    assert weights(place) == weights(tmp_path / "whole")
    assert (place / "metrics.csv").read_text().startswith("meta_step,seconds,train/query_loss/curve,")
    entry = read_entry(out)
    assert (entry.state, entry.problem) == ("failed", "No space left on device"), "all steps taken, but not finished"
    assert entry.resumable
    list(resume_run(place))
    assert read_entry(place).state == "finished"


def test_the_next_place_is_tried_and_where_none_takes_it_that_is_said(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setattr(rescue, "_places", lambda: iter([tmp_path / "file", tmp_path / "second"]))
    assert broken(tiny, tmp_path / "a", monkeypatch).endswith(str(tmp_path / "second" / "a-rescued"))
    monkeypatch.undo()
    monkeypatch.setattr(rescue, "_places", lambda: iter([tmp_path / "file"]))
    said = broken(tiny, tmp_path / "b", monkeypatch)
    assert said.endswith("and no other place takes what was learned after the last checkpoint")


def test_the_places_are_where_runs_live_the_home_and_where_temporary_files_go() -> None:
    places = list(rescue._places())
    assert places[1:] == [Path.home(), Path(tempfile.gettempdir())] and places[0].name == "runs"


def test_a_disk_that_is_full_before_the_first_step_is_bad_input(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = Refusing()
    refusing.first, refusing.on = 1, True
    with refusing.in_place(monkeypatch), pytest.raises(BadInput, match="No space left on device"):
        next(meta_train(tiny(values=VALUES), out=tmp_path / "run"))
    assert not list(tmp_path.iterdir())
