"""Set up every test: no screen, one thread, no folder of the person who runs them."""

from __future__ import annotations

import gc
import itertools
import os
import re
import signal
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from metagen_gui.engine.languages.spoken import speak

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["METAGEN_LANGUAGE"] = "en"
os.environ.setdefault("OMP_NUM_THREADS", "1")
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has what it starts behind it ignore Ctrl+C

numbers = itertools.count()


def pytest_collection_finish() -> None:
    """Let rubbish be looked for in what tests make, and not time and again in all modules and tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep cache and settings of tests in a folder of their session, and data where no other test has kept a run."""
    home = tmp_path_factory.getbasetemp() / "home"
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data" / str(next(numbers))))
    return home


@pytest.fixture(autouse=True)
def no_waiting_for_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write files without waiting until a disk has them: no test outlives a power cut."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture(autouse=True)
def no_standing_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let processes of runs compute as much as other tests do: whoever started them waits for them here."""
    monkeypatch.setattr("metagen_gui.engine.queue.process.BEHIND", 0)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Let no test leave another language to the next one."""
    yield
    speak("en")


@pytest.fixture
def reading_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let exports be read back in this process: one of their own takes seconds each time, and is proven by theirs."""
    from metagen_gui.engine.exports import writing

    monkeypatch.setattr(writing, "read_back", lambda plugin, place, given: plugin.read(place, given))


LIMIT = 240
"""Seconds in which what could wait forever has to be over, on a machine that is busy with other things."""


@pytest.fixture
def time_limit() -> Iterator[None]:
    """Fail a test that waits for ever; for those in which processes wait for each other."""

    def over(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"not over after {LIMIT} seconds")

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(LIMIT)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


FLOW = """
from metagen_gui.api import models
from tests.plugins_elsewhere.flow import FlowMatching

models.register("carried")(FlowMatching)
"""


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Install a package of its own beside MetaGen and return its name: what CONTRIBUTING.md shows, and a flow."""
    from metagen_gui.engine.plugins import PLUGINS

    for registry in PLUGINS.values():
        registry.load()  # or what it holds would be forgotten with the patch below
        monkeypatch.setattr(registry, "_plugins", dict(registry._plugins))
        monkeypatch.setattr(registry, "problems", [])
    page = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text("utf-8")
    files = re.findall(r"^### [^\n]*`(\w+\.py)`$.*?```python\n(.*?)```", page, re.DOTALL | re.MULTILINE)
    (declared,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    package, installed = tmp_path / "site" / "my_package", tmp_path / "site" / "my_package-1.0.dist-info"
    package.mkdir(parents=True)
    installed.mkdir()
    files += [("__init__.py", ""), ("flow.py", FLOW)]
    for name, text in files:
        (package / name).write_text(text, encoding="utf-8")
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n")
    groups = tomllib.loads(declared)["project"]["entry-points"]
    groups["metagen.model"]["carried"] = f"{package.name}.flow"
    lines = [
        line
        for group, points in groups.items()
        for line in (f"[{group}]", *(f"{key} = {where}" for key, where in points.items()))
    ]
    (installed / "entry_points.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(str(package.parent))
    _forget(package.name)  # a module that is known already registers nothing
    for registry in PLUGINS.values():
        registry.load(again=True)
    yield package.name
    _forget(package.name)


def _forget(package: str) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[module]
