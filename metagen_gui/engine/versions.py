"""Which versions are installed."""

from __future__ import annotations


def version_of(package: str) -> str:
    """Return the version of an installed package; "" where there is none."""
    from importlib.metadata import PackageNotFoundError, version  # slow: with it comes a reader of e-mail

    try:
        return version(package)
    except PackageNotFoundError:
        return ""
