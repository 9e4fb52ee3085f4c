"""Do metrics say what well-kept libraries say? The same features through ours and theirs.

    pip install torchmetrics prdc POT scikit-learn    # none of them is needed to use MetaGen
    python benchmarks/metrics.py

Per metric the largest relative difference over forty pairs of sets of random features: of 20 to 300 examples, in 2 to
64 dimensions, from equal laws to laws far apart; all in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import ot
import torch
from prdc import compute_prdc
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from torchmetrics.image.fid import _compute_fid
from torchmetrics.image.kid import poly_mmd

from metagen_gui.engine.metrics.density_coverage import neighbourhoods
from metagen_gui.engine.metrics.distances import Values
from metagen_gui.engine.metrics.frechet import frechet
from metagen_gui.engine.metrics.mmd import cubic, squared_mmd
from metagen_gui.engine.metrics.sliced_wasserstein import sliced_wasserstein
from metagen_gui.engine.metrics.two_sample import neighbour_accuracy

PAIRS, NEAREST, LINES = 40, 5, 128


def main() -> None:
    print("| metric | library | largest relative difference |\n|---|---|---|")
    for (name, library), (ours, theirs) in COMPARED.items():
        worst = 0.0
        for real, generated in pairs(equal_numbers="1-NN" in name):
            mine, other = np.asarray(ours(real, generated)), np.asarray(theirs(real, generated))
            worst = max(worst, float(np.abs((mine - other) / np.maximum(np.abs(other), 1e-6)).max()))
        print(f"| {name} | {library} | {worst:.1e} |")


def pairs(equal_numbers: bool) -> Iterator[tuple[Values, Values]]:
    """Yield real and generated features."""
    random = np.random.default_rng(0)
    for _ in range(PAIRS):
        dimensions, real = int(random.integers(2, 65)), int(random.integers(20, 301))
        generated = real if equal_numbers else int(random.integers(20, 301))
        shift, spread = random.choice([0, 0.3, 3]), random.uniform(0.3, 2)
        yield (
            random.standard_normal((real, dimensions)),
            shift + spread * random.standard_normal((generated, dimensions)),
        )


def prdc(real: Values, generated: Values) -> list[float]:
    found = compute_prdc(real, generated, nearest_k=NEAREST)
    return [found[name] for name in ("precision", "recall", "density", "coverage")]


def ours_of_neighbours(real: Values, generated: Values) -> list[float]:
    found = neighbourhoods(real, generated, NEAREST)
    return [found.precision, found.recall, found.density, found.coverage]


def kernel_distance(real: Values, generated: Values) -> float:
    """Return theirs, which asks for equal numbers, so both sides are cut to the fewer."""
    least = min(len(real), len(generated))
    return float(poly_mmd(torch.from_numpy(real[:least]), torch.from_numpy(generated[:least])))


def ours_cut(real: Values, generated: Values) -> float:
    least = min(len(real), len(generated))
    return squared_mmd(real[:least], generated[:least], cubic)


def fid(real: Values, generated: Values) -> float:
    laws = [torch.from_numpy(side) for side in (real, generated)]
    moments = [value for side in laws for value in (side.mean(0), torch.atleast_2d(side.T.cov()))]
    return float(_compute_fid(*moments))


def leave_one_out(real: Values, generated: Values) -> list[float]:
    union, side = np.concatenate([real, generated]), np.repeat([1, 0], [len(real), len(generated)])
    told = cross_val_predict(KNeighborsClassifier(1), union, side, cv=LeaveOneOut())
    return [float((told == side)[side == which].mean()) for which in (1, 0)]


def ours_leave_one_out(real: Values, generated: Values) -> list[float]:
    found = neighbour_accuracy(real, generated)
    return [found.real, found.generated]


def plane(side: Values) -> Values:
    return side[:, :2]


def sliced(real: Values, generated: Values) -> float:
    angles = np.pi * np.arange(LINES) / LINES
    lines = np.stack([np.cos(angles), np.sin(angles)])
    return float(ot.sliced_wasserstein_distance(plane(real), plane(generated), projections=lines, p=2))


Both = tuple[Callable[[Values, Values], object], Callable[[Values, Values], object]]
COMPARED: dict[tuple[str, str], Both] = {
    ("KID", "torchmetrics"): (ours_cut, kernel_distance),
    ("Fréchet distance", "torchmetrics"): (lambda a, b: frechet(a, b).distance, fid),
    ("precision, recall, density, coverage", "prdc"): (ours_of_neighbours, prdc),
    ("1-NN accuracy, both sides", "scikit-learn"): (ours_leave_one_out, leave_one_out),
    ("sliced Wasserstein in the plane", "POT"): (lambda a, b: sliced_wasserstein(plane(a), plane(b), LINES), sliced),
}


if __name__ == "__main__":
    main()
