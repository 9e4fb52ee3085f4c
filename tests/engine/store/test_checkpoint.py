"""Checkpoints come back bit for bit; a damaged one is noticed and the one before it is used."""

from __future__ import annotations

import errno
import hashlib
import json
import math
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from metagen_gui.engine.algorithms.base import MetaParams
from metagen_gui.engine.experiment import MAX_BYTES
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store import checkpoint as module
from metagen_gui.engine.store.checkpoint import (
    Checkpoint,
    from_bytes,
    is_finite,
    load_checkpoint,
    manifests,
    out_of_reach,
    save_checkpoint,
    set_unvouched_aside,
    to_bytes,
)
from metagen_gui.engine.store.names import MAX_MANIFEST_BYTES
from metagen_gui.engine.store.progress import Progress


def numbers(seed: int = 0) -> MetaParams:
    draw = torch.Generator().manual_seed(seed)
    return {
        "generator": {
            "body.weight": torch.randn(3, 4, generator=draw).requires_grad_(),
            "@rate.body/odd name": torch.randn(2, generator=draw).double(),
            "context": torch.zeros(0),
        },
        "discriminator": {"scale": torch.tensor(1e-40), "turned": torch.randn(2, 3, generator=draw).T},
    }


def same(a: MetaParams, b: MetaParams) -> bool:
    assert {p: set(v) for p, v in a.items()} == {p: set(v) for p, v in b.items()}
    pairs = [(value, b[player][name]) for player, values in a.items() for name, value in values.items()]
    return all(torch.equal(x, y) and x.dtype == y.dtype for x, y in pairs)


def test_a_checkpoint_comes_back_bit_for_bit(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path / "made here", Checkpoint(12, numbers()))
    assert path.is_file() and path.parent == tmp_path / "made here"
    found = load_checkpoint(path.parent)
    assert found.meta_step == 12 and same(found.meta, numbers())


def test_nothing_is_pickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("pickled")

    for name in ("dump", "dumps", "load", "loads", "Pickler", "Unpickler"):
        monkeypatch.setattr(pickle, name, forbidden)
    monkeypatch.setattr(torch, "load", forbidden)
    monkeypatch.setattr(torch, "save", forbidden)
    save_checkpoint(tmp_path, Checkpoint(1, numbers()))
    assert same(load_checkpoint(tmp_path).meta, numbers())


def test_a_pickle_in_place_of_the_weights_is_not_opened(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, Checkpoint(1, numbers()))
    poisoned = pickle.dumps(Poison(str(tmp_path / "executed")))
    path.with_suffix(".safetensors").write_bytes(poisoned)
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps({**manifest, "sha256": hashlib.sha256(poisoned).hexdigest()}))
    with pytest.raises(BadInput, match="holds no whole checkpoint"):
        load_checkpoint(tmp_path)
    assert not (tmp_path / "executed").exists()


class Poison:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[Path]]:
        return Path.touch, (Path(self.path),)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-5] ^= 4
    path.write_bytes(bytes(data))


def claim(path: Path, **what: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **what}))


def link(path: Path, to: str) -> None:
    path.unlink()
    path.symlink_to(to)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "weights truncated": lambda path: truncate(path.with_suffix(".safetensors")),
    "weights with a flipped bit": lambda path: flip_a_bit(path.with_suffix(".safetensors")),
    "weights empty": lambda path: path.with_suffix(".safetensors").write_bytes(b""),
    "weights gone": lambda path: path.with_suffix(".safetensors").unlink(),
    "manifest truncated": truncate,
    "manifest empty": lambda path: path.write_bytes(b""),
    "manifest not text": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "manifest of another form": lambda path: path.write_text("[1, 2]"),
    "manifest without digest": lambda path: path.write_text('{"meta_step": 2, "file": "step-00000002.safetensors"}'),
    "manifest pointing elsewhere": lambda path: path.write_text('{"meta_step": 2, "file": "..", "sha256": ""}'),
    "manifest nested too deep": lambda path: path.write_text("[" * 100_000),
    "manifest of step infinity": lambda path: claim(path, meta_step=math.inf),
    "manifest of step minus one": lambda path: claim(path, meta_step=-1),
    "manifest of a step of 400 digits": lambda path: claim(path, meta_step=10**400),
    "manifest that names a name that cannot be": lambda path: claim(path, file="a\0b"),
    "manifest without end": lambda path: link(path, "/dev/zero"),
    "weights without end": lambda path: link(path.with_suffix(".safetensors"), "/dev/zero"),
    "weights that link to themselves": lambda path: link(path.with_suffix(".safetensors"), "step-00000002.safetensors"),
    "never finished": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(tmp_path: Path, damage: str) -> None:
    save_checkpoint(tmp_path, Checkpoint(1, numbers(1)))
    DAMAGES[damage](save_checkpoint(tmp_path, Checkpoint(2, numbers(2))))
    found = load_checkpoint(tmp_path)
    assert found.meta_step == 1 and same(found.meta, numbers(1))


def test_a_checkpoint_of_a_newer_metagen_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, Checkpoint(1, numbers(1)))
    claim(save_checkpoint(tmp_path, Checkpoint(2, numbers(2))), version=2)
    with pytest.raises(BadInput, match="written by a newer MetaGen"):
        load_checkpoint(tmp_path)


def test_a_manifest_cannot_point_out_of_its_folder(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path / "own", Checkpoint(1, numbers()))
    elsewhere = save_checkpoint(tmp_path, Checkpoint(2, numbers(2)))
    path.write_text(json.dumps({**json.loads(elsewhere.read_text()), "file": "../step-00000002.safetensors"}))
    with pytest.raises(BadInput, match="holds no whole checkpoint"):
        load_checkpoint(tmp_path / "own")


def test_every_flipped_byte_is_noticed(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, Checkpoint(1, numbers())).with_suffix(".safetensors")
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(BadInput):
            load_checkpoint(tmp_path)


def test_a_folder_without_a_whole_checkpoint_is_named(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(BadInput, match="holds no whole checkpoint") as caught:
            load_checkpoint(folder)
        assert caught.value.where == str(folder)


def test_three_are_kept_and_older_ones_go_only_after_the_new_one_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in (9, 10, 99, 100, 1000):
        save_checkpoint(tmp_path, Checkpoint(step, numbers(step)))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"step-{step:08d}.{end}" for step in (99, 100, 1000) for end in ("json", "safetensors")]
    assert load_checkpoint(tmp_path).meta_step == 1000

    writes: list[Path] = []

    def failing(path: Path, data: bytes) -> str:
        writes.append(path)
        if path.suffix == ".json":
            raise OSError("the disk is full")
        return write(path, data)

    write = module.write_atomically
    monkeypatch.setattr(module, "write_atomically", failing)
    with pytest.raises(OSError, match="full"):
        save_checkpoint(tmp_path, Checkpoint(1001, numbers()))
    assert [path.suffix for path in writes] == [".safetensors", ".json"], "the manifest, which vouches, comes last"
    assert [path.name[5:13] for path in manifests(tmp_path)] == ["00000099", "00000100", "00001000"]
    assert load_checkpoint(tmp_path).meta_step == 1000


def remark(letters: int, letter: str = "x") -> Progress:
    return Progress(experiment={"remark": letter * letters})


def test_the_largest_experiment_is_read_back(tmp_path: Path) -> None:
    """JSON in a manifest escapes each letter that is not ASCII."""
    save_checkpoint(tmp_path, Checkpoint(1, numbers(), progress=remark(MAX_BYTES // 2, "é")))
    assert load_checkpoint(tmp_path).progress == remark(MAX_BYTES // 2, "é")
    assert MAX_MANIFEST_BYTES >= 6 * MAX_BYTES + 2**20


def test_what_could_not_be_read_is_not_written_and_older_ones_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in (1, 2, 3):
        save_checkpoint(tmp_path, Checkpoint(step, numbers(step), numbers(4)))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(OSError, match=r"step-00000004\.json would be larger than 25 MB"):
        save_checkpoint(tmp_path, Checkpoint(4, numbers(), numbers(), remark(MAX_MANIFEST_BYTES)))
    monkeypatch.setattr(module, "MAX_WEIGHTS_BYTES", 2**7)
    with pytest.raises(OSError, match=r"step-00000004\.safetensors would be larger than"):
        save_checkpoint(tmp_path, Checkpoint(4, numbers()))
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    monkeypatch.setattr(module, "_manifest", lambda path: None)
    with pytest.raises(OSError, match="does not read back as a manifest"):
        save_checkpoint(tmp_path, Checkpoint(4, {"a": {}}))
    assert {path: path.read_bytes() for path in before} == before, "read back before any is deleted"


def test_a_file_too_large_to_be_read_is_not_taken_for_damaged(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, Checkpoint(1, numbers(), numbers()))
    with path.open("ab") as file:
        file.truncate(MAX_MANIFEST_BYTES + 1)
    error = out_of_reach(path)
    assert error is not None and error.errno == errno.EFBIG and error.filename == str(path)


@pytest.mark.parametrize("data", [b"", b"\x80\x04.", b"\xff" * 64, (2**62).to_bytes(8, "little") + b"{}"])
def test_bytes_that_are_no_weights_are_refused_by_name(data: bytes) -> None:
    with pytest.raises(BadInput, match=r"^mine: not a safetensors file"):
        from_bytes(data, "mine")
    assert same(from_bytes(to_bytes(numbers()), "mine"), numbers())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_one_number_that_is_not_finite_is_found(value: float) -> None:
    meta = numbers()
    assert is_finite(meta)
    assert is_finite({"a": {"large": torch.full((4,), 3e38)}}), "large is not infinite"
    meta["discriminator"]["scale"] = torch.tensor(value)
    assert not is_finite(meta)


def test_weights_that_were_set_aside_go_once_there_are_three_newer_checkpoints(tmp_path: Path) -> None:
    for step in (1, 4):
        save_checkpoint(tmp_path, Checkpoint(step, numbers(), numbers(2))).unlink()
    set_unvouched_aside(tmp_path)

    def aside() -> list[str]:
        return sorted(path.name.partition(".")[0] for path in tmp_path.glob("*.unvouched"))

    for step, left in ((2, 4), (3, 4), (5, 2), (6, 2), (7, 0)):
        save_checkpoint(tmp_path, Checkpoint(step, numbers(), numbers(2)))
        assert len(aside()) == left, "those of step 1, then those of step 4"
    save_checkpoint(tmp_path, Checkpoint(9, numbers(), numbers(2))).unlink()
    assert set_unvouched_aside(tmp_path) and aside() == ["step-00000009"] * 2


def test_weights_without_a_manifest_are_set_aside_and_nothing_else(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, Checkpoint(1, numbers(), numbers(2)))
    save_checkpoint(tmp_path, Checkpoint(2, numbers(), numbers(2))).unlink()
    (tmp_path / "mine.safetensors").write_bytes(b"x")
    ends = ("optimizer.safetensors", "safetensors")
    assert set_unvouched_aside(tmp_path) == [f"step-00000002.{end}" for end in ends]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "mine.safetensors",
        *(f"step-00000001.{end}" for end in ("json", *ends)),
        *(f"step-00000002.{end}.unvouched" for end in ends),
    ]
