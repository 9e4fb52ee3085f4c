"""What a run has reported, as event files of TensorBoard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from metagen_gui.engine.exports.base import INITIALIZATION, Arrays, Format, Order, Written, formats
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import as_word

if TYPE_CHECKING:
    from metagen_gui.engine.trained.export import Learned

HEAD, TAIL = 12, 4
"""Bytes around a record: its length and the check of that before it, and its own check behind it."""


@formats.register("tensorboard")
class TensorBoardEvents(Format):
    """The folder that `metagen publish --to tensorboard` writes, as an export."""

    title = "TensorBoard events"
    summary = "Curves, samples and settings of the run for TensorBoard and whatever else reads its files."
    takes = frozenset({INITIALIZATION})
    of_run = True
    needs = ("tensorboardX",)
    extra = "publish"
    place = 63

    def write(self, learned: Learned, order: Order, to: Path) -> Written:
        """Write one file."""
        from metagen_gui.engine.exports.published.base import reports_of
        from metagen_gui.engine.exports.published.tensorboard import write_events

        reports = reports_of(learned.run.folder)
        write_events(reports, to)
        told = [(step, value) for step, _, values in reports.rows() for value in values.values()]
        pictures = np.array([step for step, _ in reports.sheets()])
        return Written({"scalars": np.array(told, np.float32).reshape(-1, 2), "pictures": pictures})

    def read(self, at: Path, given: Arrays) -> Arrays:
        """Return every scalar with its step, and the steps of pictures."""
        told, pictures = list[tuple[float, float]](), list[int]()
        for step, tag, value in read_events(at):
            if value is not None:
                told.append((step, value))
            elif tag == "samples":
                pictures.append(step)
        return {"scalars": np.array(told, np.float32).reshape(-1, 2), "pictures": np.array(pictures)}

    def code(self, learned: Learned, place: Path) -> str:
        """Return the command that shows it."""
        return f"tensorboard --logdir {as_word(place)}\n"


def read_events(folder: Path) -> list[tuple[int, str, float | None]]:
    """Return step, tag and, of scalars, the value of everything in the event files of a folder."""
    from tensorboardX.crc32c import crc32c
    from tensorboardX.proto.event_pb2 import Event

    found, files = list[tuple[int, str, float | None]](), sorted(folder.glob("events.out.tfevents.*"))
    if not files:
        raise BadInput(str(folder), "holds no events")
    for path in files:
        data, at = path.read_bytes(), 0
        while at < len(data):
            length = int.from_bytes(data[at : at + 8], "little")
            body = data[at + HEAD : at + HEAD + length]
            check = int.from_bytes(data[at + HEAD + length : at + HEAD + length + TAIL], "little")
            if len(body) != length or _masked(crc32c(body)) != check:
                raise BadInput(str(path), "damaged: a record is not what its check says")
            event = Event.FromString(body)
            for value in event.summary.value:
                scalar = float(value.simple_value) if value.HasField("simple_value") else None
                found.append((event.step, value.tag, scalar))
            at += HEAD + length + TAIL
    return found


def _masked(check: int) -> int:
    """Return a check as TensorFlow writes it."""
    return (((check >> 15) | (check << 17)) + 0xA282EAD8) & 0xFFFFFFFF
