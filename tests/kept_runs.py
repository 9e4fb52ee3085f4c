"""Runs on disk as the engine leaves them, made in a moment: for the tests of what shows them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.store.record import RunRecord, write_record

COLUMNS = (
    "train/query_loss/model",
    "train/diverged",
    *(f"validation/{kind}/model/{step}" for kind in ("query_loss", "support_loss") for step in range(3)),
)


def keep_run(
    root: Path,
    name: str,
    *,
    steps: int = 100,
    meta_steps: int = 200,
    validate_every: int = 20,
    checkpoints: tuple[int, ...] = (50, 100),
    level: float = 1.0,
    settings: dict[str, Any] | None = None,
    events: tuple[dict[str, Any], ...] = (),
    **record: Any,
) -> Path:
    """Make the folder of a run that has taken `steps`; its losses fall from twice `level` towards it."""
    folder = root / name
    (folder / "checkpoints").mkdir(parents=True)
    experiment = Experiment()
    for path, value in (settings or {}).items():
        experiment = experiment.with_value(path, value)
    (folder / "experiment.json").write_text(experiment.to_json(complete=True), encoding="utf-8")
    rows = [",".join(("meta_step", "seconds", *COLUMNS))]
    for step in range(steps + 1):
        loss = level * (1 + 10 / (10 + step))
        if step:
            rows.append(f"{step},{step * 0.1:.3f},{loss},0,,,,,,")
        if step % validate_every == 0:
            rows.append(f"{step},{step * 0.1:.3f},,,{2 * loss},{1.5 * loss},{loss},{loss},{loss},{loss / 2}")
    (folder / "metrics.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    for step in checkpoints:
        stem = folder / "checkpoints" / f"step-{step:08d}"
        stem.with_suffix(".safetensors").write_bytes(b"")
        manifest = {"meta_step": step, "file": f"{stem.name}.safetensors", "optimizer": {}}
        stem.with_suffix(".json").write_text(json.dumps(manifest), encoding="utf-8")
    known = {"state": "stopped", "meta_step": steps, "meta_steps": meta_steps, "seconds": steps * 0.1, **record}
    write_record(folder, RunRecord(**known))
    return folder
