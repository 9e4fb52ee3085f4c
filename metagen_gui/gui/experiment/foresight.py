"""What is plain of an experiment before its data are read: that it cannot train, and what a choice brought with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.settings.bad_input import BadInput

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment, Section

PICKED: tuple[Section, ...] = ("tasks", "model", "algorithm")


def objection(experiment: Experiment) -> BadInput | None:
    """Return what a run would be refused for, in the engine's words; None if that is not plain yet."""
    try:
        experiment.check()
        settings, training = experiment.config("tasks"), experiment.config("training")
        spec = experiment.plugin("tasks").spec_of(settings)
        if spec is not None:
            model = experiment.plugin("model")(experiment.config("model"), spec)
            model.check(training.shots, training.query_size)
            experiment.build_algorithm(model)
        experiment.task_family().foresee()
    except BadInput as problem:
        return problem
    return None


def brought_along(before: Experiment, after: Experiment, picked: Section) -> str:
    """Return which plugins the choice of another `picked` replaced, in one sentence; "" if it replaced none."""
    lines = []
    for section in PICKED:
        if section != picked and getattr(before, section) != getattr(after, section):
            said = QCoreApplication.translate("ExperimentPanel", "{now} takes the place of {before}.")
            lines.append(
                said.format(
                    now=translated(after.plugin(section).title), before=translated(before.plugin(section).title)
                )
            )
    return " ".join(lines)
