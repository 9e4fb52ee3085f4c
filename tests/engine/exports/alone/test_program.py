"""The program of one file gives what MetaGen gives, with torch and Pillow alone, and reads what MetaGen reads."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import json
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from metagen_gui.engine.adaptation.meta_params import MetaParams
from metagen_gui.engine.data.image_files.read import read_images
from metagen_gui.engine.data.spec import ImageSpec
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.exports.alone.file import PROGRAM, WEIGHTS, program
from metagen_gui.engine.exports.alone.pictures import Pictures
from metagen_gui.engine.exports.alone.tables import Tables
from metagen_gui.engine.exports.python import PythonFile, alone
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import to_bytes
from metagen_gui.engine.trained.loaded_model import LoadedModel
from tests.engine.cells import diagonal, home

BARE = {"torch", "torchgen", "functorch", "PIL", "pillow.libs"}
"""What torch and Pillow install; what torch declares that it needs, and what that needs in turn, comes with them."""


def fresh(experiment: Experiment) -> LoadedModel:
    """Return an untrained model whose weights were moved a little: none is 0 or like another."""
    spec = experiment.task_family().spec
    algorithm = experiment.build_algorithm(experiment.plugin("model")(experiment.config("model"), spec))
    draw = generator_for(0, "initialization")
    meta = algorithm.initialize(draw)
    moved = {
        player: {name: value + 0.01 * torch.randn(value.shape, generator=draw) for name, value in values.items()}
        for player, values in meta.items()
    }
    return LoadedModel(experiment, spec, "initialization", algorithm, MetaParams.of(moved))


def write(model: LoadedModel, folder: Path) -> Path:
    names = [f"{player}/{name}" for player, values in model.weights.items() for name in values]
    weights = to_bytes(model.weights, {"order": json.dumps(names)})
    (folder / WEIGHTS).write_bytes(weights)
    text = program(model, {}, hashlib.sha256(weights).hexdigest())
    (folder / PROGRAM).write_text(text, encoding="utf-8")
    return folder / PROGRAM


def support(experiment: Experiment) -> torch.Tensor:
    return torch.from_numpy(experiment.task_family().task("test", 0, 4, 1).support)


def bare_site(site: Path) -> Path:
    """Return a place for packages in which there are torch and Pillow."""
    wanted, found = ["torch"], set(BARE)
    while wanted:
        package = importlib.metadata.distribution(wanted.pop())
        found |= {file.parts[0] for file in package.files or () if file.suffix == ".py" and ".." not in file.parts}
        lines = [line for line in package.requires or () if "extra" not in line and "platform" not in line]
        wanted += [name for line in lines if (name := re.split(r"[^\w.-]", line)[0]) != "setuptools"]
    site.mkdir()
    for name in found:
        there = Path(torch.__file__).parents[1] / name
        if there.exists():
            (site / name).symlink_to(there)
    return site


@pytest.mark.parametrize(("algorithm", "model"), diagonal(1))
def test_it_adapts_and_samples_as_metagen_does(
    tiny: Callable[..., Experiment], tmp_path: Path, algorithm: str, model: str
) -> None:
    experiment = tiny(home(model), model, algorithm, {})
    learned = fresh(experiment)
    path = write(learned, tmp_path)
    trained, examples = alone(path).trained(), support(experiment)
    torch.testing.assert_close(trained.sample(3, seed=0), learned.sample(3), rtol=1e-5, atol=1e-5)
    for steps in (None, 1):
        trained.adapt(examples, steps)
        torch.testing.assert_close(trained.sample(3), learned.adapt(examples, steps).sample(3), rtol=1e-5, atol=1e-5)
    text = path.read_text("utf-8")
    assert "metagen_gui" not in text and "meta_gradient" not in text.replace("`meta_gradient`", "")


def test_it_needs_torch_and_pillow_and_nothing_else(
    tiny: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process of its own: a folder of pictures in, a picture out; and in this one a line for what is wrong."""
    experiment = tiny("strokes", "vae", "maml", {})
    learned = fresh(experiment)
    path, given = write(learned, tmp_path), tmp_path / "given"
    given.mkdir()
    side = learned.spec.shape[1]
    for place, values in enumerate(np.random.default_rng(0).integers(0, 255, (3, side, side), np.uint8)):
        Image.fromarray(np.pad(values[1:-1, 1:-1], 1, constant_values=255)).save(given / f"{place}.png")  # on paper
    site = bare_site(tmp_path / "site")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        code = f"import runpy, sys; sys.path.append({str(site)!r}); sys.argv = {[str(path), *words]!r}"
        code += "; runpy.run_path(sys.argv[0], run_name='__main__')"
        return subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)

    done = run(str(given), "--to", str(tmp_path / "samples.png"), "--samples", "5", "--steps", "2")
    assert done.returncode == 0, done.stderr
    found, _ = read_images(given, learned.spec, where="given")
    expected = 1 - learned.adapt(found, 2).sample(5)[0, 0].numpy()
    with Image.open(tmp_path / "samples.png") as sheet:
        assert sheet.size == (3 * side, 2 * side)
        assert np.abs(np.asarray(sheet)[:side, :side] / 255 - expected).max() <= 1 / 255

    def ended(*words: str) -> object:
        monkeypatch.setattr(sys, "argv", [str(path), *words])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(path), run_name="__main__")
        return end.value.code  # a text is told, and the process ends with status 1

    assert ended(str(tmp_path / "nowhere")) == f"adapt.py: {tmp_path / 'nowhere'}: there are no pictures"
    (tmp_path / WEIGHTS).write_bytes((tmp_path / WEIGHTS).read_bytes()[:-4] + b"\0\0\0\1")
    assert "not the weights that belong to this program" in str(ended())


@pytest.mark.parametrize("size", [(16, 16), (40, 25), (9, 30)])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "I;16", "LA"])
def test_pictures_are_read_as_metagen_reads_them(tmp_path: Path, mode: str, size: tuple[int, int]) -> None:
    random = np.random.default_rng(1)
    for place in range(3):
        if mode == "I;16":
            image = Image.fromarray(random.integers(0, 2**16, size[::-1], np.uint16))
        else:
            values = random.integers(0, 256, (*size[::-1], 4), np.uint8)
            values[1:-1, 1:-1, :3] //= 3  # a bright border: these are read with black and white exchanged
            image = Image.fromarray(values, "RGBA").convert(mode)
        image.save(tmp_path / f"{place}.png")
    for channels in (1, 3):
        spec = ImageSpec((channels, 16, 16))
        found = Pictures(*spec.shape, inverted=None).read(tmp_path)
        expected, _ = read_images(tmp_path, spec, where="here")
        np.testing.assert_allclose(found.numpy(), expected, atol=1e-6)


def test_tables_are_read_and_written_on_the_scale_of_the_run(tmp_path: Path) -> None:
    (tmp_path / "given.csv").write_text("x,y\n1,2\n3,6\n")
    tables = Tables((2,), (1.0, 2.0), 2.0)
    found = tables.read(tmp_path / "given.csv")
    assert found.tolist() == [[0, 0], [1, 2]]
    tables.write(tmp_path / "out.csv", found)
    assert (tmp_path / "out.csv").read_text() == "x,y\n1,2\n3,6\n"
    for text, why in [("1,2\n1,b\n", "line 2 is no numbers"), ("1\n", "2 finite numbers"), ("x,y\n", "no examples")]:
        (tmp_path / "bad.csv").write_text(text)
        with pytest.raises(BadInput, match=why):
            tables.read(tmp_path / "bad.csv")


HOSTILE = 'x\nimport os; os.system(\'touch trace\')  # \' " """'


@pytest.mark.parametrize(("family", "key"), [("densities", "scale"), ("strokes", "inverted"), ("strokes", "white")])
def test_what_a_run_kept_of_its_data_is_no_code(
    tiny: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: str, key: str
) -> None:
    """A run's folder may be of somebody else's making."""
    monkeypatch.chdir(tmp_path)
    learned = fresh(tiny(family, "vae", "maml", {}))
    for value in (HOSTILE, [HOSTILE] * 3, {HOSTILE: 1}):
        tree = ast.parse(program(learned, {key: value}, "0" * 64))
        assert not any(isinstance(node, ast.Import) and node.names[0].name == "os" for node in ast.walk(tree))


def test_a_folder_may_be_called_anything(tiny: Callable[..., Experiment], tmp_path: Path) -> None:
    """The lines that a person copies run as they are, and nothing of a name is run with them."""
    learned = SimpleNamespace(model=fresh(tiny("strokes", "vae", "maml", {})))
    tree = ast.parse(PythonFile().code(learned, tmp_path / HOSTILE))
    assert [type(part).__name__ for part in tree.body] == ["Import", "Expr", "Import", "Assign", "Assign"]


def test_a_model_of_another_package_is_written_out_too(elsewhere: str, tmp_path: Path) -> None:
    experiment = Experiment("densities", "gaussian", "joint")
    learned = fresh(experiment)
    trained, examples = alone(write(learned, tmp_path)).trained(), support(experiment)
    trained.adapt(examples)
    torch.testing.assert_close(trained.sample(3), learned.adapt(examples).sample(3))


def test_a_model_that_needs_more_than_torch_is_told_of(
    elsewhere: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what its sources import, whichever plugin it is."""
    page = tmp_path / "site" / elsewhere / "gaussian.py"
    text = page.read_text().replace("import math\n", "import math\nimport numpy as np\n")
    page.write_text(text.replace("return mean + log_std.exp()", "return np.float32(1) * mean + log_std.exp()"))
    for name in [name for name in sys.modules if name.startswith(elsewhere)]:
        monkeypatch.delitem(sys.modules, name)
    learned = fresh(Experiment("densities", "gaussian", "joint"))
    with pytest.raises(BadInput, match=r"it needs numpy \(my_package.gaussian\), and the file is to need torch alone"):
        program(learned, {}, "")
