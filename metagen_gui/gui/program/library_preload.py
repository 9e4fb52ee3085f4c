"""Opens torch's large library before it is imported, so that the window stays live meanwhile.

An import holds Python's lock while the system links a library of hundreds of megabytes, and no slot of the window
can run. A foreign call gives the lock up; the import then finds the library in place.
"""

from __future__ import annotations

import ctypes
import os
import sys
from importlib.util import find_spec
from pathlib import Path


def preload_torch() -> bool:
    """Open the library and return whether that worked. Where it does not, importing merely takes its usual way."""
    library = _torch_library()
    if library is None:
        return False
    # Not ctypes.CDLL(library): it keeps the lock.
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.argtypes, dlopen.restype = [ctypes.c_char_p, ctypes.c_int], ctypes.c_void_p
    return bool(dlopen(os.fsencode(library), os.RTLD_LAZY | os.RTLD_LOCAL))


def _torch_library() -> Path | None:
    found = find_spec("torch") if sys.platform == "linux" else None
    folders = found.submodule_search_locations if found else None
    files = [Path(folder) / "lib" / "libtorch_cpu.so" for folder in folders or ()]
    return next((file for file in files if file.is_file()), None)
