"""The rooms of the house and the arrows between them hold by test, not by good will."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from metagen_gui.engine.plugins import PLUGINS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "metagen_gui"
MODULES = sorted(PACKAGE.rglob("*.py"))
OURS = [
    path
    for folder in ("metagen_gui", "tests", "benchmarks", "docs", "packaging")
    for path in (ROOT / folder).rglob("*.py")
]
LONGEST = 300
"""Lines of a file."""
CROWD = 25
"""Files of a folder."""
PLACES = [
    ".",
    "packaging",
    "resources/icons",
    *sorted({str(path.parent.relative_to(ROOT)) for path in MODULES}),
]
"""Folders that the pages name files of without saying where they are."""
NOT_OURS = {
    "joint.py",
    "gaussian.py",
    "segments.py",
    "centre.py",
    "plateau.py",
    "samples/",
    "checkpoints/",
    "share/applications/",
    "share/icons/hicolor/scalable/apps/metagen.svg",
}
"""What the pages name and no checkout holds: examples, and parts of a run or of an installation."""
VAGUE = {"utils", "util", "core", "common", "manager", "managers", "helpers", "misc"}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def imported(path: Path) -> tuple[str, ...]:
    """Return the full name of every module, and every thing from a module, that a file imports."""
    names = list[str]()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: import by the full name"
            names += (f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(names)


def test_import_contracts_hold(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    broken = lint_imports(config_filename="pyproject.toml", no_cache=True)
    assert not broken, capsys.readouterr().out


def test_folders_do_not_lead_in_circles() -> None:
    """The contracts on rooms do not see folders within a room; what lies loose beside rooms counts alone."""
    modules = {name_of(path): path for path in MODULES}
    loose = {PACKAGE, PACKAGE / "engine", PACKAGE / "gui"}
    place = {name: path if path.parent in loose else path.parent for name, path in modules.items()}
    arrows: dict[Path, set[Path]] = {}
    for module, path in modules.items():
        for name in imported(path):
            to = place.get(name) or place.get(name.rpartition(".")[0])
            if to is not None and to != place[module]:
                arrows.setdefault(place[module], set()).add(to)
    assert len(arrows) > 40
    TopologicalSorter(arrows).prepare()  # raises CycleError, which names the folders


@pytest.mark.parametrize("kind", sorted(PLUGINS))
def test_a_plugin_never_imports_a_sibling(kind: str) -> None:
    modules = {plugin.__module__ for _, plugin in PLUGINS[kind].items()}
    assert f"{PLUGINS[kind].package}.base" not in modules and len(modules) > 1
    for module in modules:
        path = ROOT / Path(*module.split(".")).with_suffix(".py")
        siblings = [
            other for other in modules - {module} for name in imported(path) if f"{name}.".startswith(f"{other}.")
        ]
        assert not siblings, f"{module} imports {siblings}"


@pytest.mark.parametrize("kind", ["tasks", "model", "algorithm"])
def test_only_its_own_room_imports_a_plugin(kind: str) -> None:
    """What is particular about one is asked of it by what its base declares."""
    modules = {plugin.__module__ for _, plugin in PLUGINS[kind].items()}
    room = PACKAGE / "engine" / PLUGINS[kind].package.rpartition(".")[2]
    found = {
        f"{name_of(path)} imports {name}"
        for path in MODULES
        if not path.is_relative_to(room)
        for name in imported(path)
        if any(f"{name}.".startswith(f"{module}.") for module in modules)
    }
    assert len(modules) > 1 and not found


@pytest.mark.parametrize(("room", "stranger"), [("engine", "PySide6"), ("gui", "torch")])
def test_a_room_can_be_entered_without_the_other_rooms_library(room: str, stranger: str) -> None:
    """Importing every module of the window must not import torch: the window appears before torch is there."""
    modules = [name_of(path) for path in MODULES if path.is_relative_to(PACKAGE / room)]
    script = f"import sys\nfor name in {modules!r}:\n  __import__(name)\n  assert {stranger!r} not in sys.modules, name"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_file_is_too_long_to_read() -> None:
    long = {str(path): lines for path in OURS if (lines := len(path.read_text("utf-8").splitlines())) > LONGEST}
    assert len(OURS) > 1000 and not long


def test_no_room_is_crowded_and_no_prefix_stands_for_a_folder() -> None:
    rooms: dict[Path, list[str]] = {}
    for path in OURS:
        rooms.setdefault(path.parent, []).append(path.stem.removeprefix("test_"))
    crowded = {str(room.relative_to(ROOT)): len(names) for room, names in rooms.items() if len(names) > CROWD}
    prefixed = {
        f"{room.relative_to(ROOT)}/{word}_*"
        for room, names in rooms.items()
        for word, count in Counter(name.partition("_")[0] for name in names if name != "__init__").items()
        if count > 2
    }
    assert len(rooms) > 30 and not crowded and not prefixed


def test_no_room_has_a_name_that_says_nothing() -> None:
    vague = [name_of(path) for path in MODULES if VAGUE & set(path.with_suffix("").name.split("_"))]
    vague += [str(path) for path in PACKAGE.rglob("*") if path.is_dir() and path.name in VAGUE]
    assert not vague


def test_every_module_says_what_it_is_for() -> None:
    silent = [name_of(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert not silent


@pytest.mark.parametrize("page", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "packaging/README.md"])
def test_the_pages_name_only_files_that_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[\w.-]+/)*[\w-]+(?:\.(?:py|md|toml|sh|spec|desktop|svg)|/))`", text)) - NOT_OURS
    assert named
    lost = {name for name in named if not any((ROOT / room / name).exists() for room in PLACES)}
    assert not lost
