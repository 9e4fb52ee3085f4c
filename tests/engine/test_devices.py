"""Where a run computes, on this machine and on machines it pretends to be."""

from __future__ import annotations

import mmap
import os
import platform
import runpy
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch

from metagen_gui.engine import devices as module
from metagen_gui.engine.devices import Device, choose_device, devices, memory_used, use_threads
from metagen_gui.engine.processors import MOST_THREADS
from metagen_gui.engine.settings.bad_input import BadInput


@pytest.fixture
def graphics_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two CUDA devices, as far as asking goes."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda i: f"Card {i}")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def no_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


def test_the_best_come_first_and_the_cpu_last(graphics_cards: None) -> None:
    found = devices()
    assert found[:2] == [Device("cuda:0", "Card 0"), Device("cuda:1", "Card 1")]
    assert found[2].id == "cpu" and found[2].name.startswith("CPU (") and len(found) == 3
    assert choose_device("auto") == choose_device("cuda") == torch.device("cuda:0")
    assert choose_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(BadInput, match=r"'cuda:2'.*there are auto, cuda:0, cuda:1, cpu"):
        choose_device("cuda:2")


def test_without_a_card_the_cpu_is_the_best(no_cards: None) -> None:
    assert choose_device("auto") == choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("wanted", ["cuda", "cuda:0", "mps", "", "gpu", "cpu:0", "CPU\n"])
def test_a_device_that_is_not_there_is_named(no_cards: None, wanted: str) -> None:
    with pytest.raises(BadInput) as caught:
        choose_device(wanted)
    assert caught.value.where == "training.device" and repr(wanted) in caught.value.why
    assert len(caught.value.why.splitlines()) == 1


def test_memory_is_counted_in_bytes() -> None:
    before = memory_used("cpu")
    block = mmap.mmap(-1, 2**26)  # of the system itself: an allocator may have kept as much from before
    np.frombuffer(block, np.uint8)[:] = 1
    assert 0.8 * 2**26 < memory_used("cpu") - before < 2 * 2**26, "64 MiB were taken"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc alone")
def test_memory_given_back_is_kept_for_the_next_tensor() -> None:
    program = """
import torch
from metagen_gui.engine.devices import keep_memory, memory_used

def kept():
    before = memory_used("cpu")
    block = torch.ones(2**24)
    del block
    return memory_used("cpu") - before > 2**25

print(kept())
keep_memory()
print(kept())
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told.split() == ["False", "True"]


def test_the_engine_loads_where_the_system_has_no_resource_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows."""
    monkeypatch.setitem(sys.modules, "resource", None)
    found = runpy.run_path(str(module.__file__), run_name="devices_of_windows")
    assert found["devices"]()[-1].id == "cpu"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(found["Path"], "exists", lambda self: False)
    assert found["memory_used"]("cpu") == 0


@pytest.mark.parametrize(
    ("count", "variable", "expected"),
    [(3, "1", 3), (None, "2", 2), (None, " 4, 2", 4), (None, "", None), (None, "0", None), (None, "many", None)],
)
def test_threads_are_set_in_the_thread_that_asks(
    monkeypatch: pytest.MonkeyPatch, count: int | None, variable: str, expected: int | None
) -> None:
    """A number given, else the first of OMP_NUM_THREADS (OpenMP takes lists), else all cores but one, up to a few."""
    monkeypatch.setenv("OMP_NUM_THREADS", variable)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    here, there = torch.get_num_threads(), []
    worker = threading.Thread(target=lambda: there.extend([use_threads(count), torch.get_num_threads()]))
    worker.start()
    worker.join()
    try:
        assert there == [expected or min(max(cores - 1, 1), MOST_THREADS)] * 2
    finally:
        torch.set_num_threads(here)
