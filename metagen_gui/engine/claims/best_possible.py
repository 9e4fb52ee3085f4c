"""How far every arm is from the best possible few-shot generator, where that is known (`data/bayes.py`).

It is scored on the test tasks as an arm is: by as many samples, from normal numbers of the same source, and by the
exact −log density of the query in place of a loss. By −log p, by bounds above it and by MMD² nothing is better on
average; an arm that comes out better beyond error is an error of measurement, and is told as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from metagen_gui.engine.claims.contrasts import Side, ahead, chosen
from metagen_gui.engine.claims.folder import Scored
from metagen_gui.engine.claims.plan import Footing
from metagen_gui.engine.claims.verdicts import number
from metagen_gui.engine.data.bayes import BestGenerator
from metagen_gui.engine.held_out.adapted import PICTURED, Adapted, HeldOut
from metagen_gui.engine.held_out.measures import Eyes, Measure
from metagen_gui.engine.metrics.distances import Values
from metagen_gui.engine.statistics import CONFIDENCE, Comparison, holm

TITLE = "Best possible"
CLEAR = 3.0
"""Standard errors that the line's own mean has to be away from 0, or per cent of it mean nothing."""


@dataclass(frozen=True)
class Gap:
    """How much better than the best possible an arm is: `found` is below 0 where it falls short, as it should.

    `line` is the mean of the best possible; `share` the gap in units of it, NaN where that is nearly 0. `adjusted` is p
    corrected for the number of gaps by which nothing is better, and 1 for others: there another law may be ahead.
    """

    footing: Footing
    arm: str
    measure: Measure
    line: float
    found: Comparison
    share: float
    adjusted: float = 1.0

    @property
    def is_impossible(self) -> bool:
        """Whether the arm is better than can be, beyond error."""
        return self.found.mean > 0 and self.adjusted < 1 - CONFIDENCE


def score_best(best: BestGenerator, tasks: HeldOut, eyes: Eyes) -> Adapted:
    """Return what the best possible generator scores on `tasks`, in one row: it does not adapt step by step."""
    batch = tasks.batch
    values = {measure.name: np.full((1, tasks.count), np.nan) for measure in eyes.measures}
    pictures = []
    for index, name in enumerate(batch.names):
        support, query = batch.support[index].astype(np.float64), batch.query[index].astype(np.float64)
        latents = torch.randn(tasks.sample_count, best.latent_numbers, generator=tasks.generator(index, 0))
        drawn = best.generate(support, latents.double().numpy()).astype(np.float32)[None]
        told = eyes.scores(index, (name, batch.support[index], batch.query[index]), drawn, eyes.measures)
        exact = np.array([-best.log_density(support, query).mean()])
        for measure in eyes.measures:
            if measure.metric is not None:
                values[measure.name][:, index] = told[measure.name]
            elif measure.proper:
                values[measure.name][:, index] = exact
        pictures.append(drawn)
    return Adapted((0,), values, np.stack(pictures[:PICTURED]))


def gaps(
    best: Scored, arms: Mapping[str, Sequence[Scored]], measures: Sequence[Measure], footing: Footing
) -> Iterator[Gap]:
    """Yield the gaps of `arms`, which are scored by seed, at the steps that were chosen for them."""
    for title, scores in arms.items():
        if not scores:
            continue
        theirs: Side = ([best] * len(scores), "own", [0] * len(scores))
        for measure in measures:
            found, _ = ahead(chosen(scores, measure), theirs, measure)
            if found.tasks:
                line, error = _mean_of(best.own.values[measure.name][0])
                shortfall = measure.better in ("lower", "higher") and abs(line) > CLEAR * error
                share = found.mean / abs(line) if shortfall else float("nan")
                yield Gap(footing, title, measure, line, found, share)


def corrected(found: Sequence[Gap]) -> tuple[Gap, ...]:
    """Return the gaps with p corrected for all those by which nothing is better."""
    places = [place for place, gap in enumerate(found) if gap.measure.proper]
    adjusted = dict(zip(places, holm([found[place].found.p for place in places]), strict=True))
    return tuple(replace(gap, adjusted=adjusted.get(place, 1.0)) for place, gap in enumerate(found))


def sentences(found: Sequence[Gap]) -> Iterator[tuple[str, bool]]:
    """Yield what the gaps come to in plain words, and whether that is an alarm: alarms first."""
    impossible = [gap for gap in found if gap.is_impossible]
    for gap in impossible:
        yield (
            f"An error of measurement: by {gap.measure.title} {gap.arm}, at {gap.footing}, is {number(gap.found.mean)}"
            f"{_unit(gap)} better than the best possible (95 % {number(gap.found.low)} to {number(gap.found.high)}), "
            "which nothing can be. Trust no figure of this report before the reason is found.",
            True,
        )
    groups: dict[tuple[Footing, str], list[Gap]] = {}
    for gap in found:
        if gap.measure.proper:
            groups.setdefault((gap.footing, gap.measure.name), []).append(gap)
    for group in groups.values():
        nearest = max(group, key=lambda gap: gap.found.mean)
        yield _nearest(nearest, any(gap.is_impossible for gap in group)), False


def _nearest(gap: Gap, beaten: bool) -> str:
    short = -gap.found.mean
    share = f" ({number(100 * abs(gap.share))} % of its {number(gap.line)})" if np.isfinite(gap.share) else ""
    apart = f"{number(abs(short))}{_unit(gap)}{share}"
    where = f"{apart} from the best possible" if short > 0 else f"level with the best possible ({apart} better)"
    interval = f"95 % {number(-gap.found.high)} to {number(-gap.found.low)}"
    end = "" if beaten else "; no arm beats it beyond error"
    return f"{gap.measure.title}, {gap.footing}: {gap.arm} comes nearest, {where}, {interval}{end}."


def _unit(gap: Gap) -> str:
    return f" {gap.measure.unit}" if gap.measure.unit else ""


def _mean_of(values: Values) -> tuple[float, float]:
    """Return mean and standard error of `values` `(tasks,)`, tasks that have none left out."""
    sound = values[np.isfinite(values)]
    return float(sound.mean()), float(sound.std(ddof=1) / np.sqrt(len(sound))) if len(sound) > 1 else float("inf")
