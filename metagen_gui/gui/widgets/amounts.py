"""Lengths of time and sizes, as a person says them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def duration(seconds: float) -> str:
    """Return a length of time as a person says it: `40 s`, `3 min`, `2 h 5 min`, `3 days`."""
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return QCoreApplication.translate("Amounts", "{days} days").format(days=round(hours / 24))


def size(memory: int) -> str:
    """Return bytes as `512 MB` or `1.2 GB`."""
    return f"{memory / 1e6:.0f} MB" if memory < 1e9 else f"{memory / 1e9:.1f} GB"
