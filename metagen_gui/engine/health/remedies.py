"""Changes of settings that an alarm can offer, as far as the run has those settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metagen_gui.engine.events import Remedy

LEAST_RATE = 1e-6
"""A rate below this is not worth offering: nothing would be learned any more."""


def lower(settings: Mapping[str, Any], path: str, label: str, factor: float) -> tuple[Remedy, ...]:
    """Offer the number at `path` divided by `factor`, to two digits; nothing if there is none or it is tiny already."""
    value = settings.get(path)
    if not isinstance(value, int | float) or isinstance(value, bool) or value / factor < LEAST_RATE:
        return ()
    wanted = value / factor
    return (Remedy(label, path, max(1, round(wanted)) if isinstance(value, int) else float(f"{wanted:.2g}")),)


def lower_kl_weight(settings: Mapping[str, Any]) -> tuple[Remedy, ...]:
    """Offer 1, the weight of the KL in the bound itself, for anything above, and a tenth of what is less."""
    beta = settings.get("model.beta")
    if isinstance(beta, int | float) and beta > 1:
        return (Remedy("Lower the KL weight", "model.beta", 1.0),)
    return lower(settings, "model.beta", "Lower the KL weight", 10)


def put(settings: Mapping[str, Any], path: str, label: str, value: Any) -> tuple[Remedy, ...]:
    """Offer `value` for the setting at `path`; nothing if there is no such setting or it holds that already."""
    return (Remedy(label, path, value),) if path in settings and settings[path] != value else ()
