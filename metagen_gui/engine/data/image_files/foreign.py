"""What a file is that is called an image and that no decoder takes."""

from __future__ import annotations

from pathlib import PurePosixPath

PICTURES = {
    **dict.fromkeys(("heic", "heix", "hevc", "mif1", "msf1"), "a HEIC"),
    **dict.fromkeys(("avif", "avis"), "an AVIF"),
}
"""Brands of the container that telephones put their photographs into."""
BEGINNINGS = {
    b"\x89PNG": "damaged",
    b"\xff\xd8\xff": "damaged",
    b"GIF8": "damaged",
    b"RIFF": "damaged",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 image, which cannot be read",
    b"\0\0\0\x0cJXL ": "a JPEG XL image, which cannot be read",
    b"\xff\x0a": "a JPEG XL image, which cannot be read",
    b"8BPS": "a Photoshop file, which cannot be read",
    b"II*\0": "a kind of TIFF that cannot be read",
    b"MM\0*": "a kind of TIFF that cannot be read",
    b"PK\3\4": "not an image but a zip",
    b"%PDF": "not an image but a PDF",
    b"%!PS": "not an image but PostScript",
    b"<!DOCTYPE html": "not an image but a web page",
    b"<html": "not an image but a web page",
}


CALLED = {
    **dict.fromkeys((".heic", ".heif"), "a HEIC image"),
    ".avif": "an AVIF image",
    **dict.fromkeys((".jp2", ".j2k"), "a JPEG 2000 image"),
    ".jxl": "a JPEG XL image",
    ".psd": "a Photoshop file",
    **dict.fromkeys((".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2", ".raw"), "a camera's raw file"),
}
"""Names of pictures that no decoder here takes."""
ARRAYS = {".mat": "MATLAB arrays", ".h5": "an HDF5 file"}


def called(name: str) -> str:
    """Say what a file is by its name, where that is a picture which cannot be read; else an empty text."""
    what = CALLED.get(PurePosixPath(name).suffix.casefold())
    return f"{what}, which cannot be read; save it as PNG or JPEG" if what else ""


def arrays(name: str) -> str:
    """Say what a file of many pictures is that is not read, and what to do with it; an empty text if it is none."""
    what = ARRAYS.get(PurePosixPath(name).suffix.casefold())
    return f"{what}, which is not read; save them as .npy or .npz of NumPy" if what else ""


def named(data: bytes) -> str:
    """Say what the file `data` is; an empty text if that cannot be told. It goes by the first few bytes alone."""
    if data[4:8] == b"ftyp" and (brand := PICTURES.get(data[8:12].decode("latin-1"))):
        return f"{brand} image, which cannot be read; save it as PNG or JPEG"
    start = data[:256].lstrip()
    if start.startswith((b"<svg", b"<?xml")) and b"<svg" in data[:2000]:
        return "an SVG drawing, which cannot be read; save it as PNG"
    return next((says for mark, says in BEGINNINGS.items() if data.startswith(mark) or start.startswith(mark)), "")
