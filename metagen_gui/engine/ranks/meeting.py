"""Where the processes of a run meet before they are connected: a store that the first one, or torchrun, keeps."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import timedelta

import torch.distributed
from torch._C._distributed_c10d import PrefixStore, Store, TCPStore

from metagen_gui.engine.events import RunBroken
from metagen_gui.engine.ranks.place import Place
from metagen_gui.engine.settings.bad_input import BadInput

LOOPBACK = "127.0.0.1"
COMING = timedelta(minutes=10)
"""In which every process has to come: on a busy machine torch alone takes many seconds to be imported."""
EVER = timedelta(days=365)


def own_store() -> TCPStore:
    """Return a store of this process, at a port that the system chooses, for others of this machine."""
    return TCPStore(LOOPBACK, 0, is_master=True, wait_for_workers=False)


def store_at(address: str) -> TCPStore:
    """Return the store that the process which started this one keeps at HOST:PORT; raise `RunBroken` if it is gone."""
    host, _, port = address.rpartition(":")
    return _connected(host, int(port), is_master=False)


def launched_store(place: Place) -> Store:
    """Return the store that a launcher's variables name; raise `BadInput` if the port is not to be had."""
    host, said = os.environ["MASTER_ADDR"], os.environ.get("MASTER_PORT", "")
    if not said.isdecimal() or not 0 < int(said) < 2**16:
        raise BadInput("MASTER_PORT", "is not the number of a port" if said else "is not set")
    kept = os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"  # by torchrun itself
    try:
        store = _connected(host, int(said), is_master=place.rank == 0 and not kept)
    except RunBroken as error:
        raise BadInput("MASTER_PORT", str(error)) from error
    return PrefixStore(f"metagen/{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", store)


def _connected(host: str, port: int, *, is_master: bool) -> TCPStore:
    try:
        return TCPStore(host, port, is_master=is_master, wait_for_workers=False, timeout=COMING)
    except torch.distributed.DistError as error:
        if is_master:
            raise RunBroken(f"port {port} of {host} is in use") from error
        raise RunBroken(f"port {port} of {host} does not answer") from error


def assemble(store: Store, ranks: int, kind: str, check: Callable[[], None]) -> None:
    """Wait until all others have come, and let them connect, to compute on a `kind` of device.

    `check` raises if one of them is known to have ended; `RunBroken` is raised if one does not come.
    """
    missing, until = [*range(1, ranks)], time.monotonic() + COMING.total_seconds()
    while missing := [rank for rank in missing if not store.check([_here(rank)])]:
        check()
        if time.monotonic() > until:
            minutes = COMING.total_seconds() / 60
            raise RunBroken(f"process {missing[0] + 1} of {ranks} did not come within {minutes:.0f} minutes")
        time.sleep(0.02)
    store.set("begin", kind)


def arrive(store: Store, rank: int) -> str:
    """Say that this process is here, wait for the first one, and return on which kind of device it computes."""
    store.set(_here(rank), "")
    store.wait(["begin"], EVER)  # the first process may have many pictures to read
    return store.get("begin").decode()


def _here(rank: int) -> str:
    return f"here/{rank}"
