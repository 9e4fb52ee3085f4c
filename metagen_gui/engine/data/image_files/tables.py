"""What a file's own tables promise, looked at before a decoder believes them.

A few kilobytes can ask for hours or for all memory: a TIFF that lists millions of strips (Pillow makes an object of
each; measured: 16 MB became 1.4 GB and twenty seconds), a JPEG that refines one picture thousands of times (182 kB
took 18 seconds). Neither declares too many pixels. Real files come nowhere near these limits.
"""

from __future__ import annotations

import struct

MOST_SCANS = 100
"""A progressive JPEG has about ten scans, its preview as many; chance makes a few more in what else it carries."""
MOST_PIECES = 300_000
"""25 million pixels in the smallest tiles that TIFF knows, 16 × 16, each of three colours apart."""
MOST_TAGS = 4_000
STRIPS_AND_TILES = frozenset({273, 279, 324, 325})
"""Tags that hold one number for each piece: offsets and lengths."""


def objection(data: bytes) -> str:
    """Say why a decoder must not be given the file `data`; an empty text lets it pass."""
    if data.startswith(b"\xff\xd8"):
        # Within the packed pixels 0xFF is always followed by 0, so this counts scans.
        return "it is drawn over too many times" if data.count(b"\xff\xda") > MOST_SCANS else ""
    return _tiff_objection(data) if data[:2] in (b"II", b"MM") and data[2:4].strip(b"\0") in (b"*", b"+") else ""


def _tiff_objection(data: bytes) -> str:
    order = "<" if data.startswith(b"II") else ">"
    big = data[2] == ord("+")  # as Pillow tells the variant with 64-bit offsets, by the third byte whatever the order
    try:
        (start,) = struct.unpack_from(order + ("Q" if big else "L"), data, 8 if big else 4)
        (tags,) = struct.unpack_from(order + ("Q" if big else "H"), data, start)
        if tags > MOST_TAGS:
            return "damaged"
        entry = struct.Struct(order + ("HHQ8x" if big else "HHL4x"))
        for place in range(tags):
            tag, _, count = entry.unpack_from(data, start + (8 if big else 2) + place * entry.size)
            if tag in STRIPS_AND_TILES and count > MOST_PIECES:
                return "it is cut into too many pieces"
    except (struct.error, OverflowError):  # a table beyond the end of the file
        return "truncated"
    return ""
