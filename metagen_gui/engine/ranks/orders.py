"""What the first process tells the others to do: four numbers, the last three of which say how it stands."""

from __future__ import annotations

from typing import NamedTuple

STEP, CHANGE, TELL, END = range(4)
"""Take an outer step; take a new value of a setting, which follows; tell what is known of the data; end."""


class Order(NamedTuple):
    """One order, and the first process as it gives it: all others have to stand at the same outer step."""

    what: int
    meta_step: int
    chunk: int
    recompute: int
