"""Whether a curve falls, said in one word."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

LATEST = 60
"""Values that are looked at, the newest."""
FEWEST = 4
"""Values of which something can be said."""


def trend(values: npt.ArrayLike) -> Literal["falling", "rising", "level", ""]:
    """Return where the newest of `values` `(n,)` lead, "" of too few: their later half against the earlier one.

    A difference counts from two of its standard errors on, as if values were independent.
    """
    known = np.asarray(values, np.float64)[-LATEST:]
    known = known[np.isfinite(known)]
    if len(known) < FEWEST:
        return ""
    earlier, later = np.array_split(known, 2)
    change = later.mean() - earlier.mean()
    error = np.sqrt(earlier.var(ddof=1) / len(earlier) + later.var(ddof=1) / len(later))
    if abs(change) <= 2 * error:
        return "level"
    return "falling" if change < 0 else "rising"
