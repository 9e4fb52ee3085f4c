"""Names and values of other people's making, as text that a person can read and no terminal obeys."""

from __future__ import annotations

import shlex

LETTERS_SHOWN = 100
VALUE_LETTERS = 60


def printable(name: str) -> str:
    r"""Return `name` on one line and as valid text: undecodable bytes as `\xff`, control characters as `\n`."""
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in name)


def as_word(path: object) -> str:
    """Return a path as one word of a command line that is to be copied, whatever it is called."""
    return shlex.quote(printable(str(path)))


def shortened(text: str, most: int = LETTERS_SHOWN) -> str:
    """Return `text` without its middle where it has more than `most` letters: a name in a zip may have 65,535."""
    half = most // 2
    return text if len(text) <= most else f"{text[:half]}…{text[half - most + 1 :]}"


def quoted(value: object) -> str:
    """Return what was given as Python writes it, without its middle where it is long."""
    try:
        return shortened(repr(value), VALUE_LETTERS)
    except (ValueError, RecursionError):  # a whole number of thousands of digits, lists in lists in lists
        return f"this {type(value).__name__}"


def _escaped(letter: str) -> str:
    undecodable = "\udc80" <= letter <= "\udcff"  # how Python stands in for a byte of a name that is not UTF-8
    return f"\\x{ord(letter) - 0xDC00:02x}" if undecodable else ascii(letter)[1:-1]
