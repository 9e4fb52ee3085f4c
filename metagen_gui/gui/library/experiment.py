"""The experiment that a run follows at one of its steps: as it was begun, with the settings changed until then."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from metagen_gui.engine.settings.bad_input import BadInput

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment

EVENTS = "events.jsonl"
MOST_BYTES = 16_000_000


def experiment_at(kind: type[Experiment], folder: Path, meta_step: int) -> Experiment:
    """Return the experiment of the run in `folder` as it stood at `meta_step`; raise `BadInput` if it cannot be read.

    Changes that cannot be read are left out.
    """
    from metagen_gui.engine.files import read_file  # the engine is here by now; the painted window did without it

    experiment = kind.load(folder)
    with suppress(OSError):
        for line in read_file(folder / EVENTS, MOST_BYTES).splitlines():
            with suppress(ValueError, TypeError, KeyError, RecursionError, BadInput):
                event = json.loads(line)
                if event["event"] == "setting" and event["meta_step"] <= meta_step:
                    experiment = experiment.with_value(str(event["path"]), event["value"])
    return experiment
