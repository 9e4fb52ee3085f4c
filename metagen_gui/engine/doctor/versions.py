"""The program, Python, the system, and every package that the program says it needs."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from metagen_gui.engine.doctor.findings import Line
from metagen_gui.engine.versions import version_of

FOR_MAKERS = {"dev", "docs", "packaging", "benchmarks"}
"""Extras that nobody needs who uses the program."""


def look(folder: Path) -> Iterator[Line]:
    """Name versions; a package that is needed and not there is a problem."""
    frozen = getattr(sys, "frozen", False)
    how = "bundle" if frozen else "installed as a Python package"
    yield Line("ok", f"MetaGen {version_of('metagen') or '(version not known)'}, {how}")
    yield Line("ok", f"Python {platform.python_version()} ({platform.architecture()[0]}) on {_system()}")
    always, extras = needed()
    there = {name: number for name in always if (number := version_of(name))}
    yield Line("ok", ", ".join(f"{name} {number}" for name, number in there.items()) or "No packages are known.")
    for name in always:
        if name not in there:
            yield Line("problem", f"{name} is not installed", f"pip install {name}")
    for extra, names in extras.items():
        lacking = [name for name in names if not version_of(name)]
        if lacking:
            adds = "" if frozen else f"; pip install 'metagen[{extra}]' adds what it is for"
            yield Line("ok", f"Without {', '.join(lacking)}{adds}")
        else:
            yield Line("ok", f"{extra}: " + ", ".join(f"{name} {version_of(name)}" for name in names))


def needed() -> tuple[list[str], dict[str, list[str]]]:
    """Return the packages that are always needed, and those of every extra."""
    needed: list[str] = []
    extras: dict[str, list[str]] = {}
    try:
        declared = requires("metagen") or []
    except PackageNotFoundError:
        declared = []
    for one in declared:
        name = re.split(r"[^\w.-]", one, maxsplit=1)[0]
        extra = re.search(r"extra\s*==\s*['\"]([\w-]+)", one)
        if extra is None:
            needed.append(name)
        elif extra[1] not in FOR_MAKERS:
            extras.setdefault(extra[1], []).append(name)
    return needed, extras


def _system() -> str:
    try:
        named = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        named = ""
    return " ".join(part for part in (named, platform.system(), platform.release(), platform.machine()) if part)
