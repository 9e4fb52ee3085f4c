"""An export that is damaged, lies or hides something is refused in one line; nothing of it is executed."""

from __future__ import annotations

import hashlib
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.trained import export_folder
from metagen_gui.engine.trained.export import load_export
from tests.engine.trained.conftest import edit


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    return safetensors.torch.load((folder / "model.safetensors").read_bytes())


def rewrite(folder: Path, data: bytes) -> None:
    """Replace the weights, and the digest with them."""
    (folder / "model.safetensors").write_bytes(data)
    edit(folder, sha256=hashlib.sha256(data).hexdigest())


def flip_a_bit(folder: Path) -> None:
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-5] ^= 1
    (folder / "model.safetensors").write_bytes(data)


def lie_about_size(folder: Path) -> None:
    header = b'{"vae/context":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}'
    rewrite(folder, struct.pack("<Q", len(header)) + header)


def link(path: Path, to: str) -> None:
    path.unlink()
    path.symlink_to(to)


def ask_for_too_much(folder: Path) -> None:
    """Claim a network of 800 GB: refused, not attempted."""
    edit(folder, data={"kind": "images", "shape": [3, 4096, 4096]})
    experiment = Experiment.load(folder).with_value("model.width", 4096)
    (folder / "experiment.json").write_text(experiment.to_json(complete=True))


class Trap:
    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return pytest.fail, ("a pickle was opened",)


SPOILED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a flipped bit": (flip_a_bit, "damaged"),
    "a lying header": (lie_about_size, "not a safetensors file"),
    "a pickle": (lambda folder: rewrite(folder, pickle.dumps(Trap())), "not a safetensors file"),
    "a missing tensor": (
        lambda folder: rewrite(
            folder, safetensors.torch.save({n: v for n, v in weights_of(folder).items() if n != "vae/prior"})
        ),
        "vae/prior is missing",
    ),
    "a stranger": (
        lambda folder: rewrite(folder, safetensors.torch.save(weights_of(folder) | {"vae/more": torch.zeros(1)})),
        "vae/more is not part",
    ),
    "another type": (
        lambda folder: rewrite(
            folder, safetensors.torch.save(weights_of(folder) | {"vae/prior": torch.zeros(2, 16, dtype=torch.float64)})
        ),
        r"vae/prior is \(2, 16\) torch.float64",
    ),
    "a stranger that steers a terminal": (
        lambda folder: rewrite(folder, safetensors.torch.save({"vae/\x1b[2J\n" + "x" * 1000: torch.zeros(1)})),
        r"vae/\\x1b\[2J\\nx+…x+ is not part",
    ),
    "weights without end": (lambda folder: link(folder / "model.safetensors", "/dev/zero"), "not a regular file"),
    "a description without end": (lambda folder: link(folder / "export.json", "/dev/zero"), "not a regular file"),
    "an experiment without end": (lambda folder: link(folder / "experiment.json", "/dev/zero"), "not a regular file"),
    "more than any memory holds": (ask_for_too_much, "is expected|is not part"),
    "an impossible shape": (lambda folder: edit(folder, data={"kind": "points", "shape": [-2]}), "cannot be"),
    "no kind of data": (
        lambda folder: edit(folder, data={"kind": "smells", "shape": [2]}),
        "'smells' is no kind",
    ),
    "a newer version": (lambda folder: edit(folder, version=2), "newer MetaGen"),
    "no JSON": (lambda folder: (folder / "export.json").write_text("{"), "not the description"),
    "another word": (lambda folder: edit(folder, kind="something"), "not the description of an export"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "No such file"),
    "no experiment": (lambda folder: (folder / "experiment.json").unlink(), "No such file"),
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_spoiled_export_is_refused_in_one_line(own_copy: Path, how: str) -> None:
    spoil, says = SPOILED[how]
    spoil(own_copy)
    with pytest.raises(BadInput, match=says) as refused:
        load_export(own_copy)
    assert refused.value.where.startswith(str(own_copy))
    assert "\n" not in str(refused.value)


def test_files_that_are_too_large_are_not_read(own_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_folder, "MAX_WEIGHTS_BYTES", 2**20)
    with (own_copy / "model.safetensors").open("ab") as file:
        file.truncate(2**20 + 1)
    with pytest.raises(BadInput, match="larger than 1 MB"):
        load_export(own_copy)
