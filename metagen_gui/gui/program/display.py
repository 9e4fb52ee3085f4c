"""Whether a window can be opened. Qt itself aborts the program when it cannot, so this is asked before Qt is."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
"""The Debian package of each library that Qt needs and does not bring along."""


def missing_library(error: BaseException) -> str | None:
    """Return one line on the libraries that are missing after a failed import or load that names one, else None.

    All of them are named, not only the one that the loader stumbled over, so that one installation mends it.
    """
    name = str(error).partition(":")[0].strip()
    if ".so" not in name or "/" in name:
        return None
    family = name[:6]
    names = sorted({name, *(other for other in PACKAGES if other.startswith(family) and not _loads(other))})
    packages = " ".join(PACKAGES[found] for found in names if found in PACKAGES)
    advice = f"; on Debian and Ubuntu: apt install {packages}" if packages else ""
    return f"missing system libraries: {', '.join(names)}{advice}"


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def why_no_window() -> str | None:
    """Return one line on why Qt could not open a window here, None where it can. Only Linux is looked at."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0] not in (
        "",
        "xcb",
        "wayland",
    ):
        return None
    wanted = os.environ.get("QT_QPA_PLATFORM", "")
    reasons = []
    if os.environ.get("WAYLAND_DISPLAY") and not wanted.startswith("xcb"):
        reasons.append(_why_no_wayland())
    if os.environ.get("DISPLAY") and not wanted.startswith("wayland"):
        reasons.append(_why_no_x11(os.environ["DISPLAY"]))
    if not reasons:
        return "no display: neither DISPLAY nor WAYLAND_DISPLAY is set; `metagen train` works without one"
    return None if None in reasons else reasons[-1]


def _why_no_wayland() -> str | None:
    socket = Path(os.environ.get("XDG_RUNTIME_DIR", "/")) / os.environ["WAYLAND_DISPLAY"]
    if not socket.exists():
        return f"no display: there is no Wayland server at {socket}; `metagen train` works without one"
    return _why_no_plugin("libqwayland*.so")


def _why_no_x11(display: str) -> str | None:
    broken = _why_no_plugin("libqxcb.so")
    if broken:
        return broken
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    refused = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    if refused:
        return f"no display: nothing answers at DISPLAY={display}; `metagen train` works without one"
    return None


def _why_no_plugin(pattern: str) -> str | None:
    """Load Qt's platform plugin as Qt will, to learn what it lacks."""
    from PySide6.QtCore import QLibraryInfo

    folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)) / "platforms"
    for plugin in sorted(folder.glob(pattern))[:1]:
        try:
            ctypes.CDLL(str(plugin))
        except OSError as error:
            return missing_library(error) or f"Qt's display plugin cannot be loaded: {error}"
    return None
