"""What all watchers of a run share: an alarm is raised once, and ends when its cause has gone for a while."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Literal

from metagen_gui.engine.events import Alarm, Event, Remedy
from metagen_gui.engine.health.remedies import Advice
from metagen_gui.engine.health.signs import Signs
from metagen_gui.engine.settings.registry import Registry


@dataclass(frozen=True)
class Finding:
    """What one event shows: the run is ill, well, or between the two, where nothing is raised and nothing ends."""

    state: Literal["ill", "between", "well"]
    text: str = ""
    """One plain sentence with the numbers; for what is ill."""
    remedies: tuple[Remedy, ...] = ()
    began: int | None = None
    """The outer step it began at, where that is not the step of the first event that was ill."""


DECLARED = ("advice", "signs")
"""Attributes that are told to a detector, and not remembered."""


class Detector(ABC):
    """Watches for one illness. Subclass, set the class attributes, implement `look`, `@detectors.register(NAME)`.

    What it remembers are plain attributes that JSON can hold. Lists among them are replaced and never changed, so that
    a state once taken stays as it was.
    """

    name: ClassVar[str]
    """What it is registered as, and the `kind` of its alarms."""
    title: ClassVar[str]
    """What the illness is called."""
    summary: ClassVar[str]
    reference: ClassVar[str] = ""
    patience: ClassVar[int] = 1
    """Findings of illness in a row before the alarm."""
    recovery: ClassVar[int] = 1
    """Findings of health in a row before it is over."""

    advice: Sequence[Advice] = ()
    """What the plugins of the run declare to help against it; of the tasks first. Not remembered."""
    signs: Signs | None = None
    """What the model declares that it shows by. Not remembered."""

    def __init__(self) -> None:
        self.began: int | None = None
        self.ill = self.well = 0
        self.raised: Alarm | None = None

    @abstractmethod
    def look(self, event: Event, settings: Mapping[str, Any]) -> Finding | None:
        """Return what `event` shows, None for one that shows nothing. `settings` holds every setting by its path."""

    def advised(self, settings: Mapping[str, Any]) -> tuple[Remedy, ...]:
        """Return what the plugins of the run declare to help, as far as `settings` have it."""
        return tuple(remedy for each in self.advice for remedy in each(settings))

    def watch(self, event: Event, settings: Mapping[str, Any]) -> Alarm | None:
        """Return the alarm that `event` raises or ends, if it does."""
        finding = self.look(event, settings)
        if finding is None:
            return None
        if finding.state == "ill":
            return self._fall_ill(finding, getattr(event, "meta_step", 0))
        self.ill, self.began = 0, None
        self.well = self.well + 1 if finding.state == "well" else 0
        if self.raised is None or self.well < self.recovery:
            return None
        over, self.raised = replace(self.raised, over=True), None
        return over

    def _fall_ill(self, finding: Finding, step: int) -> Alarm | None:
        self.well = 0
        self.ill += 1
        if self.began is None:
            self.began = step if finding.began is None else finding.began
        if self.raised is not None or self.ill < self.patience:
            return None
        self.raised = Alarm(self.began, self.name, finding.text, finding.remedies, title=self.title)
        return self.raised

    def state(self) -> dict[str, Any]:
        """Return all that is remembered, for JSON."""
        kept = {name: value for name, value in vars(self).items() if name not in DECLARED}
        return {**kept, "raised": asdict(self.raised) if self.raised else None}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` returned; what this version does not know, or would not write, is left out."""
        for name in vars(self).keys() & state.keys() - {"raised", *DECLARED}:
            if _alike(state[name], getattr(self, name)):
                setattr(self, name, state[name])
        with suppress(TypeError, KeyError, ValueError):
            given = state["raised"]
            remedies = tuple(Remedy(str(r["label"]), str(r["path"]), r["value"]) for r in given["remedies"])
            self.raised = Alarm(int(given["meta_step"]), self.name, str(given["text"]), remedies, title=self.title)


detectors: Registry[Detector] = Registry(
    "health", "metagen_gui.engine.health", Detector, "What is watched for in a run"
)


def _alike(given: Any, own: Any) -> bool:
    """Return whether a value from a file may take the place of a detector's own."""
    if isinstance(own, str):
        return isinstance(given, str)
    if isinstance(own, list):
        return isinstance(given, list) and all(map(_is_number, given))
    return _is_number(given) or (own is None and given is None)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))
