"""Runs at another machine that is a real sshd on 127.0.0.1: cut links, a killed process, a moved run.

The long version, of a hundred cut links and every fault, is `benchmarks/cut_links.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from metagen_gui.engine.events import Afar, Event, Notice, Saved, SettingChanged, StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.hosts.following import Wishes, follow
from metagen_gui.engine.hosts.known import Host, add_host
from metagen_gui.engine.hosts.link import Link, LinkLost
from metagen_gui.engine.hosts.run_files import files_in
from metagen_gui.engine.hosts.runs import move, start
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.store.elsewhere import read_elsewhere
from tests.engine.hosts.sshd import COMMAND, Sshd, kill, why_not
from tests.engine.hosts.stand_ins import rows
from tests.engine.small_runs import small_run

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())
LIMIT = 240.0
"""Seconds for all of it, on a machine that does much else."""


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    sshd = Sshd(tmp_path_factory.mktemp("machine"))
    sshd.start()
    yield sshd
    sshd.end()


@pytest.fixture
def there(sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "here"))
    monkeypatch.setenv("METAGEN_SSH", sshd.ssh)
    for name, seconds in (("TICK", 0.2), ("SAMPLES_EVERY", 0.5), ("CHECKPOINTS_EVERY", 0.5), ("PAUSES", (0.1,))):
        monkeypatch.setattr(f"metagen_gui.engine.hosts.following.{name}", seconds)
    add_host(Host("there", "there", COMMAND))
    return Host("there", "there", COMMAND)


def endless() -> Experiment:
    return small_run(meta_steps=1_000_000, checkpoint_steps=5)


def told(folder: Path) -> str:
    """Return what the run has told, of which nothing is here before the first link has lasted long enough."""
    events = folder / "events.jsonl"
    return events.read_text(encoding="utf-8") if events.exists() else ""


def until(events: Iterator[Event], holds: Callable[[Event], bool]) -> list[Event]:
    """Take events until one is what is waited for, and return all."""
    taken, end = list[Event](), time.monotonic() + LIMIT
    for event in events:
        taken.append(event)
        if holds(event):
            return taken
        assert time.monotonic() < end, taken[-5:]
    raise AssertionError(f"the run has ended: {taken[-5:]}")


def test_a_run_survives_cut_links_and_kills_and_moves_there_here_and_there(
    sshd: Sshd, there: Host, tmp_path: Path
) -> None:
    line, wishes = Line(sshd.data / "metagen" / "queue"), Wishes()
    run = start(endless(), there)
    acknowledged = list[int]()
    with closing(follow(run, wishes)) as events:
        for _ in range(5):
            taken = until(events, lambda event: isinstance(event, StepReport | Saved))
            acknowledged += [event.meta_step for event in taken if isinstance(event, Saved)]
            sshd.cut()
            lost = until(events, lambda event: isinstance(event, Afar) and event.lost is not None)
            assert any(isinstance(event, Notice) and "goes on there without the link" in event.text for event in lost)
        taken = until(events, lambda event: isinstance(event, Saved))
        acknowledged.append(taken[-1].meta_step)  # type: ignore[union-attr]
        (entry,) = line.entries()
        reached = taken[-1].meta_step  # type: ignore[union-attr]
        kill(entry.process)  # and goes on from its newest checkpoint
        sshd.stop()
        until(events, lambda event: isinstance(event, Afar) and "refuses connections" in event.why)
        sshd.start()
        until(events, lambda event: "Resumed at step" in told(run))
        until(events, lambda event: isinstance(event, Saved) and event.meta_step > reached)
    (entry,) = line.entries()
    first = Path(entry.run)
    move(run, "here")
    assert read_elsewhere(run) is None and line.entries() == []
    assert max(acknowledged) <= max(int(path.stem[5:]) for path in (run / "checkpoints").glob("step-*.json"))
    with closing(resume_run(run)) as going_on:
        steps = (event.meta_step for event in going_on if isinstance(event, StepReport))
        at = next(steps)
        assert next(step for step in steps if step >= at + 7) > reached
    move(run, "there")
    with closing(follow(run, wishes)) as events:
        until(events, lambda event: isinstance(event, StepReport))
        (entry,) = line.entries()
        wishes.change("training.outer_lr", 0.0007)
        changed = until(events, lambda event: isinstance(event, SettingChanged))[-1]
        wishes.finish()
        last = max(event.meta_step for event in events if isinstance(event, StepReport | Saved))
    second = Path(entry.run)
    assert not first.exists() and line.entries() == [] and read_elsewhere(run) is None
    assert {name: (run / name).read_bytes() for name in files_in(run)} == {
        name: (second / name).read_bytes() for name in files_in(second)
    }
    unmoved, upto = tmp_path / "unmoved", changed.meta_step  # type: ignore[union-attr]
    assert last >= upto
    with closing(meta_train(endless(), out=unmoved)) as never_left:
        next(event for event in never_left if isinstance(event, StepReport) and event.meta_step >= upto)
    assert rows(run, upto) == rows(unmoved, upto) and len(rows(run, upto)) >= upto - 1


def test_a_wrong_key_and_a_stranger_are_told_in_a_sentence(sshd: Sshd, there: Host) -> None:
    try:
        sshd.configure("wrong_key")
        with pytest.raises(LinkLost, match=r"^there does not accept your key; try: ssh there$"):
            Link(there)
        sshd.configure()
        (sshd.folder / "known_hosts").write_text("")
        with pytest.raises(LinkLost, match=r"^there is not known to ssh"):
            Link(there)
        with pytest.raises(LinkLost, match=r"^nowhere.invalid "):
            Link(Host("nowhere.invalid", "nowhere.invalid"))
    finally:
        sshd.configure()
