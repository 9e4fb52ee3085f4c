"""What an algorithm computes, as lines of text for whoever watches an outer step go by.

`φ_j` and `φ_{j+1}` are the parameters before and after an inner step, `φ_k` those after the last; the numbers of steps
are put in where a line is shown. `_` lowers and `^` raises what follows, a sign or braces.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Formulas:
    """The lines of one algorithm: where adaptation begins, an inner step, the outer loss and the outer gradient.

    `approximates` says in a sentence what the outer gradient stands for where it is not the derivative of the query
    loss after adaptation; empty where it is.
    """

    start: str = "φ_0 = θ"
    inner: str = "φ_{j+1} = φ_j − α ∘ ∇ℓ_S(φ_j)"
    query: str = "L = mean_T ℓ_Q(φ_k)"
    gradient: str = "g = ∇_θ L"
    approximates: str = ""


def numbered(formula: str, steps: int, step: int | None = None) -> str:
    """Return a formula with the number of inner steps put in and, for that of an inner step, its own, from 0."""
    counted = formula.replace("_k", f"_{{{steps}}}").replace("<k}", f"<{steps}}}")
    if step is None:
        return counted
    return counted.replace("{j+1}", f"{{{step + 1}}}").replace("{j, ", f"{{{step}, ").replace("_j", f"_{{{step}}}")
