"""What remedies are called in the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from metagen_gui.engine.events import Remedy
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.form.words import setting_at, show_value

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment


@dataclass(frozen=True)
class RemedyWords:
    """How a remedy is offered, and what is said once it was taken."""

    label: str
    tip: str
    done: str = ""
    possible: bool = True
    """Whether there is such a setting, and it does not hold the value already."""


def remedy_words(remedy: Remedy, experiment: Experiment, *, running: bool) -> RemedyWords:
    """Return the words for a remedy; `running`: whether a run could hear of it."""
    setting = setting_at(experiment, remedy.path)
    if setting is None:
        return RemedyWords(translated(remedy.label), _tr("This experiment has no such setting"), possible=False)
    section, _, name = remedy.path.partition(".")
    before = experiment.values.get(section, {}).get(name, setting.default)
    value = show_value(setting, remedy.value)
    label = f"{translated(remedy.label)}: {value}"
    if before == remedy.value:
        return RemedyWords(
            label, _tr("{setting} is {value} already").format(setting=setting.label, value=value), possible=False
        )
    change = _tr("{setting} from {before} to {after}")
    change = change.format(setting=setting.label, before=show_value(setting, before), after=value)
    when = _tr("from the next step on") if running and setting.live else _tr("takes effect with the next run")
    return RemedyWords(label, f"{change}; {when}", f"{setting.label}: {value}, {when}")


def _tr(text: str) -> str:
    return QCoreApplication.translate("HealthStrip", text)
