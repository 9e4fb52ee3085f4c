"""Ten outer steps of small experiments on every device, compared with what they gave where they were first taken.

Each file of `resources/ten_steps` holds an experiment and, by player, its ten losses; `python -m
metagen_gui.engine.doctor.ten_steps` takes them anew, which says nothing about other computers any more.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from metagen_gui.engine.doctor.findings import Line
from metagen_gui.engine.resources import resources_folder

TOLERANCE: Mapping[str, float] = {"float32": 1e-4, "mixed": 2e-2}
"""How far losses may be off, of 1 or of their size, by `training.precision`: kernels of other processors add up in
another order, and a bfloat16 has 8 bits of a fraction."""
STEPS = 10
Losses = dict[str, list[float]]


def look(folder: Path) -> Iterator[Line]:
    """Train in `folder`, where the runs on the CPU stay for who exports them."""
    from metagen_gui.engine.devices import devices

    stored = sorted((resources_folder() / "ten_steps").glob("*.json"))
    if not stored:
        yield Line("problem", "The digits to compare with are missing.", "Install the program again.")
    for path in stored:
        document = json.loads(path.read_text(encoding="utf-8"))
        for device in devices():
            yield _compared(path.stem, document, device.id, folder / f"{path.stem}-{device.id.replace(':', '-')}")


def _compared(name: str, document: dict[str, Any], device: str, run: Path) -> Line:
    began = time.perf_counter()
    losses = train(document["experiment"], device, run)
    took = time.perf_counter() - began
    tolerance = TOLERANCE[document["experiment"]["training"].get("precision", "float32")]
    off = difference(losses, document["losses"])
    about = f"{name} on {device}, {took:.1f} s"
    if off == 0:
        return Line("ok", f"{about}: equal to the last digit")
    if off <= tolerance:
        return Line("ok", f"{about}: within {tolerance:g} (off by {off:.1g}), as on other processors")
    advice = f"Do not trust what is trained on {device} here; put this text into a report."
    return Line("problem", f"{about}: differs by {off:.2g}, where {tolerance:g} may be", advice)


def difference(losses: Losses, stored: Losses) -> float:
    """Return by how much losses are off at most, of 1 or of their size; infinity where they do not compare."""
    if {player: len(values) for player, values in losses.items()} != {name: len(them) for name, them in stored.items()}:
        return math.inf
    pairs = [pair for player, values in losses.items() for pair in zip(values, stored[player], strict=True)]
    apart = [abs(one - other) / max(1.0, abs(other)) for one, other in pairs]
    return math.inf if any(math.isnan(one) for one in apart) else max(apart)


def train(document: dict[str, Any], device: str, run: Path) -> Losses:
    """Return the losses of ten outer steps by player, from a run in the new folder `run`, with one thread."""
    import torch

    from metagen_gui.engine.devices import use_threads
    from metagen_gui.engine.events import StepReport
    from metagen_gui.engine.experiment import Experiment
    from metagen_gui.engine.run.outer_loop import meta_train

    experiment = Experiment.from_document(document).with_value("training.device", device)
    losses: Losses = {}
    threads = torch.get_num_threads()
    use_threads(1)  # the order of sums depends on it
    try:
        for event in meta_train(experiment.with_value("training.meta_steps", STEPS), out=run):
            if isinstance(event, StepReport):
                for player, loss in event.query_loss.items():
                    losses.setdefault(player, []).append(loss)
    finally:
        torch.set_num_threads(threads)
    return losses


def _take_anew() -> None:
    import tempfile

    for path in sorted((resources_folder() / "ten_steps").glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as folder:
            document["losses"] = train(document["experiment"], "cpu", Path(folder) / "run")
        path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _take_anew()
