"""MLflow: a run in the experiment `metagen`, on a server or in a folder."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from metagen_gui.engine.exports.published.base import Publisher, Reports, publishers

EXPERIMENT = "metagen"
METRICS_AT_ONCE, SETTINGS_AT_ONCE, LONGEST_SETTING = 1_000, 100, 6_000
"""What MLflow takes in one call, and of a setting."""


@publishers.register("mlflow")
class Mlflow(Publisher):
    """`at` is a tracking URI."""

    title = "MLflow"
    summary = "A run in MLflow's store: figures, settings, samples and the run's own files; --at is its tracking URI."
    needs = ("mlflow",)

    def publish(self, reports: Reports, at: str) -> str:
        """Log everything to a new run."""
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nobody asked for what else it would send
        os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")  # for one machine a folder will do
        from mlflow.entities import Metric, Param
        from mlflow.tracking import MlflowClient
        from PIL import Image

        client = MlflowClient(tracking_uri=at or None)
        found = client.get_experiment_by_name(EXPERIMENT)
        experiment = found.experiment_id if found else client.create_experiment(EXPERIMENT)
        began = round(reports.began * 1000)
        run = client.create_run(experiment, start_time=began, run_name=reports.name).info.run_id
        rows, last = [*reports.rows()], began
        metrics = [
            Metric(_name(name), value, round(seconds * 1000), step)
            for step, seconds, values in rows
            for name, value in values.items()
        ]
        for some in _parts(metrics, METRICS_AT_ONCE):
            client.log_batch(run, metrics=some)
        settings = [Param(name, str(value)[:LONGEST_SETTING]) for name, value in reports.settings.items()]
        for some in _parts(settings, SETTINGS_AT_ONCE):
            client.log_batch(run, params=some)
        with tempfile.TemporaryDirectory() as folder:
            for step, frame in reports.sheets():
                Image.fromarray(frame).save(Path(folder) / f"samples-{step:08d}.png")
            client.log_artifacts(run, folder, "samples")
        for name in ("experiment.json", "metrics.csv"):
            client.log_artifact(run, str(reports.folder / name))
        if rows:
            last = round(rows[-1][1] * 1000)
        client.set_terminated(run, "FINISHED", last)
        return f"{reports.name}: run {run} in MLflow's experiment {EXPERIMENT}" + (f" at {at}" if at else "")


def _name(text: str) -> str:
    """Return a name that MLflow takes for a figure."""
    return re.sub(r"[^\w\-. /]", "_", text)


def _parts(items: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [items[at : at + size] for at in range(0, len(items), size)]
