"""The published definitions, one example at a time, in plain Python: what the fast versions are held against."""

from __future__ import annotations

import math
from collections.abc import Sequence

Point = Sequence[float]
Points = Sequence[Point]


def apart(a: Point, b: Point) -> float:
    return math.sqrt(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)))


def reach(points: Points, place: int, k: int) -> float:
    """NND_k: from a point to its k-th nearest neighbour among the others."""
    return sorted(apart(points[place], other) for j, other in enumerate(points) if j != place)[k - 1]


def precision(real: Points, fake: Points, k: int) -> float:
    return sum(any(apart(x, y) <= reach(real, i, k) for i, x in enumerate(real)) for y in fake) / len(fake)


def recall(real: Points, fake: Points, k: int) -> float:
    return precision(fake, real, k)


def density(real: Points, fake: Points, k: int) -> float:
    inside = sum(apart(x, y) <= reach(real, i, k) for i, x in enumerate(real) for y in fake)
    return inside / (k * len(fake))


def coverage(real: Points, fake: Points, k: int) -> float:
    return sum(any(apart(x, y) <= reach(real, i, k) for y in fake) for i, x in enumerate(real)) / len(real)


def neighbour_accuracy(real: Points, fake: Points) -> tuple[float, float]:
    union = [(x, True) for x in real] + [(y, False) for y in fake]
    right = {True: 0, False: 0}
    for i, (point, side) in enumerate(union):
        _, told = min((apart(point, other), theirs) for j, (other, theirs) in enumerate(union) if j != i)
        right[side] += told == side
    return right[True] / len(real), right[False] / len(fake)


def mmd2(real: Points, fake: Points, kernel) -> float:
    """Gretton 2012, eq. 3."""
    n, m = len(real), len(fake)
    within = sum(kernel(real[i], real[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    within += sum(kernel(fake[i], fake[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    return within - 2 * sum(kernel(x, y) for x in real for y in fake) / (n * m)


def kid_kernel(x: Point, y: Point) -> float:
    """Polynomial of degree 3, γ = 1 / features, coefficient 1: torchmetrics' and the paper's defaults."""
    return (sum(a * b for a, b in zip(x, y, strict=True)) / len(x) + 1) ** 3
