"""Table 1 of Generative Matching Networks (Bartunov & Vetrov 2018): −log p(x_t | x_1 … x_t−1) of held-out characters.

One class per set: the drawings of a character in random order, each told after those before it, by a model that has
seen none of its class in training; the mean over classes, in nats. Binary 28×28 Omniglot, trained on 30 alphabets and
tested on the other 20. Where a model only bounds log p, by 1,000 importance samples (there, section 4.2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from metagen_gui.engine.algorithms.base import Algorithm
from metagen_gui.engine.bench.drawings import Drawings
from metagen_gui.engine.data.spec import Array
from metagen_gui.engine.held_out.by_shots import ByShots, gathered, telling, told_by
from metagen_gui.engine.held_out.summaries import Difference, difference
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import quoted
from metagen_gui.engine.statistics import chosen_of
from metagen_gui.engine.trained.trained_run import TrainedRun

DRAWS = 1_000
SHOTS = (0, 1, 2, 3, 4, 9, 19)
MOST_ORDERS = 100
REFERENCE = "Bartunov & Vetrov 2018, Few-shot Generative Modelling with Generative Matching Networks, table 1"
PUBLISHED: Mapping[str, Mapping[int, float]] = {
    "Generative Matching Networks": {0: 90.9, 1: 82.8, 2: 78.8, 3: 76.4, 4: 74.2, 9: 64.6},
    "the same with averaging": {0: 91.3, 1: 83.9, 2: 82.3, 3: 81.8, 4: 81.1, 9: 80.3},
}
"""−log p in nats by shots, of 1,000 importance samples; by averaging the model is about a neural statistician."""


@dataclass(frozen=True)
class Sets:
    """Held-out classes as sequences: `images` `(sets, examples, *shape)` in random order, what each set is of."""

    images: Array
    names: tuple[str, ...]
    groups: tuple[str, ...]


def sets_of(test: Drawings, train: Drawings, orders: int, seed: int) -> Sets:
    """Return every class of `test` in so many random `orders`; raise `BadInput` where `train` has one of them.

    Classes of which another has fewer drawings are cut to as many.
    """
    known = {_digest(one) for images in train.classes.values() for one in images}
    for name, images in test.classes.items():
        if all(_digest(one) in known for one in images):
            raise BadInput(
                "--test", f"{quoted(name)} is in {train.path} as well: what is tested must not be trained on"
            )
    least = min(len(images) for images in test.classes.values())
    random, sequences, names = np.random.default_rng(seed), list[Array](), list[str]()
    for name, drawn in test.classes.items():
        for _ in range(orders):
            sequences.append(drawn[random.permutation(len(drawn))[:least]])
            names.append(name)
    return Sets(np.stack(sequences), tuple(names), tuple(_group(name) for name in names))


def check(run: TrainedRun, test: Path) -> None:
    """Raise `BadInput` if a run cannot be scored on pictures, or was trained on those of `test`."""
    spec, where = run.model.spec, str(run.folder)
    if not spec.has_pixels:
        raise BadInput(where, f"was trained on {spec.kind}, not on pictures")
    path = getattr(run.experiment.config("tasks"), "path", "")
    if path and Path(path).resolve() == test.resolve():
        raise BadInput(where, f"was trained on {path}, which it is to be tested with")
    if run.model.algorithm.model.likelihood is None:
        raise BadInput(where, f"{type(run.model.algorithm.model).title} tells no likelihood")


def score(
    run: TrainedRun,
    sets: Sets,
    shots: Sequence[int],
    draws: int,
    seed: int,
    tell: Callable[[int], object] = lambda count: None,
) -> ByShots:
    """Return −log p of the next drawing of every set after each number of `shots`, before and after adapting."""
    algorithm: Algorithm = run.model.algorithm
    rows = (0, algorithm.steps)
    queries = np.stack([sets.images[:, count : count + 1] for count in shots], axis=1)
    parts = telling(algorithm, run.model.weights, sets.images, queries, shots, rows, draws=draws, seed=seed)
    return ByShots(tuple(shots), rows, gathered(parts, tell), told_by(algorithm, draws), sets.names)


def apart(later: ByShots, first: ByShots, sets: Sets) -> dict[int, Difference]:
    """Return by shots what a run tells less what another does, each adapted, set by set; intervals are over groups."""
    found = {}
    for place, shots in enumerate(first.shots):
        mine, theirs = later.values[-1, place], first.values[-1, place]
        sound = np.isfinite(mine) & np.isfinite(theirs)
        found[shots] = difference(mine[sound], theirs[sound], chosen_of(sets.groups, sound))
    return found


def possible_shots(sets: Sets) -> tuple[int, ...]:
    """Return the numbers of shots after which there is a further drawing."""
    return tuple(count for count in SHOTS if count < sets.images.shape[1])


def _group(name: str) -> str:
    """Return what a class was held out with: the folder that it lies in, or itself."""
    return name.rpartition("/")[0] or name


def _digest(image: Array) -> bytes:
    return hashlib.sha256(np.ascontiguousarray(image).tobytes()).digest()
