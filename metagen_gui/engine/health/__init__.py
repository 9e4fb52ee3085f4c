"""The health of a run, watched from its reports alone: what goes wrong, since when, and what may help.

Each file beside this one watches for one illness. Nothing here touches the run, so that looking never changes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metagen_gui.engine.events import Alarm, Event, SettingChanged
from metagen_gui.engine.health.base import Detector, detectors

__all__ = ["Detector", "Health", "detectors"]


class Health:
    """Hears every event of a run and says when something goes wrong, and when it is over."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """`settings` holds the value of every setting by its path, as `training.outer_lr`."""
        self.settings = dict(settings)
        self.detectors = tuple(detector() for _, detector in detectors.items())

    def watch(self, event: Event) -> list[Alarm]:
        """Return the alarms that `event` raises, and with `over` those that it ends."""
        if isinstance(event, SettingChanged):
            self.settings[event.path] = event.value
        found = [detector.watch(event, self.settings) for detector in self.detectors]
        return [alarm for alarm in found if alarm is not None]

    def standing(self) -> list[Alarm]:
        """Return the alarms that are not over: what a resumed run tells first."""
        return [detector.raised for detector in self.detectors if detector.raised is not None]

    def state(self) -> dict[str, Any]:
        """Return all that is remembered, for JSON."""
        return {detector.name: detector.state() for detector in self.detectors}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        for detector in self.detectors:
            if detector.name in state:
                detector.restore(state[detector.name])
