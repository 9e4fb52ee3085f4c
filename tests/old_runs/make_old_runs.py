"""Writes old_runs.zip: small runs and exports as this version leaves them, for later versions to open.

    python tests/old_runs/make_old_runs.py

Only the command line makes them, which stays when modules move. Made anew, the zip no longer shows anything about the
versions before: run this only where a newer one gives other numbers on purpose.

    CELL/run                               a whole run with its last checkpoint
    CELL/interrupted                       the same run as a kill leaves it one step after a checkpoint half way
    CELL/runs.json, evaluation.json        what `metagen runs` and `metagen evaluate` say of it
    CELL/exports/NAME                      the initialization, and the model adapted to a task and to images
    CELL/exports/NAME.py, samples.json     the lines of Python that an export comes with, and what they sample
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from metagen_gui.cli import main

ZIP = Path(__file__).with_name("old_runs.zip")
FAMILIES = {"vae": "densities", "gan": "gaussians", "curve": "sinusoids"}
ALGORITHMS = ("maml", "fomaml", "maml_pp", "anil", "cavia", "imaml", "meta_sgd", "reptile", "leo")
CELLS = [
    (tasks, model, algorithm)
    for model, tasks in FAMILIES.items()
    for algorithm in ALGORITHMS
    if (model, algorithm) != ("gan", "imaml")  # implicit gradients are of one player
] + [("strokes", "vae", "maml"), ("strokes", "gan", "reptile")]
REPLAYED = {
    "densities-vae-maml",
    "gaussians-gan-reptile",
    "sinusoids-curve-maml",
    "sinusoids-curve-meta_sgd",
    "strokes-vae-maml",
}
"""Cells long enough for steps to be recorded and replayed, from the sixth on; that takes longer than a few steps."""
LONG, SHORT = 8, 4
DRAWN = {"maml", "strokes-gan-reptile"}
"""Algorithms and cells whose last samples are kept: they are most of a run's bytes."""
SMALL: dict[str, dict[str, Any]] = {
    "tasks": {"size": 16},
    "model": {"width": 4, "depth": 1, "latent_size": 2, "context_size": 2},
    "algorithm": {"adaptation_steps": 2, "fine_tuning_steps": 1, "code_size": 2, "code_hidden": 2},
    "training": {
        "meta_batch_size": 2,
        "shots": 3,
        "query_size": 4,
        "validate_every": 4,
        "validation_tasks": 2,
        "preview_tasks": 1,
        "preview_samples": 2,
        "seed": 7,
        "device": "cpu",
    },
}
MORE: dict[str, dict[str, Any]] = {
    "densities-vae-maml": {"training.factored": "always"},
    "densities-vae-fomaml": {"algorithm.learned_rates": "per_layer"},
    "densities-vae-anil": {"training.warmup_steps": 2},
    "densities-vae-imaml": {"algorithm.conjugate_steps": 1},
    "densities-vae-reptile": {"algorithm.inner_state": "carried"},
    "gaussians-gan-maml": {"model.loss": "wgan_gp", "algorithm.adaptation_steps": 1},
    "gaussians-gan-fomaml": {"algorithm.adaptation_steps": 1, "model.loss": "hinge"},
    "gaussians-gan-maml_pp": {"algorithm.adaptation_steps": 1},
    "gaussians-gan-anil": {"algorithm.adaptation_steps": 1},
    "gaussians-gan-cavia": {"algorithm.adaptation_steps": 1},
    "gaussians-gan-meta_sgd": {"algorithm.adaptation_steps": 1},
    "gaussians-gan-leo": {"algorithm.adaptation_steps": 1, "algorithm.fine_tuning_steps": 0},
    "gaussians-gan-reptile": {"algorithm.inner_optimizer": "sgd", "algorithm.adaptation_steps": 1},
    "sinusoids-curve-maml": {"training.outer_optimizer": "sgd", "training.lr_schedule": "linear"},
    "sinusoids-curve-imaml": {"algorithm.conjugate_steps": 1},
    "strokes-vae-maml": {"training.ramp_steps": 3},
}
"""Settings that leave something of their own in a run, or make a dear one cheaper."""
SAMPLES = 4
"""How many samples of an export are kept."""
EPOCH = (2000, 1, 1, 0, 0, 0)


def metagen(*words: str) -> str:
    """Run the command in this process, which saves its start; return what it prints."""
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()) as said:
            main(words)
    except SystemExit as end:
        if end.code:
            sys.exit(f"metagen {' '.join(words)}: {said.getvalue()}")
    return out.getvalue()


def settings_there_are() -> dict[str, set[str]]:
    """Return the names of the settings of every plugin, and of training."""
    listed = json.loads(metagen("plugins", "--json"))
    plugins = [plugin for section in ("tasks", "model", "algorithm") for plugin in listed[section]]
    there = {plugin["name"]: {setting["name"] for setting in plugin["settings"]} for plugin in plugins}
    return {**there, "training": {setting["name"] for setting in listed["training"]}}


def train(cell: tuple[str, str, str], there: dict[str, set[str]]) -> None:
    """Train a cell as `run` in the present folder."""
    tasks, model, algorithm = cell
    name = "-".join(cell)
    chosen: dict[str, Any] = {"tasks.name": tasks, "model.name": model, "algorithm.name": algorithm}
    for section, plugin in (("tasks", tasks), ("model", model), ("algorithm", algorithm), ("training", "training")):
        chosen |= {f"{section}.{key}": value for key, value in SMALL[section].items() if key in there[plugin]}
    last = LONG if name in REPLAYED else SHORT
    chosen |= {"training.meta_steps": last, "training.checkpoint_steps": last // 2}
    chosen |= {"training.replay": str(name in REPLAYED).lower(), **MORE.get(name, {})}
    metagen("train", *(word for key, value in chosen.items() for word in ("--set", f"{key}={value}")), "--out", "run")


def split(run: Path, interrupted: Path, last: int, *, drawn: bool) -> None:
    """Leave one checkpoint in a whole run, and make the run that a kill one step after that half way had left."""
    half = last // 2
    shutil.copytree(run, interrupted)
    for folder, kept in ((run, last), (interrupted, half)):
        for part in ("checkpoints", "samples"):
            for file in (folder / part).iterdir():
                if not file.name.startswith(f"step-{kept:08d}") or (part == "samples" and not drawn):
                    file.unlink()
        for leftover in folder.glob("run.lock*"):
            leftover.unlink()
    cut(interrupted / "metrics.csv", half + 1, lambda line: int(line.partition(",")[0].replace("meta_step", "0")))
    cut(interrupted / "events.jsonl", half + 1, lambda line: json.loads(line)["meta_step"])
    state = json.loads((interrupted / "state.json").read_text())
    progress = json.loads((interrupted / f"checkpoints/step-{half:08d}.json").read_text())["progress"]
    state |= {"state": "running", "meta_step": half, **{key: progress[key] for key in ("seconds", "best", "best_step")}}
    (interrupted / "state.json").write_text(json.dumps(state, indent=2))


def cut(file: Path, last: int, step_of: Callable[[str], int]) -> None:
    """Leave the lines of a file up to those of a step."""
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if step_of(line) <= last))


def export(name: str, *words: str) -> list[Any]:
    """Export the run as folder `name`, keep the lines that load it as `name.py`, and return what they sample."""
    printed = metagen("export", "run", "--to", name, *words)
    code = printed.partition("\n\n")[2].replace(repr(str(Path(name).resolve())), repr(name))
    Path(f"{name}.py").write_text(code)
    found: dict[str, Any] = {}
    exec(code, found)
    samples: list[Any] = found["samples"][:SAMPLES].tolist()
    return samples


def draw_images(folder: Path) -> None:
    """Write three gray images with a bright bar each."""
    folder.mkdir()
    for number in range(3):
        rows = bytes(230 if 5 + number <= row < 8 + number else 10 for row in range(16) for _ in range(16))
        (folder / f"{number}.pgm").write_bytes(b"P5 16 16 255\n" + rows)


def make(cell: tuple[str, str, str], there: dict[str, set[str]]) -> None:
    """Write everything of one cell into the present folder."""
    train(cell, there)
    name = "-".join(cell)
    last = LONG if name in REPLAYED else SHORT
    split(Path("run"), Path("interrupted"), last, drawn=bool({cell[-1], name} & DRAWN))
    Path("runs.json").write_text(metagen("runs", ".", "--json"))
    Path("evaluation.json").write_text(metagen("evaluate", "run", "--json", "--tasks", "5"))
    ways: dict[str, tuple[str, ...]] = {"initialization": (), "by_task": ("--task", "1")}
    if cell[0] == "strokes":
        draw_images(Path("images"))
        ways["by_images"] = ("--images", "images", "--steps", "1")
    samples = {name: export(f"exports/{name}", *words) for name, words in ways.items()}
    Path("samples.json").write_text(json.dumps(samples))


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Work in a new folder, so that no path of this machine is recorded."""
    folder.mkdir()
    with contextlib.chdir(folder):
        yield


def pack(folder: Path) -> None:
    """Write all files of a folder into the zip, dated alike."""
    with zipfile.ZipFile(ZIP, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                info = zipfile.ZipInfo(file.relative_to(folder).as_posix(), EPOCH)
                archive.writestr(info, file.read_bytes(), zipfile.ZIP_DEFLATED, 9)
            elif not any(file.iterdir()):
                archive.writestr(zipfile.ZipInfo(f"{file.relative_to(folder).as_posix()}/", EPOCH), b"")


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"  # last digits depend on it
    there = settings_there_are()
    with tempfile.TemporaryDirectory() as place:
        for cell in CELLS:
            with inside(Path(place) / "-".join(cell)):
                make(cell, there)
            print("-".join(cell))
        pack(Path(place))
    print(f"{ZIP.stat().st_size / 1e3:,.0f} kB")
