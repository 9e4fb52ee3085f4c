"""The part of a report that tells how far every arm is from the best possible, where that is known."""

from __future__ import annotations

import math
from collections.abc import Iterator

from metagen_gui.engine.claims.best_possible import Gap, sentences
from metagen_gui.engine.claims.findings import Findings
from metagen_gui.engine.claims.verdicts import number
from metagen_gui.engine.pages.page import table, text

ABOUT = (
    "Of these tasks it is known what can be made of a support at best: the law of the next example, given the prior "
    "that tasks are drawn from. It is scored on the same tasks, by as many samples, and by its exact −log density in "
    "place of a loss. Below, how far each arm falls short of it, task by task, after the steps chosen for it, with "
    "intervals as under Comparisons. By −log p, bounds above it and MMD² nothing is better on average; by the measures "
    "in the second table another law may be, such as a narrower one."
)
HEADER = "footing", "arm", "measure", "best possible", "falls short by", "95 % interval", "of the best", "verdict"


def distance(findings: Findings) -> Iterator[str]:
    """Yield what is said of the best possible; nothing where it is not known."""
    if not findings.gaps:
        return
    yield "<h2>Distance from the best possible</h2>"
    for sentence, alarm in sentences(findings.gaps):
        if alarm:
            yield f'<div class="verdict refuted"><p><span class="status">{text(sentence)}</span></p></div>'
        else:
            yield f"<p><b>{text(sentence)}</b></p>"
    yield f"<p>{text(ABOUT)}</p>"
    for proper in (True, False):
        rows = [_row(gap, proper) for gap in findings.gaps if gap.measure.proper == proper]
        if rows:
            yield table(HEADER, rows, numbers=5)


def _row(gap: Gap, proper: bool) -> tuple[str, ...]:
    unit = f" {gap.measure.unit}" if gap.measure.unit else ""
    # subtracted from 0.0, as −0.0 would be told as −0.00
    interval = f"{number(0.0 - gap.found.high)} to {number(0.0 - gap.found.low)}"
    share = f"{number(0.0 - 100 * gap.share)} %" if math.isfinite(gap.share) else "–"
    says = "short of it" if gap.found.high < 0 else "no clear difference" if gap.found.low <= 0 else "ahead"
    if gap.is_impossible:
        says = "error of measurement"
    elif proper and says == "ahead":
        says = "no clear difference"  # of so many gaps one may well seem to be
    figures = f"{number(gap.line)}{unit}", f"{number(0.0 - gap.found.mean)}{unit}", interval, share, says
    return gap.footing, gap.arm, gap.measure.title, *figures
