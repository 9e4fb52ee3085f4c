"""Changes of settings that an alarm can offer, as far as the run has those settings; also of what plugins declare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from metagen_gui.engine.events import Remedy

Advice = Callable[[Mapping[str, Any]], tuple[Remedy, ...]]
"""What helps against an illness, made from every setting by its path."""

LEAST_RATE = 1e-6
"""A rate below this is not worth offering: nothing would be learned any more."""


def lower(settings: Mapping[str, Any], path: str, label: str, factor: float) -> tuple[Remedy, ...]:
    """Offer the number at `path` divided by `factor`, to two digits; nothing if there is none or it is tiny already."""
    value = settings.get(path)
    if not isinstance(value, int | float) or isinstance(value, bool) or value / factor < LEAST_RATE:
        return ()
    wanted = value / factor
    return (Remedy(label, path, max(1, round(wanted)) if isinstance(value, int) else float(f"{wanted:.2g}")),)


def put(settings: Mapping[str, Any], path: str, label: str, value: Any) -> tuple[Remedy, ...]:
    """Offer `value` for the setting at `path`; nothing if there is no such setting or it holds that already."""
    return (Remedy(label, path, value),) if path in settings and settings[path] != value else ()
