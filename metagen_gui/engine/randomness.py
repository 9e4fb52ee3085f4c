"""Named sources of randomness: what is drawn for one purpose never shifts what is drawn for another.

Every draw is a function of (seed, purpose, index), so a run can be repeated, resumed from an index, and looked at
without being changed.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch

Purpose = Literal["initialization", "training", "validation", "preview", "export", "evaluation"]
PURPOSES: tuple[Purpose, ...] = ("initialization", "training", "validation", "preview", "export", "evaluation")


def generator_for(seed: int, purpose: Purpose, index: int = 0, device: torch.device | str = "cpu") -> torch.Generator:
    """Return the generator of draw `index` for `purpose`."""
    state = np.random.SeedSequence([seed, PURPOSES.index(purpose), index]).generate_state(2, np.uint32)
    return torch.Generator(device).manual_seed(int(state[0]) << 31 ^ int(state[1]))
