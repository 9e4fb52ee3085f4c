"""Two runs side by side: what one scores less what the other does, task by task, where that means something."""

from __future__ import annotations

from dataclasses import dataclass

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.held_out.scores import RunScores
from metagen_gui.engine.held_out.summaries import Difference, difference
from metagen_gui.engine.settings.plain_text import quoted
from metagen_gui.engine.statistics import Values, chosen_of


@dataclass(frozen=True)
class Pair:
    """`later` less `first`, each at its last step, over the tasks that have diverged in neither."""

    later: RunScores
    first: RunScores
    players: dict[str, Difference]
    details: dict[str, Difference]
    objection: str
    """Why the losses do not compare, or nothing; `players` is empty where they do not."""
    bound: Difference | None = None
    """Of two models of one kind whose losses bound −log p; it compares whatever either loss weighs."""


def compare(later: RunScores, first: RunScores) -> Pair:
    """Return the paired differences of two runs that were scored on the same tasks."""
    objection = objection_to(later.run.experiment, first.run.experiment)
    sound = ~(later.diverged[-1] | first.diverged[-1])
    groups = chosen_of(later.groups, sound)

    def apart(mine: dict[str, Values], theirs: dict[str, Values]) -> dict[str, Difference]:
        return {
            name: difference(mine[name][-1, sound], theirs[name][-1, sound], groups) for name in mine if name in theirs
        }

    same_model = later.run.experiment.model == first.run.experiment.model
    bounds = [one.bound if same_model else None for one in (later, first)]
    return Pair(
        later=later,
        first=first,
        players={} if objection else apart(later.losses, first.losses),
        details=apart(later.details, first.details) if same_model else {},
        objection=objection,
        bound=None
        if bounds[0] is None or bounds[1] is None
        else difference(bounds[0][-1, sound], bounds[1][-1, sound], groups),
    )


def objection_to(here: Experiment, there: Experiment) -> str:
    """Say why the losses of two runs do not measure the same, if so."""
    if here.model != there.model:
        return f"{here.model} and {there.model} have losses of different kinds"
    model = here.plugin("model")
    if not model.loss_compares():
        return "each player is judged by the other of its own run"
    mine, theirs = here.config("model"), there.config("model")
    for name in model.loss_settings if model.loss_settings is not None else type(mine).model_fields:
        if (value := getattr(mine, name)) != (other := getattr(theirs, name)):
            return (
                f"model.{name}, which decides what the loss measures, is {quoted(value)} here and {quoted(other)} there"
            )
    return ""
