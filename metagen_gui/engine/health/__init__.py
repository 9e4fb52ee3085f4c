"""The health of a run, watched from its reports alone: what goes wrong, since when, and what may help.

Each file beside this one watches for one illness. Nothing here touches the run, so that looking never changes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from metagen_gui.engine.events import Alarm, Event, SettingChanged
from metagen_gui.engine.health.base import Detector, detectors
from metagen_gui.engine.health.remedies import Advice
from metagen_gui.engine.health.signs import Signs
from metagen_gui.engine.settings.plain_text import printable, quoted

__all__ = ["Detector", "Health", "detectors"]


class Health:
    """Hears every event of a run and says when something goes wrong, and when it is over.

    A detector that raises is left out from then on: what watches a run must not end it.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        remedies: Sequence[Mapping[str, Advice]] = (),
        signs: Mapping[str, Signs] | None = None,
    ) -> None:
        """`settings` holds the value of every setting by its path, as `training.outer_lr`.

        `remedies` and `signs` are what the plugins of the run declare, by the illness, in the order they are offered.
        """
        self.settings = dict(settings)
        self.news: list[str] = []
        """Sentences on what was left out, for whoever tells them to take."""
        self.detectors: dict[str, Detector] = {}
        for name, detector in detectors.items():
            with self._sparing(name):
                self.detectors[name] = detector()
                self.detectors[name].advice = tuple(each[name] for each in remedies if name in each)
                self.detectors[name].signs = (signs or {}).get(name)

    def watch(self, event: Event) -> list[Alarm]:
        """Return the alarms that `event` raises, and with `over` those that it ends."""
        if isinstance(event, SettingChanged):
            self.settings[event.path] = event.value
        found = []
        for name, detector in tuple(self.detectors.items()):
            standing = getattr(detector, "raised", None)
            with self._sparing(name):
                if (alarm := detector.watch(event, self.settings)) is not None:
                    json.dumps(asdict(alarm))  # it is written down, and kept with the run
                    found.append(alarm)
            if name not in self.detectors and isinstance(standing, Alarm):  # or nobody would end it
                found.append(replace(standing, over=True))
        return found

    def standing(self) -> list[Alarm]:
        """Return the alarms that are not over: what a resumed run tells first."""
        return [detector.raised for detector in self.detectors.values() if detector.raised is not None]

    def state(self) -> dict[str, Any]:
        """Return all that is remembered, for JSON."""
        states: dict[str, Any] = {}
        for name, detector in tuple(self.detectors.items()):
            with self._sparing(name):
                state = detector.state()
                json.dumps(state)
                states[name] = state
        return states

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        for name, detector in tuple(self.detectors.items()):
            if name in state:
                with self._sparing(name):
                    detector.restore(state[name])

    @contextmanager
    def _sparing(self, name: str) -> Iterator[None]:
        """Leave a detector out that raises, whatever it is."""
        try:
            yield
        except Exception as error:
            self.detectors.pop(name, None)
            why = printable(f"{type(error).__name__}: {error}")
            self.news.append(f"The health check {quoted(name)} broke and is left out of this run: {why}")
