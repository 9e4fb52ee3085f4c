"""Where each of several processes computes: on the cores of the CPU that are its own, or on a GPU of its own."""

from __future__ import annotations

import torch

from metagen_gui.engine.devices import choose_device
from metagen_gui.engine.ranks.place import Place
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import quoted


def device_at(place: Place, wanted: str) -> torch.device:
    """Return where the process at `place` computes; raise `BadInput` if it cannot.

    `auto` is a GPU each where there is one at all, otherwise the CPU.
    """
    if wanted not in ("auto", "cpu", "cuda"):
        choose_device(wanted)
        why = f"{quoted(wanted)} is one device; several processes take auto, cuda (a GPU each) or cpu"
        raise BadInput("training.device", why)
    there = torch.cuda.device_count()
    if wanted == "cpu" or (wanted == "auto" and not there):
        return torch.device("cpu")
    choose_device(wanted)
    if place.here > there:
        why = f"{place.here} processes need a GPU each and there are {there}; take {there}, or the device cpu"
        raise BadInput("training.processes", why)
    return torch.device(f"cuda:{place.local}")
