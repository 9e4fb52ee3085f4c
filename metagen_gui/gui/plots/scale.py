"""The vertical axis of a loss plot: linear, logarithmic, or logarithmic on both sides of zero; its ticks and range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Tick = tuple[float, str]
"""Where on the drawn axis, and what is written there."""


@dataclass(frozen=True)
class LossScale:
    """Maps losses to where they are drawn and back. `symlog` is linear near 0 and logarithmic beyond ±1."""

    kind: Literal["linear", "log", "symlog"] = "linear"

    def forward(self, losses: npt.ArrayLike) -> Values:
        """Return where `losses` are drawn; what cannot be drawn becomes NaN, a gap."""
        values = np.array(losses, dtype=np.float64)
        values[~np.isfinite(values)] = np.nan
        if self.kind == "log":
            values[values <= 0] = np.nan
            return np.log10(values)
        if self.kind == "symlog":
            return np.asarray(np.sign(values) * np.log10(1 + np.abs(values)))
        return values

    def inverse(self, drawn: npt.ArrayLike) -> Values:
        """Return the losses that are drawn at `drawn`."""
        values = np.clip(np.asarray(drawn, dtype=np.float64), -1e300, 1e300)
        if self.kind == "linear":
            return values
        powers = 10.0 ** np.clip(values if self.kind == "log" else np.abs(values), -300, 300)
        return powers if self.kind == "log" else np.asarray(np.sign(values) * (powers - 1))

    def ticks(self, low: float, high: float, most: int) -> list[Tick]:
        """Return up to about `most` labelled ticks between the drawn positions `low` and `high`."""
        losses = self.inverse([low, high])
        if self.kind != "linear":
            chosen = self._decade_ticks(low, high, most)
            if len(chosen) >= 3:
                return chosen
        values = nice_values(float(losses[0]), float(losses[1]), most)
        drawn = self.forward(values)
        return [(float(at), format_number(value)) for at, value in zip(drawn, values, strict=True) if np.isfinite(at)]

    def _decade_ticks(self, low: float, high: float, most: int) -> list[Tick]:
        powers = 10.0 ** np.arange(-12, 13)
        layers = [powers, 5 * powers, 2 * powers]
        if self.kind == "symlog":
            layers = [np.zeros(1), *(np.concatenate([layer, -layer]) for layer in (powers[12:], 5 * powers[12:]))]
        room = (high - low) / max(most, 1)
        chosen: list[Tick] = []
        for layer in layers:
            for loss, at in zip(layer.tolist(), self.forward(layer).tolist(), strict=True):
                if low <= at <= high and all(abs(at - other) >= room for other, _ in chosen):
                    chosen.append((at, format_number(loss)))
        return sorted(chosen)


def nice_step(rough: float) -> float:
    """Return 1, 2 or 5 times a power of ten, `rough` or the next above."""
    power = float(10.0 ** np.floor(np.log10(rough)))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)


def round_outwards(low: float, high: float) -> tuple[float, float]:
    """Return a range around `low`..`high` whose ends are multiples of about a thirtieth of it."""
    step = nice_step(max((high - low) / 30, 1e-300))
    return float(np.floor(low / step + 1e-9) * step), float(np.ceil(high / step - 1e-9) * step)


def nice_values(low: float, high: float, most: int, whole: bool = False) -> list[float]:
    """Return at most `most` + 1 round numbers between `low` and `high`, whole numbers if asked."""
    span = high - low
    if not np.isfinite(span) or span <= 0:
        return []
    step = nice_step(span / max(most, 1))
    if whole:
        step = max(1.0, round(step))
    first = np.ceil(low / step - 1e-9)
    count = int(np.floor(high / step + 1e-9) - first) + 1
    return [float((first + index) * step) for index in range(min(max(count, 0), 4 * most + 8))]


def format_number(value: float, digits: int = 6) -> str:
    """Return `value` as a person writes it: `1,200`, `0.05`, `1e-07`."""
    if not np.isfinite(value):
        return "not finite"
    rounded = float(f"{value:.{digits}g}")
    if rounded == 0 or 1e-4 <= abs(rounded) < 1e6:
        return f"{rounded:,.{digits + 4}f}".rstrip("0").rstrip(".") if rounded % 1 else f"{rounded:,.0f}"
    return f"{rounded:g}"


def robust_range(drawn: Values) -> tuple[float, float] | None:
    """Return a range that shows the curve `drawn` and ignores a few wild values; None where nothing is finite.

    Far values are those beyond three times the interquartile range (Tukey's outer fence) *and* among the extreme
    three per cent: the first rule keeps a long fall in view, the second a short history whole.
    """
    if len(drawn) > 8192:  # quartiles of an even sample are as good, and a thousand times quicker
        drawn = drawn[:: len(drawn) // 4096]
    finite = np.sort(drawn[np.isfinite(drawn)])
    if not len(finite):
        return None
    quarter, three_quarters = np.percentile(finite, [25, 75])
    reach = 3 * (three_quarters - quarter)
    last = len(finite) - 1
    low = min(max(finite[0], quarter - reach), finite[int(np.ceil(0.03 * last))])
    high = max(min(finite[-1], three_quarters + reach), finite[int(np.floor(0.97 * last))])
    return float(low), float(high)


def full_range(drawn: Values) -> tuple[float, float] | None:
    """Return the least and the greatest finite value of the curve `drawn`; None where nothing is finite."""
    finite = drawn[np.isfinite(drawn)]
    return (float(finite.min()), float(finite.max())) if len(finite) else None
