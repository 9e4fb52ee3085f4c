"""Characters of real scripts and symbols, from the single-stroke fonts of A. V. Hershey.

The doubled and gothic fonts turn to blobs at 28×28 and are left out. So is what another alphabet already has in
(nearly) the same strokes: the small o, a Greek Α, a bracket that is a bar.
"""

from __future__ import annotations

from functools import cache, partial

import numpy as np
from HersheyFonts import HersheyFonts

from metagen_gui.engine.data.glyphs.alphabet import Alphabet, Glyph, Split, fit

_ALPHABETS: tuple[tuple[str, Split, str, str], ...] = (
    # name, split, font, and the keys under which the font keeps the characters
    ("latin capitals", "train", "rowmans", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("latin small letters", "train", "rowmans", "abdefghjkmnqrtuy"),
    ("script capitals", "train", "scripts", "ABCDEFGHIJKLMNOPQRSUVWXYZ"),
    ("script small letters", "train", "scripts", "abdefghijlmnpqrstuvwx"),
    ("digits and signs", "train", "rowmans", "1234567#$%&?@"),
    ("greek", "validation", "greeks", "DNPRTUWXabcdfghklnpqrsux"),
    ("drawn symbols", "test", "symbolic", "79;<=>?@IKLVWXYZ[]^_`aghmnp"),
    ("mathematics", "validation", "mathlow", "!\"&'=?^_bdfghijklnpvxyz|"),
)


def alphabets() -> tuple[Alphabet, ...]:
    """Return the alphabets; their strokes are read from the fonts when first asked for."""
    return tuple(
        Alphabet(name, split, len(keys), partial(_glyph, font, keys)) for name, split, font, keys in _ALPHABETS
    )


def _glyph(font: str, keys: str, number: int) -> Glyph:
    return _font(font)[keys[number]]


@cache
def _font(name: str) -> dict[str, Glyph]:
    fonts = HersheyFonts()
    fonts.load_default_font(name)
    drawn = {key: [np.array(s, float) for s in found.strokes if len(s) > 1] for key, found in fonts.all_glyphs.items()}
    return {key: fit(strokes) for key, strokes in drawn.items() if strokes}
