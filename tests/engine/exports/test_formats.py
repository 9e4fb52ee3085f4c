"""What every format promises, over the registry: read back in another process, in place whole or not at all, a card."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.exports import figures, pt2, read_back, writing
from metagen_gui.engine.exports.base import ADAPTED, Arrays, Format, Order, Written, formats
from metagen_gui.engine.exports.writing import export
from metagen_gui.engine.progress import Ended
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.extras import lacking
from metagen_gui.engine.trained.export import initialization_of
from tests.engine.cells import EVERY, diagonal, home

PAIRS = [(algorithm, model) for algorithm, model in diagonal(3) if EVERY or model != "pixel"]
"""Without what takes minutes."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(autouse=True)
def quick_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "TASKS", 2)


@pytest.fixture
def trained(tiny: Callable[..., Experiment], runs: Path) -> Callable[[str, str], Path]:
    """Return the run of an algorithm and a model, trained once for one step."""

    def run(algorithm: str, model: str) -> Path:
        folder, one = runs / f"{algorithm}-{model}", {"training.meta_steps": 1}
        if not folder.exists():
            list(meta_train(tiny(home(model), model, algorithm, one), out=folder))
        return folder

    return run


EACH = [(name, PAIRS[place % len(PAIRS)]) for place, name in enumerate(formats.names(), len(PAIRS) - 1)]


@pytest.mark.parametrize(("name", "pair"), [*product(formats.names(), PAIRS)] if EVERY else EACH)
def test_every_format_keeps_its_promises(
    trained: Callable[[str, str], Path], tmp_path: Path, name: str, pair: tuple[str, str]
) -> None:
    """Each with another model of the diagonal."""
    plugin = formats.get(name)
    if why := lacking(plugin):
        pytest.skip(why)
    run, task = trained(*pair), 0 if plugin.takes == {ADAPTED} else None
    if "this fetches it" in (why := plugin().objection_to(initialization_of(run))):
        pytest.skip(why)
    order = Order(run, tmp_path / "taken", name, task)
    done = export(order)
    card = done.folder / ("taken.model_card.md" if plugin.ending else "model_card.md")
    assert plugin.title in card.read_text()
    assert done.place == tmp_path / f"taken{plugin.ending}" and str(done.place) in done.code
    assert "read back and compared" in done.summary
    before = {path: path.read_bytes() for path in done.folder.rglob("*") if path.is_file()}
    with pytest.raises(BadInput, match="--force replaces it"):
        export(order)
    assert {path: path.read_bytes() for path in done.folder.rglob("*") if path.is_file()} == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")], "nothing half written is left"


def test_a_process_of_its_own_reads_what_is_written(
    trained: Callable[[str, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started as it is for everybody, once; the other tests have one that goes on reading."""
    monkeypatch.setattr(writing, "read_back", read_back.read_back)
    assert "read back and compared" in export(Order(trained("maml", "vae"), tmp_path / "taken", "samples")).summary


class Numbers(Format):
    title = summary = "Numbers"
    ending = ".txt"

    def write(self, learned: Any, order: Order, to: Path) -> Written:
        to.write_text("3")
        return Written({"number": np.array(3.0)})

    def read(self, at: Path, given: Arrays) -> Arrays:
        return {"number": np.array(float(at.read_text()))}

    def code(self, learned: Any, place: Path) -> str:
        return ""


class Liar(Numbers):
    def read(self, at: Path, given: Arrays) -> Arrays:
        return {"number": np.array(3.5)}


class Full(Numbers):
    def write(self, learned: Any, order: Order, to: Path) -> Written:
        to.write_text("3")
        raise OSError(28, os.strerror(28))


class Poor(Numbers):
    needs = ("a_module_that_nobody_has",)


class Dainty(Numbers):
    def objection_to(self, learned: Any) -> str:
        return "not for such models"


@pytest.mark.parametrize(
    ("plugin", "says"),
    [
        (Liar, "does not read back the same (number differs by 0.5)"),
        (Full, "No space left on device"),
        (Poor, 'needs a_module_that_nobody_has; this adds it: "'),
        (Dainty, "not for such models"),
    ],
)
def test_what_goes_wrong_is_one_line_and_leaves_what_was_there(
    trained: Callable[[str, str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    plugin: type[Numbers],
    says: str,
) -> None:
    monkeypatch.setattr(formats, "_plugins", dict(formats.items()))
    formats.register("numbers")(plugin)
    monkeypatch.setattr(writing, "read_back", lambda plugin, at, given: plugin.read(at, given))
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(BadInput) as refused:
        export(Order(trained("maml", "vae"), tmp_path / "mine.txt", "numbers", replace=True))
    assert says in str(refused.value) and "\n" not in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"] and (tmp_path / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(("name", "holds"), [("curves", "holds something else"), ("gif", "card.md: Is a directory")])
def test_a_folder_where_the_card_belongs_is_named_and_stays(
    trained: Callable[[str, str], Path], tmp_path: Path, name: str, holds: str
) -> None:
    ending = formats.get(name).ending
    mine = tmp_path / ("taken.model_card.md" if ending else "taken/model_card.md") / "mine"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    if not ending:
        (tmp_path / "taken" / "export.json").write_text('{"version": 1, "files": []}')
    with pytest.raises(BadInput, match=holds) as refused:
        export(Order(trained("maml", "vae"), tmp_path / "taken", name, replace=True))
    assert "\n" not in str(refused.value) and mine.read_text() == "mine"


@pytest.mark.parametrize("name", formats.names())
def test_a_broken_file_is_one_line_and_nothing_of_it_runs(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the format: a file of somebody else's making, a pickle that would leave a trace."""
    plugin, trace = formats.get(name)(), tmp_path / "trace"
    hostile = f"cposix\nsystem\n(S'touch {trace}'\ntR.".encode()
    at = tmp_path / f"given{plugin.ending}"
    files = [at] if plugin.ending else [at / "export.json", at / "model.safetensors", at / "sampler.onnx"]
    files[0].parent.mkdir(exist_ok=True)
    for file in files:
        file.write_bytes(hostile)
    read_back.save(tmp_path / "given.npz", {"latents": np.zeros((2, 2), np.float32)})
    status = read_back.main([name, str(at), str(tmp_path / "given.npz"), str(tmp_path / "found.npz")])
    said = capsys.readouterr().err
    assert status == 2 and said.count("\n") == 1 and len(said) <= read_back.MOST_SAID + 1
    assert not trace.exists() and not (tmp_path / "found.npz").exists()


def test_what_draws_in_more_turns_than_a_program_holds_is_told_before_it_is_written(
    trained: Callable[[str, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained("maml", "pixel")
    monkeypatch.setattr(pt2, "MOST_TURNS", 15)
    with pytest.raises(BadInput, match=r"it draws an image in 16 turns, .* up to 15; ONNX and the Python file"):
        export(Order(run, tmp_path / "taken", "pt2"))
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(pt2, "MOST_TURNS", 16)
    assert pt2.TorchProgram().objection_to(initialization_of(run)) == ""
    assert pt2.TorchProgram().objection_to(initialization_of(trained("maml", "vae"))) == ""


def test_whoever_hears_how_far_it_is_may_end_it(trained: Callable[[str, str], Path], tmp_path: Path) -> None:
    run, heard = trained("maml", "curve"), list[tuple[str, float | None]]()

    def hears(what: str, share: float | None) -> bool:
        heard.append((what, share))
        return len(heard) < most[0]

    most = [1_000]
    export(Order(run, tmp_path / "whole", "onnx"), hears)
    told = list(dict.fromkeys(what for what, _ in heard if what))
    assert told == ["Writing the export", "Making the graph", *told[2:]] and "Reading it back" in told[-1]
    shares = [share for what, share in heard if share is not None]
    assert shares[0] == 0 and 0 < shares[1] < shares[2] < 1
    for most[0] in range(1, len(heard) + 1, 3):
        heard.clear()
        with pytest.raises(Ended):
            export(Order(run, tmp_path / "ended", "onnx"), hears)
        assert [path.name for path in tmp_path.iterdir() if "whole" not in path.name] == []
