"""What a test of claims is told in: claims, experiments, estimates, problems, verdicts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.widgets.amounts import duration

if TYPE_CHECKING:
    from metagen_gui.engine.claims.examination.kept_tests import KeptTest
    from metagen_gui.engine.claims.outlook import Outlook
    from metagen_gui.engine.experiment import Experiment


def claim_sentence(name: str) -> str:
    """Return a claim as a plain sentence."""
    sentences = {
        "adapts": _tr("Adaptation helps at all"),
        "generalises": _tr("Meta-learning generalises better to new tasks"),
        "collapses": _tr("Meta-learned models collapse less"),
        "steady": _tr("Meta-learned models train more steadily"),
    }
    return sentences.get(name) or name


def claim_help(name: str) -> str:
    """Return what has to be so for a claim to hold."""
    texts = {
        "adapts": _tr("After adapting, a model is better than before, and than after adapting to another class"),
        "generalises": _tr("After adapting, it is closer to a new task than joint training with fine-tuning is"),
        "collapses": _tr("Its samples cover more of what the task holds, or find more of its modes"),
        "steady": _tr("Its runs fall back less, diverge less, and end closer together from seed to seed"),
    }
    return texts.get(name) or name


def titles(experiment: Experiment) -> str:
    """Return an experiment in three words: `Strokes · VAE · MAML`."""
    return " · ".join(translated(str(experiment.plugin(part).title)) for part in ("tasks", "model", "algorithm"))


def about(experiment: Experiment) -> str:
    """Return what a test of this experiment does."""
    said = _tr(
        "Does meta-learning help here? Every arm is trained alike on {titles}, adapts to the same held-out tasks, and "
        "is compared task by task."
    )
    return said.format(titles=titles(experiment))


def outlook_sentence(found: Outlook) -> str:
    """Return what a test takes, as `About 9 min: 4 runs to train, 7 arms to score`."""
    runs = _tr("1 run to train") if found.runs == 1 else _tr("{0} runs to train").format(f"{found.runs:,}")
    if found.trials:
        runs = _tr("{runs} and {0} short ones to choose outer rates").format(f"{found.trials:,}", runs=runs)
    work = _tr("{runs}, {scores} arms to score").format(runs=runs, scores=f"{found.scores:,}")
    if found.seconds is None:
        return _tr("{work}. How long that takes is told once outer steps have been timed.").format(work=work)
    return _tr("About {time}: {work}.").format(time=duration(max(60.0, found.seconds)), work=work)


def problem_sentence(where: str, why: str) -> str:
    """Return one sentence about an input that cannot be used."""
    if Path(where).is_absolute():
        return f"{where}: {why}"
    place = where.removeprefix("plan.").replace("_", " ")
    return f"{place[:1].upper()}{place[1:]}: {why}" if place and place != "plan" else f"{why[:1].upper()}{why[1:]}"


def began(seconds: float, now: float | None = None) -> str:
    """Return when a test began: `14:02` if that was today, else `23 Nov, 14:02`."""
    then, today = time.localtime(seconds), time.localtime(now)
    same_day = (then.tm_year, then.tm_yday) == (today.tm_year, today.tm_yday)
    clock = time.strftime("%H:%M", then)
    return clock if same_day else f"{then.tm_mday} {time.strftime('%b', then)}, {clock}"


def offer(test: KeptTest) -> str:
    """Return the question about a test that did not come to its end."""
    said = _tr("Go on with the test of {time} ({titles})? What it has done is kept.")
    return said.format(time=began(test.began), titles=titles(test.plan.experiment))


def name_of(test: KeptTest) -> str:
    """Return what tells a test from others: when it began, and about what."""
    return f"{began(test.began)} · {titles(test.plan.experiment)}"


def entry(test: KeptTest) -> str:
    """Return a test as a line of a menu that opens it."""
    state = _tr("running elsewhere") if test.held else _tr("show") if test.finished else _tr("go on")
    return f"{name_of(test)} ({state})"


def progress_sentence(share: float, left: float | None, spent: float) -> str:
    """Return how far a test is: `37 % · about 4 min left · 2 min so far`."""
    parts = [f"{share:.0%}".replace("%", " %")]
    if left is not None:
        parts.append(_tr("about {time} left").format(time=duration(left)))
    parts.append(_tr("{time} so far").format(time=duration(spent)))
    return " · ".join(parts)


def _tr(text: str) -> str:
    return QCoreApplication.translate("ClaimsTester", text)
