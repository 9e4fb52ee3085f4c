"""TensorBoard: its event files, written by tensorboardX."""

from __future__ import annotations

import json
from pathlib import Path

from metagen_gui.engine.exports.published.base import Publisher, Reports, publishers
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import as_word
from metagen_gui.engine.store.names import exports_folder
from metagen_gui.engine.trained.in_place import refusals


@publishers.register("tensorboard")
class TensorBoard(Publisher):
    """A folder, for `tensorboard --logdir`."""

    title = "TensorBoard"
    summary = "Event files in a folder of their own: curves, samples and settings."
    needs = ("tensorboardX",)

    def publish(self, reports: Reports, at: str) -> str:
        """Write them into the folder `at`, which is new or empty."""
        to = Path(at).expanduser() if at else exports_folder() / "tensorboard" / reports.folder.name
        with refusals(to):
            if to.exists() and (not to.is_dir() or any(to.iterdir())):
                raise BadInput(str(to), "is there already; name a new folder by --at")
            write_events(reports, to)
        return f"{reports.name}: see it with tensorboard --logdir {as_word(to)}"


def write_events(reports: Reports, to: Path) -> None:
    """Write everything that a run has reported as one file of events into the folder `to`."""
    from tensorboardX import SummaryWriter

    with SummaryWriter(str(to), filename_suffix=".metagen") as writer:
        for step, at, values in reports.rows():
            for name, value in values.items():
                writer.add_scalar(name, value, step, walltime=at)
        for step, frame in reports.sheets():
            writer.add_image("samples", frame, step, walltime=reports.began, dataformats="HWC")
        told = json.dumps(reports.settings, indent=2, ensure_ascii=False)
        writer.add_text("settings", "\n".join(f"    {line}" for line in told.splitlines()), 0, walltime=reports.began)
