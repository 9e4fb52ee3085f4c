"""The figures as CSV: every comparison, and every point of every curve."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from statistics import median_low

import numpy as np

from metagen_gui.engine.claims.best_possible import TITLE
from metagen_gui.engine.claims.contrasts import Part
from metagen_gui.engine.claims.findings import Findings
from metagen_gui.engine.claims.plan import Footing
from metagen_gui.engine.held_out.measures import Measure
from metagen_gui.engine.pages.charts import Curve
from metagen_gui.engine.statistics import Values, chosen_of, half_width
from metagen_gui.engine.tasks.base import task_families

COMPARISONS = (
    "claim", "arm", "against", "measure", "unit", "footing", "world", "ahead", "low", "high", "p", "p_holm", "d_z",
    "tasks", "seeds", "status", "decides", "null", "objection", "groups", "groups_are",
)  # fmt: skip
GAPS = ("footing", "arm", "measure", "unit", "best", "ahead", "low", "high", "share", "p_holm", "impossible")
LANDMARKS = ("landmark", "measure", "mean", "interval", "tasks")
CURVES = ("footing", "world", "arm", "measure", "step", "mean", "interval", "tasks", "chosen")


def comparison_rows(findings: Findings) -> Iterator[tuple[object, ...]]:
    """Yield a row per comparison, positive where the arm is ahead."""
    for one in findings.contrasts:
        c = one.found
        yield (
            one.claim, one.arm, one.against, one.measure, one.unit, one.footing, one.world, c.mean, c.low, c.high, c.p,
            one.adjusted if one.decides else None, c.effect, c.tasks, c.seeds, one.status, one.decides, one.is_null,
            "; ".join(each for each in (one.objection, one.too_few) if each), c.groups, one.units,
        )  # fmt: skip


def gap_rows(findings: Findings) -> Iterator[tuple[object, ...]]:
    """Yield a row per arm and measure: how far ahead of the best possible it is, below 0 where it falls short."""
    for gap in findings.gaps:
        c, measure = gap.found, gap.measure
        yield (
            gap.footing, gap.arm, measure.name, measure.unit, gap.line, c.mean, c.low, c.high, gap.share, gap.adjusted,
            gap.is_impossible,
        )  # fmt: skip


def curves(findings: Findings, footing: Footing, measure: Measure, part: Part = "own") -> list[Curve]:
    """Return the curve of every arm on a footing: means over tasks and seeds, 95 % intervals over groups.

    The best possible is the last, where it is known.
    """
    found = []
    for colour, arm in enumerate(findings.arms):
        if arm.is_null:  # on other tasks, which do not compare
            continue
        tuned = [scored.of(measure) for scored in findings.scored(arm, footing)]
        parts = [(scored, getattr(scored, part)) for scored in tuned]
        values = [
            adapted.values[measure.name]
            for _, adapted in parts
            if adapted is not None and measure.name in adapted.values
        ]
        if not values:
            continue
        stacked, groups = np.stack(values), findings.groups[part]
        rows = [summary(stacked[:, row], groups) for row in range(stacked.shape[1])]
        chosen = median_low(scored.choice.step for scored, _ in parts)
        taken = next(adapted.rows for _, adapted in parts if adapted is not None)
        means, halves, counts = zip(*rows, strict=True)
        found.append(Curve(arm.title, colour, taken, means, halves, counts, chosen, untrained=not arm.run))
    best = findings.best.own.values if findings.best is not None and part == "own" else {}
    if measure.name in best:
        mean, half, count = summary(best[measure.name], findings.groups["own"])
        found.append(Curve(TITLE, len(findings.arms), (0,), (mean,), (half,), (count,)))
    return found


def curve_rows(findings: Findings) -> Iterator[tuple[object, ...]]:
    """Yield a row per arm, measure and step."""
    for footing in findings.shared:
        for world, part in worlds(findings):
            for measure in findings.measures:
                for curve in curves(findings, footing, measure, part):
                    for point in zip(curve.steps, curve.means, curve.halves, curve.tasks, strict=True):
                        yield footing, world, curve.name, measure.name, *point, point[0] == curve.chosen


def landmark_rows(findings: Findings) -> Iterator[tuple[object, ...]]:
    """Yield a row per landmark and measure of samples."""
    for name, scored in findings.landmarks.items():
        for measure in findings.measures:
            if measure.name in scored.own.values:
                yield name, measure.name, *summary(scored.own.values[measure.name], findings.groups["own"])


def worlds(findings: Findings) -> list[tuple[str, Part]]:
    """Return on which tasks arms were scored."""
    shift = findings.plan.settings.shift
    found: list[tuple[str, Part]] = [("held-out classes", "own")]
    return found if shift is None else [*found, (f"shifted to {task_families.get(shift['name']).title}", "shifted")]


def to_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV text; numbers to their last digit, nothing for what is not known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow(["" if cell is None else repr(cell) if isinstance(cell, float) else cell for cell in row])
    return text.getvalue()


def summary(values: Values, groups: Sequence[str]) -> tuple[float, float, int]:
    """Return mean, half width and number of `values` `(seeds, tasks)`, over tasks that have diverged in no seed."""
    sound = np.asarray(np.isfinite(values).all(0))
    kept = values[:, sound].mean(0)
    half = half_width(kept, chosen_of(groups, sound))
    return (float(kept.mean()), half, len(kept)) if len(kept) else (math.nan, math.nan, 0)
