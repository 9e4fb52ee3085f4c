"""Sentences of the engine in another language: found by their template, with their values put back.

The engine says everything once, in English: to files and programs, which rely on it, and to whoever shows it to a
person. There it is translated, as a whole (`the rate is too high`), by a template (`{0} is too high`) whose values are
translated likewise, or part by part. So nothing needs to be marked where it is said, and what old runs noted is
translated like what the newest one says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import itemgetter

from metagen_gui.engine.languages.catalogue import BETWEEN

COUNTED = re.compile(r"\{\w+\} [\w-]+( \w+)?")
HOLE = re.compile(r"\{(\d+|[a-z_]\w*)\}")
"""Where a value stands in a template."""
JOINS = (". ", "\n", "; ", ": ", ", ", " · ", " ")
"""What may stand between parts that are translated each by itself; the last, only between sentences that have ended."""
PROSE = re.compile(r"[^\W\d_]{2,} [^\W\d_]{2,}")
"""Several words."""
NAME = re.compile(r"[a-z][a-z0-9_]*")
"""What may be the name of a choice, a file, a setting: it stays as it is in a sentence,"""
WORD = f"word{BETWEEN}"
"""but for words that are told so."""
GAP = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef]) (?=[\u3000-\u9fff\uff00-\uffef])")
"""A space between two Chinese signs, where a template expected a number."""
START = re.compile(r" \(|[ ;,]+[^\s{(]\w*")
PIECE = 0.01
"""Letters that a piece costs: of two ways to put a translation together the one of fewer pieces is the better."""
LONGEST = 3_000
"""Letters of what is looked at part by part."""
MOST_PLACES = 40
"""Places at which a text is tried to be divided by the same mark: what has more, such as lists, would take minutes."""
ENDS = "。；：，、！？）”"
"""After these no space is needed."""


@dataclass(frozen=True)
class Template:
    """A sentence with holes, and its translation."""

    expression: str
    holes: tuple[str, ...]
    """What the groups of `pattern` are called; of holes side by side the first gets everything."""
    anchor: str
    """The longest part that is the same in every such sentence."""
    letters: int
    """How many letters are the same in every such sentence."""
    text: str
    counts: bool
    """Whether it is a number and what is counted, such as `{0} tasks`, so that `my tasks` is none."""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The expression, compiled when it is first needed: most never are."""
        return re.compile(self.expression, re.DOTALL)


def template_of(english: str, text: str) -> Template | None:
    """Return how sentences like `english` are told, None where it has no holes or nothing but holes."""
    parts = HOLE.split(english)
    literals, holes = parts[::2], parts[1::2]
    anchor = max(literals, key=len)
    if not holes or not any(letter.isalpha() for letter in anchor):
        return None
    pattern = re.escape(literals[0])
    named: list[str] = []
    for before, hole, literal in zip(literals, holes, literals[1:], strict=False):
        if before or not named:
            # Only what follows upon a word or a full stop may be empty, such as what is told in special cases.
            pattern += "(.+?)" if not before or before[-1] in " (" else "(.*?)"
            named.append(hole)
        pattern += re.escape(literal)
    counts = COUNTED.fullmatch(english) is not None
    return Template(pattern, tuple(named), anchor, sum(map(len, literals)), text, counts)


class Sentences:
    """Tells English sentences in the language of `messages`."""

    def __init__(self, messages: Mapping[str, str]) -> None:
        self._words = {
            english.removeprefix(WORD): text for english, text in messages.items() if english.startswith(WORD)
        }
        messages = {english: text for english, text in messages.items() if BETWEEN not in english}
        self._messages = messages
        self._templates = [made for pair in messages.items() if (made := template_of(*pair)) is not None]
        self._starts = {START.match(english)[0] for english in messages if START.match(english)}  # type: ignore[index]
        """How parts begin that follow upon others, such as ` (` and `, `."""
        self._best = lru_cache(8_192)(self._find_best)

    def tell(self, text: str) -> str:
        """Return `text` in the other language; as it is, where nothing is known of it."""
        return self._messages.get(text) or self._best(text)[1]

    def _find_best(self, text: str) -> tuple[float, str]:
        """Return how many letters of `text` are known, and the translation by which most are."""
        if NAME.fullmatch(text):
            return (len(text) - PIECE, self._words[text]) if text in self._words else (0, text)
        for known, end in ((text, ""), (text[:-1], text[-1:])):
            for spelled in (known, known[:1].swapcase() + known[1:]):
                if spelled in self._messages and (not end or end in ".:"):
                    return len(text) - PIECE / 2, self._messages[spelled] + self._messages.get(end, end)
        best: tuple[float, str] = (0, text)
        if len(text) > LONGEST or not any(letter.isalpha() for letter in text):
            return best
        for template in self._templates:
            if template.letters > best[0] - len(text) and template.anchor in text:
                best = max(best, self._by_template(template, text), key=itemgetter(0))
        for start in self._starts:
            for at in _places(start, text):
                best = max(best, self._in_two(text, at, ""), key=itemgetter(0))
        for join in JOINS:
            for at in _places(join, text):
                if join != " " or text[at - 1] in ".!?":
                    best = max(self._in_two(text, at, join), best, key=itemgetter(0))
        return best

    def _by_template(self, template: Template, text: str) -> tuple[float, str]:
        found = template.pattern.fullmatch(text)
        if found is None or (template.counts and not any(map(str.isdigit, found[1]))):
            return 0, text
        values = [self._best(value) for value in found.groups()]
        # A few letters such as " of " are in sentences of all kinds, which a template of theirs would tear apart.
        pairs = zip(found.groups(), values, strict=True)
        strange = sum(max(0, len(value) - known) for value, (known, _) in pairs if PROSE.search(value))
        letters = template.letters - PIECE + sum(known for known, _ in values)
        if strange > letters:
            return 0, text
        told = dict(zip(template.holes, (value for _, value in values), strict=True))
        return letters, GAP.sub("", HOLE.sub(lambda hole: told.get(hole[1], ""), template.text))

    def _in_two(self, text: str, at: int, join: str) -> tuple[float, str]:
        keeps = "." if join == ". " else ""
        first, second = self._best(text[:at] + keeps), self._best(text[at + len(join) :])
        if not first[0] + second[0] or (not join and not second[0]):
            return 0, text
        between = join.removeprefix(keeps)
        if join == ": " or (first[0] and second[0]):
            between = self._messages.get(between, between)
        if between == " " and first[1][-1:] in ENDS:
            between = ""
        return first[0] + second[0], first[1] + between + second[1]


def _places(part: str, text: str) -> Iterator[int]:
    """Yield where `part` stands within `text`, with something before it and behind; nothing if that is too often."""
    at = text.find(part, 1) if text.count(part) <= MOST_PLACES else -1
    while 0 < at < len(text) - len(part):
        yield at
        at = text.find(part, at + 1)
