"""Runs at another machine through every fault: cut links, killed processes, a full disk, a machine that is gone.

    python -m benchmarks.cut_links [--cuts 100] [--out FILE] [--user NAME --command THEIR_METAGEN]

The other machine is an sshd on 127.0.0.1 with a key, a configuration and a data folder of its own, and with `--user`
(as root) another person's, whose program is another installation. Counted are
checkpoints that were acknowledged here and then were not to be had; every fault has to be told in a sentence.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

from metagen_gui.engine.events import Afar, Event, Notice, Saved, StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.hosts import following
from metagen_gui.engine.hosts.following import Wishes, follow
from metagen_gui.engine.hosts.known import Host, add_host, host_called
from metagen_gui.engine.hosts.link import Link, LinkLost
from metagen_gui.engine.hosts.runs import discard, leave, move, start
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import read_checkpoint
from metagen_gui.engine.store.names import runs_folder
from tests.engine.hosts.sshd import COMMAND, Sshd, kill, why_not
from tests.engine.hosts.stand_ins import contents, rows

LIMIT = 300.0
TINY = {
    "model.width": 16,
    "algorithm.adaptation_steps": 1,
    "training.meta_batch_size": 4,
    "training.validation_tasks": 8,
    "training.preview_tasks": 1,
    "training.meta_steps": 1_000_000,
    "training.checkpoint_steps": 10,
    "training.device": "cpu",
}
told: list[tuple[str, str, str]] = []


def tell(fault: str, found: str, said: str = "") -> None:
    """Note what came of a fault."""
    told.append((fault, found, said))
    print(f"{time.strftime('%H:%M:%S')} {fault}: {found}" + (f" ({said})" if said else ""), flush=True)


def there() -> Host:
    """Return the other machine, which `main` has made known."""
    return host_called("there")


def tiny() -> Experiment:
    experiment = Experiment("densities")
    for path, value in TINY.items():
        experiment = experiment.with_value(path, value)
    return experiment


def until(events: Iterator[Event], holds: Callable[[Event], bool], seen: list[Event] | None = None) -> Event:
    """Take events until one is what is waited for; raise if that takes too long."""
    end = time.monotonic() + LIMIT
    for event in events:
        if seen is not None:
            seen.append(event)
        if holds(event):
            return event
        if time.monotonic() > end:
            break
    raise RuntimeError("what was waited for has not come")


def stepped(event: Event) -> bool:
    return isinstance(event, StepReport)


def is_sound(run: Path, step: int) -> bool:
    """Return whether the checkpoint of a step, or a newer one, can be gone on with here."""
    newest = sorted((run / "checkpoints").glob("step-*.json"))
    sound = [path for path in newest if read_checkpoint(path, whole=True) is not None]
    return bool(sound) and int(sound[-1].stem[5:]) >= step


def cut_links(sshd: Sshd, cuts: int, seed: int) -> None:
    """Cut the link at random moments; every tenth time kill the run, every twentieth restart the server as well."""
    chance, line = random.Random(seed), Line(sshd.data / "metagen" / "queue")
    run, wishes, began = start(tiny(), there()), Wishes(), time.monotonic()
    acknowledged, lost, kills, restarts, furthest = list[int](), 0, 0, 0, 0
    with closing(follow(run, wishes)) as events:
        until(events, stepped)
        for cut in range(1, cuts + 1):
            seen, end = list[Event](), time.monotonic() + chance.uniform(0.0, 2.0)
            until(events, lambda event, end=end: time.monotonic() >= end, seen)
            sshd.cut()
            acknowledged += [event.meta_step for event in seen if isinstance(event, Saved)]
            furthest = max(acknowledged, default=-1)
            lost += furthest >= 0 and not is_sound(run, furthest)
            if cut % 10 == 0:
                kill(line.entries()[0].process)
                kills += 1
            if cut % 20 == 0:
                sshd.stop()
                until(events, lambda event: isinstance(event, Afar) and event.lost is not None)
                sshd.start()
                restarts += 1
            until(events, lambda event: isinstance(event, Afar) and event.lost is None)
        until(events, lambda event: isinstance(event, Saved) and event.meta_step > furthest)
        (entry,) = line.entries()
        wishes.finish()
        for _ in events:
            pass
    same = contents(run) == contents(Path(entry.run))
    what = f"{cuts} cut links, {kills} runs killed (kill -9), {restarts} restarts of sshd"
    minutes, steps = (time.monotonic() - began) / 60, max(int(row[0]) for row in rows(run, 10**9))
    alike = "the same" if same else "NOT the same"
    found = f"{len(acknowledged)} checkpoints acknowledged, {lost} lost; the folders are {alike} bit for bit"
    tell(what, f"{found}; {steps:,} steps in {minutes:.0f} min")


def kill_followers(kills: int) -> None:
    """Kill whoever follows here, at random moments, and attach again."""
    chance = random.Random(1)
    run = start(tiny(), there())
    lost, newest = 0, -1
    for _ in range(kills):
        words = [sys.executable, "-c", "from metagen_gui.cli import main; main()", "hosts", "attach", str(run)]
        follower = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(chance.uniform(4.0, 10.0))
        os.killpg(follower.pid, signal.SIGKILL)
        follower.wait()
        steps = [int(path.stem[5:]) for path in (run / "checkpoints").glob("step-*.json")]
        lost += newest >= 0 and not is_sound(run, newest)
        lost += any(read_checkpoint(path, whole=True) is None for path in (run / "checkpoints").glob("step-*.json"))
        newest = max(steps, default=newest)
    discard(run)
    tell(
        f"{kills} followers killed here (kill -9)", f"{lost} checkpoints here damaged or lost; discarded there and here"
    )


def move_about(folder: Path) -> None:
    """Move a run there, here and there, and compare it with one that never moved."""
    run = start(tiny(), there())
    with closing(follow(run, Wishes())) as events:
        until(events, lambda event: isinstance(event, StepReport) and event.meta_step >= 60)
    move(run, "here")
    with closing(resume_run(run)) as events:
        at = until(events, stepped).meta_step  # type: ignore[union-attr]
        until(events, lambda event: isinstance(event, StepReport) and event.meta_step >= at + 33)
    move(run, "there")
    wishes = Wishes()
    with closing(follow(run, wishes)) as events:
        upto = until(events, stepped).meta_step + 50  # type: ignore[union-attr]
        until(events, lambda event: isinstance(event, StepReport) and event.meta_step >= upto)
        wishes.finish()
        for _ in events:
            pass
    unmoved = folder / "unmoved"
    with closing(meta_train(tiny(), out=unmoved)) as events:
        until(events, lambda event: isinstance(event, StepReport) and event.meta_step >= upto)
    same = rows(run, upto) == rows(unmoved, upto)
    tell(
        "moved there, here and there",
        f"metrics.csv {'equals' if same else 'DIFFERS from'} that of the unmoved run, {upto:,} steps",
    )


def full_disk(folder: Path, user: str) -> None:
    """Let the disk there fill up, and be cleared again."""
    disk = folder / "disk"
    disk.mkdir()
    if (
        os.getuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=80m", "none", str(disk)], check=False).returncode
    ):
        tell("full disk there", "skipped: nobody here may mount a small one")
        return
    sshd = Sshd(folder / "small", user, disk / "data")
    try:
        sshd.start()
        os.environ["METAGEN_SSH"] = sshd.ssh
        run, wishes = start(tiny(), there()), Wishes()
        with closing(follow(run, wishes)) as events:
            saved = until(events, lambda event: isinstance(event, Saved))
            with (disk / "fill").open("wb") as fill, suppress(OSError):
                while True:
                    fill.write(bytes(2**16))
                    fill.flush()
            warned = until(events, lambda event: isinstance(event, Notice) and "The disk of" in event.text)
            safe = is_sound(run, saved.meta_step)  # type: ignore[union-attr]
            at = until(events, stepped).meta_step  # type: ignore[union-attr]
            until(events, lambda event: isinstance(event, Afar))
            (disk / "fill").unlink()
            again = until(events, lambda event: isinstance(event, Saved) and event.meta_step > at)
            wishes.finish()
            for _ in events:
                pass
        found = f"the checkpoint here is {'sound' if safe else 'LOST'}; saved again at step {again.meta_step:,}"  # type: ignore[union-attr]
        tell("full disk there", found, warned.text)  # type: ignore[union-attr]
    finally:
        sshd.end()
        subprocess.run(["umount", "-l", str(disk)], check=False)


def refusals(sshd: Sshd, folder: Path) -> None:
    """A wrong key, a stranger, another version, nothing where the command was said to be."""
    sshd.configure("wrong_key")
    tell("wrong key", "refused", refusal(there()))
    sshd.configure()
    (sshd.folder / "known_hosts").write_text("")
    tell("a machine that ssh does not know", "refused", refusal(there()))
    sshd.configure()
    other = folder / "other version"
    other.write_text('#!/bin/sh\nprintf \'metagen-host 1\\n{"metagen": "0.0.1", "bytes": 0}\\n\'; cat >/dev/null\n')
    other.chmod(0o755)
    tell("version mismatch", "refused", refusal(Host("there", "there", f"'{other}'")))
    tell("no MetaGen there", "refused", refusal(Host("there", "there", "/nowhere/metagen")))


def refusal(host: Host) -> str:
    try:
        with Link(host) as link:
            link.refuse_other_version()
    except (LinkLost, BadInput) as error:
        return str(error)
    return "NOT refused"


def gone(sshd: Sshd) -> None:
    """Let the machine go for good, give it up and go on here."""
    run = start(tiny(), there())
    with closing(follow(run, Wishes())) as events:
        saved = until(events, lambda event: isinstance(event, Saved)).meta_step  # type: ignore[union-attr]
        (entry,) = [each for each in Line(sshd.data / "metagen" / "queue").entries() if each.state == "running"]
        sshd.stop()
        kill(entry.process)
        said = until(events, lambda event: isinstance(event, Afar) and bool(event.why)).why  # type: ignore[union-attr]
    leave(run)
    with closing(resume_run(run)) as events:
        at = until(events, stepped).meta_step  # type: ignore[union-attr]
    tell("machine gone", f"gone on with here at step {at:,}; the newest checkpoint acknowledged was {saved:,}", said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--only", nargs="*", help="Some of refusals, move_about, kill_followers, cut_links, full_disk, gone."
    )
    parser.add_argument("--user", default="", help="Whose program runs there; one's own, if none is named.")
    parser.add_argument("--command", default=COMMAND, help="That program.")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    if reason := why_not():
        sys.exit(reason)
    following.CHECKPOINTS_EVERY = 0.5  # or few would be acknowledged between two cuts
    following.PAUSES = (0.5, 1.0)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # another user passes through, to what is theirs
        os.environ["XDG_DATA_HOME"] = str(folder / "here")
        runs_folder().mkdir(parents=True)
        sshd = Sshd(folder / "machine", asked.user)
        os.environ["METAGEN_SSH"] = sshd.ssh
        add_host(Host("there", "there", asked.command))
        sshd.start()
        tried = {
            "refusals": lambda: refusals(sshd, folder),
            "move_about": lambda: move_about(folder),
            "full_disk": lambda: full_disk(folder, asked.user),
            "kill_followers": lambda: kill_followers(asked.kills),
            "cut_links": lambda: cut_links(sshd, asked.cuts, asked.seed),
            "gone": lambda: gone(sshd),
        }
        try:
            for fault in asked.only or tried:
                os.environ["METAGEN_SSH"] = sshd.ssh
                tried[fault]()
        finally:
            sshd.end()
    if asked.out:
        table = "\n".join(f"| {fault} | {found} | {said} |" for fault, found, said in told)
        asked.out.write_text(f"| fault | what came of it | told |\n|---|---|---|\n{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
