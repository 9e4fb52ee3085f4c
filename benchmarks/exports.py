"""Export every algorithm × model in every format, read it back in another process, and tell how far it is off.

    python benchmarks/exports.py --models vae --browser

One Markdown row per pair and format: the largest difference |a − b| / (1 + |a|) between what was written and what was
read, kilobytes and seconds; or the sentence with which it is refused. Models are as small as those of the tests and
trained for two outer steps. The page holds the graph of `onnx-adaptation`, which is made once for both; with
`--browser` a Chromium opens it and adapts to 3 and to 10 examples, and its samples are compared with the desktop's.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.experiment import SECTIONS, Experiment
from metagen_gui.engine.exports import figures, writing
from metagen_gui.engine.exports.base import ADAPTED, Arrays, Format, Order, formats, formats_in_order
from metagen_gui.engine.exports.read_back import compare as compare_arrays
from metagen_gui.engine.graphs import adaptation
from metagen_gui.engine.graphs.functions import examples_for
from metagen_gui.engine.models.base import models
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.trained.export import initialization_of
from tests.engine.cells import PAIRS, home
from tests.engine.conftest import SMALL
from tests.engine.exports.browser import browser

TRAINED = {**SMALL, "meta_steps": 2}
OWN = adaptation.adaptation_file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="*", default=models.names())
    parser.add_argument("--algorithms", nargs="*", default=[])
    parser.add_argument("--formats", nargs="*", default=[each.name for each in formats_in_order()])
    parser.add_argument("--browser", action="store_true", help="open the page, too")
    given = parser.parse_args()
    use_threads()
    figures.TASKS = 2
    print("| algorithm | model | format | largest difference | kB | seconds |\n|---|---|---|---|---|---|", flush=True)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as other:

        def read_back(plugin: Format, at: Path, asked: Arrays) -> Arrays:
            found = other.submit(read, plugin.name, at, asked).result()
            if isinstance(found, str):
                raise BadInput(plugin.name, found)
            return found

        setattr(writing, "read_back", read_back)  # noqa: B010
        for algorithm, model in PAIRS:
            if model in given.models and (not given.algorithms or algorithm in given.algorithms):
                with tempfile.TemporaryDirectory() as folder:
                    for row in rows(algorithm, model, given.formats, Path(folder), given.browser):
                        print(f"| {algorithm} | {model} | {' | '.join(row)} |", flush=True)


def rows(algorithm: str, model: str, names: list[str], folder: Path, in_browser: bool) -> Iterator[list[str]]:
    """Train one pair and return a row per format."""
    run = folder / "run"
    list(meta_train(small(Experiment(home(model), model, algorithm)), out=run))
    adaptation.adaptation_file = made_once(OWN)
    for name in names:
        began, differences = time.perf_counter(), list[float]()
        setattr(writing, "compare", noting(differences))  # noqa: B010
        try:
            order = Order(run, folder / name, name, 0 if formats.get(name).takes == {ADAPTED} else None)
            place = writing.export(order).place
        except BadInput as refused:
            yield [name, str(refused), "", f"{time.perf_counter() - began:.1f}"]
            continue
        files = [file for file in place.rglob("*") if file.is_file()] or [place]
        size = sum(file.stat().st_size for file in files) / 1e3
        yield [name, f"{max(differences):.1e}", f"{size:,.0f}", f"{time.perf_counter() - began:.1f}"]
        if in_browser and name == "html":
            began = time.perf_counter()
            yield ["in Chromium", f"{shown(place, run, folder):.1e}", "", f"{time.perf_counter() - began:.1f}"]


def small(experiment: Experiment) -> Experiment:
    """Return an experiment that trains in a moment."""
    for section in SECTIONS:
        for name in experiment.config_type(section).model_fields.keys() & TRAINED.keys():
            experiment = experiment.with_value(f"{section}.{name}", TRAINED[name])
    return experiment


def made_once(own: Callable[..., Any]) -> Callable[..., Any]:
    """Return `adaptation_file` so that it makes the graph of one pair once, for all formats that hold it."""
    made: list[Any] = []

    def file(model: Any, steps: int | None = None) -> Any:
        made.extend([] if made else [own(model, steps)])
        return made[0]

    return file


def read(name: str, at: Path, given: Arrays) -> Arrays | str:
    """Read an export in the other process; return the sentence that tells why not where that fails."""
    try:
        return formats.get(name)().read(at, given)
    except Exception as error:  # of whatever library reads that format
        return f"what was written cannot be read back: {' '.join(str(error).split())}"


def noting(differences: list[float]) -> Callable[[Arrays, Arrays, float], str]:
    """Return what compares as every export does, and notes the largest difference."""

    def compare(expected: Arrays, found: Arrays, tolerance: float) -> str:
        differences.append(largest(expected, found))
        return compare_arrays(expected, found, tolerance)

    return compare


def largest(expected: Arrays, found: Arrays) -> float:
    pairs = [(np.asarray(expected[name], float), np.asarray(found.get(name, np.nan), float)) for name in expected]
    apart = (np.where(np.isnan(a) & np.isnan(b), 0.0, np.abs(a - b) / (1 + np.abs(a))) for a, b in pairs)
    return max((float(np.max(each, initial=0.0)) for each in apart), default=0.0)


def shown(page: Path, run: Path, folder: Path) -> float:
    """Return how far the samples that a browser makes are from those of the desktop."""
    learned, worst = initialization_of(run).model, 0.0
    with browser(folder / "browser") as seen:
        seen.open(page)
        for count in (3, 10):
            support = examples_for(learned, count)
            ask = f"metagen.adapt({json.dumps(support.flatten().tolist())}, {count})"
            numbers = seen.evaluate(f"metagen.ready.then(() => {ask}).then((found) => [...found.data])")
            found = np.array(numbers, np.float32).reshape(learned.algorithm.steps + 1, -1, *learned.spec.shape)
            adapted = learned.adapt(support).sample(found.shape[1]).numpy()
            worst = max(worst, largest({"samples": adapted}, {"samples": found[-1]}))
    return worst


if __name__ == "__main__":
    main()
