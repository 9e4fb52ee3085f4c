"""Omniglot with a split of one's own: a zip of the published pictures under train/, val/ and test/, by alphabet.

    python benchmarks/alphabets.py images_background.zip omniglot-17-3-10.zip

Which alphabets are held out follows from their names alone: in order of the SHA-256 of these the last ten are for the
test, the three before them for validation, and the rest are trained on. Pictures are taken over byte for byte.
"""

from __future__ import annotations

import argparse
import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path

TEST, VALIDATION = 10, 3


def streams(alphabets: Sequence[str]) -> dict[str, str]:
    """Return the folder that every alphabet goes to."""
    ordered = sorted(alphabets, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    trained = len(ordered) - TEST - VALIDATION
    folders = ["train"] * trained + ["val"] * VALIDATION + ["test"] * TEST
    return dict(zip(ordered, folders, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("published", type=Path, help="images_background.zip as published: alphabet/character/drawing")
    parser.add_argument("out", type=Path, help="the zip to write")
    given = parser.parse_args()
    with zipfile.ZipFile(given.published) as source, zipfile.ZipFile(given.out, "w") as made:
        parts = [Path(name).parts for name in source.namelist() if name.endswith(".png")]
        where = streams(sorted({alphabet for _, alphabet, *_ in parts}))
        for top, alphabet, *rest in parts:
            place = "/".join((where[alphabet], alphabet, *rest))
            made.writestr(zipfile.ZipInfo(place), source.read("/".join((top, alphabet, *rest))))
    for folder in ("train", "val", "test"):
        held = sorted(name for name, at in where.items() if at == folder)
        print(f"{folder} ({len(held)}): {', '.join(held)}")


if __name__ == "__main__":
    main()
