"""Who leads while a race goes on: by the validation tasks, which are the same for all lanes, task by task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from metagen_gui.engine.held_out.pairs import objection_to
from metagen_gui.engine.held_out.summaries import difference, summarize
from metagen_gui.engine.races.events import LaneLooked, Led
from metagen_gui.engine.races.looks import Look
from metagen_gui.engine.races.race import LOOKS, Race
from metagen_gui.engine.races.verdict import is_clear_lead
from metagen_gui.engine.statistics import Values


def looked(lane: int, look: Look) -> LaneLooked:
    """Return what a lane has come to on the validation tasks, over those that have not diverged."""
    losses = np.array(look.losses)
    seen = summarize(losses[np.isfinite(losses)])
    return LaneLooked(lane, look.meta_step, look.seconds, seen.mean, seen.interval)


class Leading:
    """Hears what lanes score, by how often they were looked at; says who leads where all of them were as often."""

    def __init__(self, race: Race) -> None:
        self.names = [lane.name for lane in race.lanes]
        first = race.lanes[0].experiment
        objections = (objection_to(lane.experiment, first) for lane in race.lanes[1:])
        self.objection = next(filter(None, objections), "")
        self._seen: dict[int, dict[int, Values]] = {}
        self._told = -1

    def hear(self, lane: int, number: int, look: Look) -> None:
        """Take the look of a `number` at a lane."""
        self._seen.setdefault(number, {})[lane] = np.array(look.losses)

    def news(self, racing: Sequence[int]) -> Led | None:
        """Return who leads at the newest look that all who are still `racing` have had, None if that was told.

        The first look is at what nobody has trained yet.
        """
        common = [number for number, seen in self._seen.items() if number and {*racing} <= {*seen} and len(seen) > 1]
        if self.objection or max(common, default=-1) <= self._told:
            return None
        self._told = max(common)
        return self._led(self._seen[self._told], min(1.0, self._told / LOOKS))

    def silence(self) -> Led | None:
        """Return why nobody can be told to lead, or None where somebody can."""
        why = f"Who leads cannot be told from losses: {self.objection}. Samples decide at the end."
        return Led(None, why) if self.objection else None

    def _led(self, seen: Mapping[int, Values], share: float) -> Led:
        means = {lane: float(losses.mean()) for lane, losses in seen.items()}
        finite = [lane for lane in means if np.isfinite(means[lane])]
        if not finite:
            return Led(None, "Nobody leads: no lane's validation loss is finite.")
        first, *others = sorted(finite, key=lambda lane: means[lane])
        if not others:
            return Led(first, f"{self.names[first]} leads: no other lane's validation loss is finite.")
        behind = {lane: difference(seen[lane], seen[first]) for lane in others}
        second, name = others[0], self.names[first]
        lead = f"{behind[second].mean:.3g} ± {behind[second].interval:.2g}"
        clear = all(map(is_clear_lead, behind.values()))
        over = f"{name} leads {self.names[second]} by {lead} on {len(seen[first]):,} validation tasks"
        far = f"{over}, {round(100 * share)} % into the race"
        return Led(first, f"{far}: {'a clear lead' if clear else 'that may be chance'}.", clear)
