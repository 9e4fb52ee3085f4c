"""PNG and TIFF files written byte by byte: kinds that Pillow reads and does not write, and ones that mean harm."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

Tag = tuple[int, int, int, int]
SHORT, LONG = 3, 4


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(size: tuple[int, int], bits: int, colour: int, rows: bytes, *extra: bytes) -> bytes:
    """A PNG of colour type 0 (gray), 2 (RGB), 3 (palette), 4 (gray, alpha) or 6 (RGBA); `rows` with filter bytes."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", *size, bits, colour, 0, 0, 0))
    body = png_chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + body + png_chunk(b"IEND", b"")


def png_rows(*pixels: bytes, width: int = 4) -> bytes:
    """One row of `width` equal pixels for each of `pixels`."""
    return b"".join(b"\0" + pixel * width for pixel in pixels)


def tiff(tags: Iterable[Tag], size: int, data: bytes = b"", *, big: bool = False) -> bytes:
    """A little-endian TIFF of `(tag, type, count, value)`; `data` follows at byte `size`."""
    entries = sorted(tags)
    if big:
        head = b"II+\0" + struct.pack("<HHQ", 8, 0, 16) + struct.pack("<Q", len(entries))
        head += b"".join(struct.pack("<HHQQ", *entry) for entry in entries)
    else:
        head = b"II*\0" + struct.pack("<IH", 8, len(entries))
        head += b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return head.ljust(size, b"\0") + data


def gray_tiff(bits: int, photometric: int, data: bytes, sample_format: int = 1, side: int = 4) -> bytes:
    """An uncompressed gray TIFF of `side` × `side` pixels; photometric 0 means that 0 is white."""
    tags = {256: side, 257: side, 258: bits, 259: 1, 262: photometric, 273: 1000, 277: 1, 278: side, 279: len(data)}
    return tiff([(tag, LONG, 1, value) for tag, value in {**tags, 339: sample_format}.items()], 1000, data)


def cut_tiff(pieces: int, side: int = 64, *, tiles: bool = False, big: bool = False) -> bytes:
    """A TIFF that says that its pixels lie in `pieces` strips or tiles, with a table of them as long as it takes."""
    tags = {256: side, 257: side, 258: 8, 259: 1, 262: 1, 277: 1, **({322: 1, 323: 1} if tiles else {278: 1})}
    tables = (324, 325) if tiles else (273, 279)
    entries = [(tag, LONG, 1, value) for tag, value in tags.items()] + [(tag, LONG, pieces, 1000) for tag in tables]
    return tiff(entries, 1000 + 4 * pieces, big=big)
