"""What a lane's own process notes of it, and how it is read while it is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from metagen_gui.engine.events import Event, SettingChanged, StepReport, ValidationReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.races import looks
from metagen_gui.engine.races.budget import Budget
from metagen_gui.engine.races.looks import LOOKS, noted, read_looks
from metagen_gui.engine.run import training_run
from metagen_gui.engine.run.outer_loop import Commands, meta_train, resume_run
from metagen_gui.engine.store.changes import read_changes
from metagen_gui.engine.store.library import read_entry

Tiny = Callable[..., Experiment]


@pytest.fixture(autouse=True)
def every_event_takes_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    class Watch(looks.Stopwatch):
        def start(self) -> None:
            pass

        def stop(self) -> float:
            self.seconds += 1.0
            return 1.0

    monkeypatch.setattr(looks, "Stopwatch", Watch)


def test_looks_are_noted_task_by_task_and_what_looking_took_is_told_apart(tiny: Tiny, tmp_path: Path) -> None:
    experiment = tiny(values={"training.meta_steps": 9, "training.validate_every": 3})
    events = [*noted(experiment, meta_train(experiment, out=tmp_path / "run"))]
    found = read_looks(tmp_path / "run")
    seen = [event for event in events if isinstance(event, ValidationReport)]
    assert [look.meta_step for look in found if look.losses] == [0, 3, 6, 9]
    assert [look.losses for look in found if look.losses] == [tuple(next(iter(one.by_task.values()))) for one in seen]
    end = found[-1]
    assert (end.meta_step, end.seconds, end.losses) == (9, len(events) + 1, ()) and 0 < end.looking < end.seconds


def test_a_run_that_goes_on_counts_on_from_the_step_that_it_goes_on_at(tiny: Tiny, tmp_path: Path) -> None:
    run, commands = tmp_path / "run", Commands()
    experiment = tiny(values={"training.meta_steps": 8, "training.validate_every": 2, "training.checkpoint_steps": 2})
    for event in noted(experiment, meta_train(experiment, out=run, commands=commands)):
        if isinstance(event, StepReport) and event.meta_step == 3:
            commands.finish()  # it is looked at once more, which the uninterrupted run is not
    before = read_looks(run)
    assert [look.meta_step for look in before if look.losses] == [0, 2] and before[-1].meta_step == 3
    with (run / LOOKS).open("a") as file:  # as of steps that were lost
        file.write('{"meta_step": 7, "seconds": 99.0, "looking": 9.0, "losses": []}\n')
    list(islice(noted(experiment, resume_run(run)), 2))
    last = json.loads((run / LOOKS).read_text().splitlines()[-1])
    assert last["seconds"] == before[-1].seconds + 2 and last["looking"] == before[-1].looking + 2


def test_broken_off_anywhere_a_lane_takes_the_steps_that_were_decided(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_run, "Stopwatch", looks.Stopwatch)  # a step takes a second
    experiment = tiny(values={"training.meta_steps": 30, "training.validate_every": 2, "training.checkpoint_steps": 1})

    def lane(run: Path, seconds: float, *, resumed: bool = False) -> Generator[Event, None, None]:
        commands = Commands()
        begun = resume_run(run, commands=commands) if resumed else meta_train(experiment, out=run, commands=commands)
        return noted(experiment, begun, Budget(seconds, run.with_suffix(".json"), commands))

    def numbers(run: Path) -> list[list[str]]:
        """Return what was measured until a step later than the next look decides anew, without the seconds."""
        rows = [row.split(",") for row in (run / "metrics.csv").read_text().splitlines()[1:]]
        return [[row[0], *row[2:]] for row in rows if int(row[0]) <= 8]

    events = list(lane(tmp_path / "whole", 12))
    (changed,) = (event for event in events if isinstance(event, SettingChanged))
    assert (changed.meta_step, changed.value) == (4, 12)
    assert changed.by_clock and read_changes(tmp_path / "whole") == [changed], "told from what a person changes"
    decided = next(
        place for place, one in enumerate(events, 1) if isinstance(one, ValidationReport) and one.meta_step == 4
    )
    whole = numbers(tmp_path / "whole")
    assert (read_entry(tmp_path / "whole").meta_step, read_entry(tmp_path / "whole").meta_steps) == (12, 12)
    run, commands = tmp_path / "saved as it was before", Commands()
    for event in meta_train(experiment, out=run, commands=commands):
        if isinstance(event, StepReport) and event.meta_step == 4:
            commands.finish()
    run.with_suffix(".json").write_text("[[4, 12]]")
    list(lane(run, 12, resumed=True))
    assert numbers(run) == whole
    for place in range(decided, events.index(changed) + 4):
        run = tmp_path / str(place)
        with closing(lane(run, 12)) as broken:
            list(islice(broken, place))
        list(lane(run, 12, resumed=True))
        assert numbers(run) == whole, f"broken off after {events[place - 1]}"
