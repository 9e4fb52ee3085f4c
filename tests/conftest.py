"""Set up every test: no screen, one thread, no folder of the person who runs them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep data, cache and settings of every test in a folder of its own session."""
    home = tmp_path_factory.getbasetemp() / "home"
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    return home


@pytest.fixture
def dropped_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Drop the algorithm that CONTRIBUTING.md shows, `joint`, as one file into the package of algorithms."""
    import metagen_gui.engine.algorithms as package
    from metagen_gui.engine.algorithms.base import algorithms

    algorithms.load()  # or what it holds would be forgotten with the patch below
    page = Path(__file__).parents[1] / "CONTRIBUTING.md"
    (example,) = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    (tmp_path / "joint.py").write_text(example, encoding="utf-8")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    monkeypatch.setattr(algorithms, "_plugins", dict(algorithms._plugins))
    algorithms.load(again=True)
    yield
    sys.modules.pop("metagen_gui.engine.algorithms.joint", None)
    vars(package).pop("joint", None)
