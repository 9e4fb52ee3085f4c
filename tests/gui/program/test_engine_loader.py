from __future__ import annotations

import ctypes
import gc
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from metagen_gui.gui.program import library_preload
from metagen_gui.gui.program.engine_loader import EngineLoader
from metagen_gui.gui.program.job import end_jobs
from metagen_gui.gui.program.library_preload import preload_torch


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("fails", [False, True])
def test_garbage_is_not_looked_for_while_the_engine_loads(qtbot: QtBot, fails: bool, before: bool) -> None:
    seen: list[bool] = []
    (gc.enable if before else gc.disable)()

    def load() -> Any:
        seen.append(gc.isenabled())
        if fails:
            raise ImportError("no torch")
        return SimpleNamespace(warm_up=lambda: seen.append(gc.isenabled()))

    loader = EngineLoader(load)
    with qtbot.waitSignal(loader.failed if fails else loader.loaded):
        loader.start()
    qtbot.waitUntil(lambda: len(seen) == (1 if fails else 2))
    end_jobs()
    assert not any(seen)
    assert gc.isenabled() is before  # the program keeps it off, and looks by itself


@pytest.mark.parametrize("places", [None, [], ["/nowhere"]])
def test_without_torch_nothing_is_opened(monkeypatch: pytest.MonkeyPatch, places: list[str] | None) -> None:
    found = None if places is None else SimpleNamespace(submodule_search_locations=places)
    monkeypatch.setattr(library_preload, "find_spec", lambda name: found)
    assert not preload_torch()


def test_a_library_that_cannot_be_opened_is_left_to_the_import(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    library = tmp_path / "lib" / "libtorch_cpu.so"
    library.parent.mkdir()
    library.write_bytes(b"not a library")
    monkeypatch.setattr(library_preload.sys, "platform", "linux")
    monkeypatch.setattr(
        library_preload, "find_spec", lambda name: SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    )
    if hasattr(ctypes.CDLL(None), "dlopen"):
        assert not preload_torch()
