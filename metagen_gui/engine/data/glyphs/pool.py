"""The drawings of every character, made when first asked for and kept in the user's cache folder.

A character is drawn by `HANDS` hands at a time. What they draw depends on the character, the style and nothing else, so
a pool read from the cache and one drawn anew are the same to the byte.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import appdirs
import numpy as np
import numpy.typing as npt

from metagen_gui.engine.data.glyphs import kept
from metagen_gui.engine.data.glyphs.alphabet import Alphabet
from metagen_gui.engine.data.glyphs.drawer import HANDS, SHARE, Style, draw

VERSION = 1
"""Raise it whenever the alphabets change: drawings of another version are not read."""
STYLES_KEPT = 4

Drawings = npt.NDArray[np.uint8]


@dataclass
class _Sheet:
    """An alphabet as `HANDS` hands draw it: `(characters, HANDS, size, size)`, and the numbers still to be drawn."""

    drawings: Drawings
    missing: list[int]


class Pool:
    """Drawings in one style. `folder` is where they are kept; by default the user's cache folder."""

    def __init__(self, style: Style, folder: Path | None = None) -> None:
        self.style = style
        root = folder or Path(appdirs.user_cache_dir("metagen", appauthor=False)) / "strokes"
        self.folder = root / _fingerprint(style)
        self._sheets: dict[tuple[str, int], _Sheet] = {}

    def drawings(self, alphabet: Alphabet, number: int, examples: int) -> Drawings:
        """Return at least `examples` drawings `(drawings, size, size)` of a character, a multiple of `HANDS`."""
        groups = -(-examples // HANDS)
        found = [self._drawn(alphabet, number, group) for group in range(groups)]
        return found[0] if groups == 1 else np.concatenate(found)

    def _drawn(self, alphabet: Alphabet, number: int, group: int) -> Drawings:
        sheet = self._sheets.get((alphabet.name, group)) or self._open(alphabet, group)
        if sheet.missing:
            # One more than was asked for: the sheet is soon whole and can be kept, and no step waits for all of it.
            wanted = [each for each in sheet.missing if each == number]
            others = [each for each in sheet.missing if each != number]
            for each in wanted + others[:1]:
                sheet.drawings[each] = self._draw(alphabet, each, group)
            sheet.missing = others[1:]
            if not sheet.missing:
                self._keep(alphabet, group, sheet)
        drawings: Drawings = sheet.drawings[number]
        return drawings

    def _open(self, alphabet: Alphabet, group: int) -> _Sheet:
        """Return the sheet as it was kept, or an empty one."""
        shape = (alphabet.characters, HANDS, self.style.size, self.style.size)
        content = kept.read(self._file(alphabet, group), int(np.prod(shape)))
        if content is None:
            sheet = _Sheet(np.zeros(shape, np.uint8), list(range(alphabet.characters)))
        else:
            sheet = _Sheet(np.frombuffer(content, np.uint8).reshape(shape), [])
        self._sheets[alphabet.name, group] = sheet
        return sheet

    def _draw(self, alphabet: Alphabet, number: int, group: int) -> Drawings:
        character = int.from_bytes(blake2b(f"{alphabet.name}/{number}".encode(), digest_size=8).digest(), "big")
        share = SHARE * np.exp(np.random.default_rng(character).normal(0, 0.12))
        return draw(alphabet.glyph(number), share, self.style, np.random.default_rng([character, group]))

    def _keep(self, alphabet: Alphabet, group: int, sheet: _Sheet) -> None:
        if not self.folder.exists():
            self._forget_old_styles()
        kept.write(self._file(alphabet, group), sheet.drawings.tobytes())

    def _file(self, alphabet: Alphabet, group: int) -> Path:
        return self.folder / f"{alphabet.name} {group}.drawings"

    def _forget_old_styles(self) -> None:
        """Leave room for one more style: trying many pens must not fill the disk."""
        try:
            styles = sorted(self.folder.parent.iterdir(), key=lambda each: each.stat().st_mtime)
        except OSError:
            return
        for style in styles[: max(len(styles) - STYLES_KEPT + 1, 0)]:
            shutil.rmtree(style, ignore_errors=True)


def _fingerprint(style: Style) -> str:
    """Return a name for what is drawn in this style: it changes with the version, the style, the hands and the pen."""
    sample = (np.array([[-0.4, 0.5], [0.0, -0.5], [0.4, 0.5]]), np.array([[-0.2, 0.1], [0.2, 0.1]]))
    drawn = draw(sample, SHARE, style, np.random.default_rng(0)).tobytes()
    return blake2b(f"{VERSION} {style!r}".encode() + drawn, digest_size=12).hexdigest()
