"""Images that mean harm, and very many of them: what becomes of each, in how much time and memory.

    python benchmarks/faults/images.py

Every fault is met in a process of its own, which sees a canary file outside the chosen place and must leave it alone.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import pickle
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from multiprocessing.queues import SimpleQueue
from pathlib import Path

import numpy as np
from PIL import Image

from metagen_gui.engine.data.image_files.progress import Stopped
from metagen_gui.engine.data.image_files.report import look_at_images
from metagen_gui.engine.settings.bad_input import BadInput

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.engine.data.image_files.raw_images import cut_tiff, png, png_rows

MANY = 100_000
SIDE = 5000
SHAPE = (1, 28, 28)
Files = dict[str, bytes]


class Touch:
    """A pickle of this touches the canary when it is opened."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (f"echo touched >> {self.canary}",)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def drawn_over() -> bytes:
    data = encoded(Image.new("L", (SIDE, SIDE)), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * 2000 + data[-2:]


def animated() -> bytes:
    first, second = (Image.new("RGBA", (SIDE, SIDE), (value, 0, 0, 128)) for value in (0, 9))
    return encoded(first, "WEBP", lossless=True, save_all=True, append_images=[second])


def good() -> bytes:
    return encoded(Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)), "PNG")


def archive(place: Path, files: Files) -> Path:
    with zipfile.ZipFile(place / "images.zip", "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in files.items():
            opened.writestr(name, data)
    return place / "images.zip"


def folder(place: Path, files: Files) -> Path:
    for name, data in files.items():
        (place / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        (place / "images" / name).write_bytes(data)
    return place / "images"


def linked_to_everything(place: Path) -> Path:
    root = folder(place, {"a/1.png": good()})
    (root / "disk").symlink_to("/")
    (root / "a" / "again").symlink_to(root)
    (root / "a" / "2.png").symlink_to("/dev/zero")
    os.mkfifo(root / "a" / "3.png")
    return root


FAULTS: dict[str, Callable[[Path], Path]] = {
    "pickle called .png": lambda at: folder(at, {"a/1.png": pickle.dumps(Touch(at / "canary")), "a/2.png": good()}),
    "zip that leads out": lambda at: archive(at, {"../canary": b"x", "../canary.png": b"x", "a/1.png": good()}),
    "links to /, itself, devices": linked_to_everything,
    "40 zip members of 60 MB": lambda at: archive(at, {f"a/{n}.png": bytes(60_000_000) for n in range(40)}),
    "400 megapixels": lambda at: folder(at, {"a/1.png": png((20_000, 20_000), 8, 0, b"\0"), "a/2.png": good()}),
    "25 megapixels with alpha": lambda at: folder(
        at, {"a/1.png": png((SIDE, SIDE), 8, 6, png_rows(bytes(4), width=SIDE) * SIDE)}
    ),
    "25 megapixels, animated": lambda at: folder(at, {"a/1.webp": animated()}),
    "TIFF of 4 million strips": lambda at: folder(at, {"a/1.tif": cut_tiff(4_000_000, SIDE), "a/2.png": good()}),
    "TIFF of 15 million tiles": lambda at: folder(
        at, {"a/1.tif": cut_tiff(15_000_000, SIDE, tiles=True), "a/2.png": good()}
    ),
    "JPEG drawn over 2,000 times": lambda at: folder(at, {"a/1.jpg": drawn_over(), "a/2.png": good()}),
    f"folder of {MANY:,} images": lambda at: folder(at, {f"c{n // 100}/{n}.png": good() for n in range(MANY)}),
    f"zip of {MANY:,} images": lambda at: archive(at, {f"c{n // 100}/{n}.png": good() for n in range(MANY)}),
}


def meet(path: Path, stop: bool, told: SimpleQueue[tuple[str, float, float]]) -> None:
    """Look at `path`, and put what became of it, seconds and megabytes into `told`; `stop`: as soon as one is read."""
    before, started = peak(), time.perf_counter()
    try:
        says = look_at_images(path, SHAPE, progress=lambda met, of: not (stop and of and met)).summary()
    except (BadInput, Stopped) as refusal:
        says = f"refused: {refusal}"
    told.put((says, time.perf_counter() - started, peak() - before))


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_its_own_process(path: Path, stop: bool = False) -> tuple[str, float, float]:
    """Return what became of it; a process that died has nothing to say."""
    context = multiprocessing.get_context("spawn")
    told: SimpleQueue[tuple[str, float, float]] = context.SimpleQueue()
    process = context.Process(target=meet, args=(path, stop, told))
    process.start()
    process.join()
    return told.get() if process.exitcode == 0 else (f"DIED with {process.exitcode}", 0.0, 0.0)


def main() -> None:
    """Print a line for each fault."""
    print(f"{'fault':30} {'seconds':>8} {'MB':>6}  what became of it")
    lost = 0
    for name, make in FAULTS.items():
        with tempfile.TemporaryDirectory() as place:
            canary = Path(place, "canary")
            canary.write_text("alive")
            path = make(Path(place))
            for stop in (False, True) if f"{MANY:,}" in name else (False,):
                says, seconds, megabytes = in_its_own_process(path, stop)
                touched = canary.read_text() != "alive" or len(list(Path(place).iterdir())) != 2
                lost += touched or says.startswith("DIED")
                shown = says.replace(place, "…") + (" CANARY TOUCHED" if touched else "")
                print(f"{name + (', stopped' if stop else ''):30} {seconds:8.2f} {megabytes:6.0f}  {shown}", flush=True)
    print(f"{lost} of the faults above did harm")
    sys.exit(bool(lost))


if __name__ == "__main__":
    main()
