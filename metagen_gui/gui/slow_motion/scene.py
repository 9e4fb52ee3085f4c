"""What a lesson remembers of a toy: which it is, how it adapts, where θ is, whose arrows and surface are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import quoted

MOST_STEPS, LOWEST_RATE, HIGHEST_RATE = 5, 0.001, 1.0
TOYS = ("wave", "mode")


@dataclass(frozen=True)
class Scene:
    """A toy as it is seen. `drawn` are the algorithms whose arrows are, `current` the one whose surface is.

    None and "" stand for what is shown without being asked for: θ where it begins, all arrows, the first one's surface.
    """

    toy: str
    steps: int
    rate: float
    theta: tuple[float, float] | None = None
    drawn: tuple[str, ...] | None = None
    current: str = ""

    def document(self) -> dict[str, Any]:
        """Return it as JSON data."""
        lists = {"theta": self.theta, "drawn": self.drawn}
        told = {name: list(values) for name, values in lists.items() if values is not None}
        return {"toy": self.toy, "steps": self.steps, "rate": self.rate, **told, "current": self.current}

    @classmethod
    def from_document(cls, given: Mapping[str, Any], where: str) -> Scene:
        """Read what somebody wrote; raise `BadInput` that names what is wrong."""
        toy, steps, rate = (given.get(name) for name in ("toy", "steps", "rate"))
        theta, drawn, current = given.get("theta"), given.get("drawn"), given.get("current", "")
        if toy not in TOYS:
            raise BadInput(f"{where}.toy", f"{quoted(toy)} is not one of {', '.join(TOYS)}")
        if type(steps) is not int or not 1 <= steps <= MOST_STEPS:
            raise BadInput(f"{where}.steps", f"{quoted(steps)} is no number of 1 to {MOST_STEPS}")
        if not isinstance(rate, int | float) or type(rate) is bool or not LOWEST_RATE <= rate <= HIGHEST_RATE:
            raise BadInput(f"{where}.rate", f"{quoted(rate)} is no number of {LOWEST_RATE:g} to {HIGHEST_RATE:g}")
        if theta is not None and not (isinstance(theta, list) and len(theta) == 2 and all(map(_number, theta))):
            raise BadInput(f"{where}.theta", f"{quoted(theta)} is not two numbers")
        names = [*drawn, current] if isinstance(drawn, list) else [drawn or "", current]
        if isinstance(drawn, str) or not all(isinstance(one, str) for one in names):
            raise BadInput(f"{where}.drawn", "not a list of names")
        place = None if theta is None else (float(theta[0]), float(theta[1]))
        return cls(toy, steps, float(rate), place, None if drawn is None else tuple(drawn), str(current))


def _number(value: Any) -> bool:
    return type(value) in (int, float) and isfinite(value)
