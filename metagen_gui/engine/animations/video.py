"""Videos by PyAV, an extra: VP9 in WebM or MP4, which every browser plays and nobody asks a licence for."""

from __future__ import annotations

import importlib.util
import io
import sys
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from metagen_gui.engine.animations.write import Film, Frame

CODEC = "libvpx-vp9"
QUALITY = {"crf": "24", "b:v": "0", "deadline": "good", "cpu-used": "4", "row-mt": "1"}
"""Constant quality, at a pace that a person waits for."""
PACKAGE = "av>=15"


def why_no_video() -> str:
    """Return why no video can be written, with the one command that changes it; "" where one can."""
    if importlib.util.find_spec("av") is not None:
        return ""
    command = command_for_video()
    if not command:
        return "this build has no video encoder; GIF, WebP and APNG need none"
    return f"videos need PyAV; this adds it: {command}"


def command_for_video() -> str:
    """Return the command that adds what videos need to this Python; "" for a frozen program, which takes nothing."""
    return "" if getattr(sys, "frozen", False) else f'"{sys.executable}" -m pip install "{PACKAGE}"'


def encode_video(frames: Iterable[Frame], film: Film, container: str) -> bytes:
    """Return `frames` as a video in a `container`, webm or mp4; they are taken one at a time."""
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as file:
        stream = file.add_stream(CODEC, rate=Fraction(1000, film.milliseconds), options=QUALITY)
        stream.width, stream.height = (side + side % 2 for side in film.size)
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(_even(frame), format="rgb24")))
        file.mux(stream.encode(None))
    return buffer.getvalue()


def _even(frame: Frame) -> Frame:
    """Return a frame whose sides are even, as the codec's halved colours need: its last row or column twice."""
    rows, columns = frame.shape[:2]
    padded = np.pad(frame, ((0, rows % 2), (0, columns % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(padded)
