"""What the largest images that are let through need, measured from outside; what asks for more never gets it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LIMIT = 750 * 2**20
"""Bytes on top of what Python, NumPy and Pillow hold: 25 million pixels at 4 bytes, and six copies of them."""
SCRIPT = f"""
import io, pathlib, resource, sys
import numpy as np
from PIL import Image
sys.path.insert(0, {str(Path(__file__).parents[4])!r})
from tests.engine.data.image_files.raw_images import cut_tiff, png, png_rows
from metagen_gui.engine.data.image_files.decode import open_image, to_pixels
from metagen_gui.engine.data.image_files.listing import Unusable

def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()

side = 5000
files = {{
    "colour with alpha": png((side, side), 8, 6, png_rows(bytes(4), width=side) * side),
    "sixteen bits": png((side, side), 16, 0, png_rows(bytes(2), width=side) * side),
    "float": encoded(Image.fromarray(np.eye(side, dtype=np.float32) * 5), "TIFF", compression="tiff_deflate"),
    "animation": encoded(Image.new("RGBA", (side, side)), "WEBP", lossless=True, save_all=True,
                         append_images=[Image.new("RGBA", (side, side), (1, 2, 3, 4))]),
    "a million tiles": cut_tiff(4_000_000, 2000, tiles=True),
}}
Image.preinit()
pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + {LIMIT}
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
for name, data in files.items():
    try:
        print(name, to_pixels(open_image(data), (1, 28, 28)).shape)
    except Unusable as error:
        print(name, error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is set the Linux way")
def test_the_largest_images_fit_into_a_bounded_memory() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == [
        "colour with alpha (1, 28, 28)",
        "sixteen bits (1, 28, 28)",
        "float (1, 28, 28)",
        "animation (1, 28, 28)",
        "a million tiles it is cut into too many pieces",
    ], done.stderr
