"""The language that this process speaks to a person: English until `speak` chooses another.

What it writes for people, reports and model cards, is in the same language, unless `written_in` says another.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache

from metagen_gui.engine.languages.catalogue import BETWEEN, Catalogue, catalogues, read_catalogue, read_entries
from metagen_gui.engine.languages.sentences import Sentences

ENGLISH = "en"
PSEUDO = "pseudo"
"""English as it would be in another language, longer and in brackets: what is not, nobody can translate."""
ASKED = "METAGEN_LANGUAGE"
"""The variable that says the language, above what the system and the window's settings say."""
FIXED = re.compile(r"(\{[^{}]*\}|<[^<>]*>|%n|&\w+;)")
"""What stays in a translation as it is: holes and marks."""


@dataclass(frozen=True)
class Spoken:
    """A language: its name, the texts of its catalogue, and what tells sentences in it."""

    language: str = ENGLISH
    messages: Mapping[str, str] = field(default_factory=dict)
    tell: Callable[[str], str] = str


_spoken = Spoken()
_written: ContextVar[Spoken | None] = ContextVar("written", default=None)


def translated(text: str) -> str:
    """Return an English sentence of the engine as a person is to read it; as it is, where nobody has translated it."""
    return _now().tell(text)


def named(name: str) -> str:
    """Return what a registered name is called: of a choice, a group of parameters, a player (`wgan_gp`, `head`).

    In a sentence of the engine a name stays as it is, for that is how it is written in files and on command lines.
    """
    spelled = name.replace("_", " ")
    return _now().messages.get(f"name{BETWEEN}{spelled}", spelled)


def known(text: str) -> str | None:
    """Return what stands for `text` as a whole in the catalogue, None where nothing does."""
    return _now().messages.get(text)


def speak(language: str) -> Catalogue | None:
    """Speak `language` from now on; return its catalogue, None for English and for what cannot be read."""
    global _spoken
    catalogue = _catalogue(language)
    _spoken = _speaker(catalogue)
    return catalogue


def language_now() -> str:
    """Return the language in which texts are told now."""
    return _now().language


def languages() -> list[str]:
    """Return the languages there are, English first."""
    return [ENGLISH, *catalogues()]


@contextmanager
def written_in(language: str) -> Iterator[None]:
    """Tell texts in `language` within, in this thread: what is written for people; "" is the program's own."""
    before = _written.set(_writer(language) if language else None)
    try:
        yield
    finally:
        _written.reset(before)


def _now() -> Spoken:
    return _written.get() or _spoken


@lru_cache
def _writer(language: str) -> Spoken:
    return _speaker(_catalogue(language))


def _speaker(catalogue: Catalogue | None) -> Spoken:
    if catalogue is None:
        return Spoken()
    return Spoken(catalogue.language, catalogue.messages, Sentences(catalogue.messages).tell)


def asked_language(system: Sequence[str] = (), chosen: str = "") -> str:
    """Return the language to speak: that of the environment's METAGEN_LANGUAGE, else `chosen`, else the `system`'s.

    Without `system`, it is what the environment says, as it is for other commands.
    """
    if asked := os.environ.get(ASKED) or chosen:
        return asked
    variables = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    first = next((value for value in variables if value), "")
    listed = os.environ.get("LANGUAGE", "").split(":") if first.partition(".")[0] not in ("", "C", "POSIX") else []
    for wished in system or [*listed, first]:
        if (found := nearest(wished)) is not None:
            return found
    return ENGLISH


def nearest(wished: str) -> str | None:
    """Return the language that comes nearest to `wished`, such as zh_CN to `zh-Hans-SG`; None where none does.

    Chinese is written in two ways, and whoever reads the one need not read the other.
    """
    parts = wished.partition(".")[0].partition("@")[0].replace("-", "_").split("_")
    if parts[0] == ENGLISH:
        return ENGLISH
    traditional = {"Hant", "TW", "HK", "MO"} & set(parts)
    for language in catalogues():
        if language.split("_")[0] == parts[0] and not (traditional and language == "zh_CN"):
            return language
    return None


def _catalogue(language: str) -> Catalogue | None:
    files = catalogues()
    try:
        if language == PSEUDO and files:
            entries = read_entries(next(iter(files.values())).read_text(encoding="utf-8"))
            return Catalogue(
                PSEUDO, {english: pseudo(english.rpartition(BETWEEN)[2]) for english, _ in entries if english}
            )
        return read_catalogue(files[language]) if language in files else None
    except (OSError, ValueError):
        return None


def pseudo(english: str) -> str:
    """Return `english` in brackets and a third longer, its letters with marks; what stands in braces stays."""
    if not any(letter.isalpha() for letter in english):
        return english
    marked = str.maketrans("aeiouAEIOU", "àéîöûÀÉÎÖÛ")
    parts = FIXED.split(english)
    parts[::2] = [part.translate(marked) for part in parts[::2]]
    return f"⟦{''.join(parts)}{'·' * (len(english) // 3)}⟧"
