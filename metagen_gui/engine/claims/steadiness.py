"""How steadily runs train, compared seed by seed: setbacks, diverged tasks, gradients, and how far seeds end apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from metagen_gui.engine.claims.folder import Scored
from metagen_gui.engine.claims.outcomes import Outcome
from metagen_gui.engine.held_out.measures import Measure
from metagen_gui.engine.statistics import FEWEST_SEEDS, NOTHING, Comparison, compare

BySeed = Mapping[int, Outcome]


def compare_training(
    mine: BySeed, theirs: BySeed, ends: Sequence[Mapping[int, Scored]], measure: Measure
) -> Iterator[tuple[str, Comparison, str]]:
    """Yield what is compared, how far `mine` is ahead, and an objection if there are too few seeds.

    `ends` are the scores of both sides by seed, or nothing.
    """
    seeds = [seed for seed in mine if seed in theirs]
    figures = {
        "largest setback": [[side[seed].setback for seed in seeds] for side in (mine, theirs)],
        "diverged training tasks": [[side[seed].diverged for seed in seeds] for side in (mine, theirs)],
        "spread of gradient norms": [[side[seed].gradient_spread for seed in seeds] for side in (mine, theirs)],
    }
    if ends:
        figures[f"{measure.title}, distance from the median seed"] = [spread(side, seeds, measure) for side in ends]
    few = "" if len(seeds) >= FEWEST_SEEDS else f"{len(seeds)} of the {FEWEST_SEEDS} seeds that it takes"
    for title, (one, other) in figures.items():
        sides = np.array([one, other], dtype=np.float64)
        known = np.isfinite(sides).all(0)
        objection = few or _missing(int(known.sum()), len(seeds), *(~np.isfinite(sides)).sum(1))
        told = known.sum() >= FEWEST_SEEDS
        yield title, compare((sides[1] - sides[0])[None, known]) if told else NOTHING, objection


def _missing(known: int, seeds: int, mine: int, theirs: int) -> str:
    """Say if too few seeds have a figure in both arms, or more of them have none in the one that is to be ahead.

    A run that never improved has no setback that could be told as a share: leaving it out must not help its arm.
    """
    if known < FEWEST_SEEDS:
        return f"known of {known} of {seeds} seeds only; it takes {FEWEST_SEEDS}"
    return f"{mine} of its {seeds} seeds have none, {theirs} there" if mine > theirs else ""


def spread(side: Mapping[int, Scored], seeds: Sequence[int], measure: Measure) -> list[float]:
    """Return how far every seed's score, at its chosen step, lies from that of the median seed."""
    means = []
    for seed in seeds:
        found = side[seed].of(measure) if seed in side else None
        values = [] if found is None else found.own.values[measure.name][found.own.rows.index(found.choice.step)]
        sound = np.asarray(values)[np.isfinite(values)]
        means.append(float(sound.mean()) if len(sound) else np.nan)
    middle = float(np.nanmedian(means)) if np.isfinite(means).any() else np.nan
    return [abs(mean - middle) for mean in means]
