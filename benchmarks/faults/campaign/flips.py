"""Rot: one flipped bit, or a cut, anywhere in the newest checkpoint. It is never taken for good in silence."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from metagen_gui.engine.events import Notice, RunStarted
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import Checkpoint, files_of, manifests, read_checkpoint

from .outcome import Laboratory, Outcome, fault
from .small_runs import small


@fault("flips", tries=1000)
def flips(laboratory: Laboratory) -> Iterator[Outcome]:
    """Flip one bit of one of the newest checkpoint's three files, then resume."""
    told, bench = Outcome("one bit flipped in the newest checkpoint"), _Rot(laboratory.folder)
    for number in range(laboratory.tries):
        file = bench.files[number % 3]
        place = laboratory.chance.randrange(8 * file.stat().st_size)
        data = bytearray(bench.contents[file])
        data[place // 8] ^= 1 << place % 8
        told.count(bench.resumed(file, bytes(data), f"bit {place}"))
    told.details = bench.tally()
    yield told


@fault("cuts")
def cuts(laboratory: Laboratory) -> Iterator[Outcome]:
    """Cut each file at every percent of its length."""
    told, bench = Outcome("a file of the newest checkpoint cut at every percent"), _Rot(laboratory.folder)
    for file in bench.files:
        for percent in range(100):
            data = bench.contents[file]
            told.count(bench.resumed(file, data[: len(data) * percent // 100], f"{percent} %"))
    told.details = bench.tally()
    yield told


@fault("manifest_bits")
def manifest_bits(laboratory: Laboratory) -> Iterator[Outcome]:
    """Every single bit of the manifest, read but not resumed."""
    told, bench, same, refused = Outcome("every bit of a manifest, one by one"), _Rot(laboratory.folder), 0, 0
    manifest = bench.files[0]
    for place in range(8 * len(bench.contents[manifest])):
        data = bytearray(bench.contents[manifest])
        data[place // 8] ^= 1 << place % 8
        manifest.write_bytes(data)
        try:
            found = read_checkpoint(manifest, whole=True)
        except BadInput:  # a version that this program does not know: told, and not loaded
            found, refused = None, refused + 1
        same += found is not None
        told.count(f"bit {place} loaded as something else" if found and not equal(found, bench.newest) else None)
    told.details = f"{same} leave the meaning as it was and were read so; {refused} look like a newer MetaGen's"
    yield told


class _Rot:
    """A run with checkpoints of steps 1, 2 and 3, of which the last is damaged again and again."""

    def __init__(self, folder: Path) -> None:
        self.whole, self.folder = folder / "whole", folder / "run"
        run = meta_train(small(meta_steps=5), out=self.whole, previews=False)
        for event in run:
            if getattr(event, "meta_step", 0) == 3:
                break
        run.close()
        shutil.copytree(self.whole, self.folder)
        manifest = manifests(self.folder / "checkpoints")[-1]
        self.files = files_of(manifest)
        self.contents = {file: file.read_bytes() for file in self.files}
        found = read_checkpoint(manifest, whole=True)
        assert found is not None and found.meta_step == 3
        self.newest, self.previous, self.same, self.refused = found, 0, 0, 0

    def resumed(self, file: Path, data: bytes, where: str) -> str | None:
        """Damage a file and resume; return what is wrong with what happens, if anything. All is put back."""
        file.write_bytes(data)
        where = f"{file.name[14:]} {where}"
        try:
            loaded = read_checkpoint(self.files[0], whole=True)
        except BadInput:
            loaded = None
        run = resume_run(self.folder, previews=False)
        try:
            started, notice = next(run), next(run)
        except BadInput as error:
            self.refused += 1
            return None if "newer MetaGen" in str(error) else f"{where}: resuming refused: {error}"
        finally:
            run.close()
            aside = any((self.folder / "checkpoints").glob("*.corrupt"))
            shutil.rmtree(self.folder)
            shutil.copytree(self.whole, self.folder)
        assert isinstance(started, RunStarted) and isinstance(notice, Notice)
        if started.resumed_from == 3:
            self.same += 1
            return None if loaded and equal(loaded, self.newest) else f"{where}: loaded in silence"
        self.previous += 1
        told = "is damaged and was set aside" in notice.text and aside
        return None if told and started.resumed_from == 2 else f"{where}: resumed at {started.resumed_from}, unsaid"

    def tally(self) -> str:
        more = f"; {self.same} left the meaning as it was" if self.same else ""
        return f"{self.previous} times the previous one was used{more}" + (
            f"; {self.refused} times refused as a newer MetaGen's" if self.refused else ""
        )


def equal(one: Checkpoint, other: Checkpoint) -> bool:
    """Return whether two checkpoints are the same, bit for bit."""

    def flat(checkpoint: Checkpoint) -> dict[str, Any]:
        parts = {"meta": checkpoint.meta, "moments": checkpoint.moments or {}}
        return {
            f"{part}/{player}/{name}": value
            for part, players in parts.items()
            for player, values in players.items()
            for name, value in values.items()
        }

    mine, theirs = flat(one), flat(other)
    same = mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)
    return same and one.meta_step == other.meta_step and one.progress == other.progress
