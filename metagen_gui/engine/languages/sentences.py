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
from functools import lru_cache
from operator import itemgetter

HOLE = re.compile(r"\{(\d+|[a-z_]\w*)\}")
"""Where a value stands in a template."""
JOINS = (". ", "\n", "; ", ": ", ", ", " · ", " ")
"""What may stand between parts that are translated each by itself; the last, only between sentences that have ended."""
BETWEEN = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef]) (?=[\u3000-\u9fff\uff00-\uffef])")
"""A space between two Chinese signs, where a template expected a number."""
START = re.compile(r"[ ;,(]+\w*")
LONGEST = 3_000
"""Letters of what is looked at part by part."""
ENDS = "。；：，、！？）”"
"""After these no space is needed."""


@dataclass(frozen=True)
class Template:
    """A sentence with holes, and its translation."""

    pattern: re.Pattern[str]
    holes: tuple[str, ...]
    """What the groups of `pattern` are called; of holes side by side the first gets everything."""
    anchor: str
    """The longest part that is the same in every such sentence."""
    letters: int
    """How many letters are the same in every such sentence."""
    text: str


def template_of(english: str, text: str) -> Template | None:
    """Return how sentences like `english` are told, None where it has no holes or nothing but holes."""
    parts = HOLE.split(english)
    literals, holes = parts[::2], parts[1::2]
    anchor = max(literals, key=len)
    if not holes or not any(letter.isalpha() for letter in anchor):
        return None
    pattern, named = re.escape(literals[0]), []
    for hole, literal in zip(holes, literals[1:], strict=True):
        if not pattern.endswith("(.*?)"):
            pattern += "(.*?)"
            named.append(hole)
        pattern += re.escape(literal)
    return Template(re.compile(pattern, re.DOTALL), tuple(named), anchor, sum(map(len, literals)), text)


class Sentences:
    """Tells English sentences in the language of `messages`."""

    def __init__(self, messages: Mapping[str, str]) -> None:
        self._messages = messages
        self._templates = [made for pair in messages.items() if (made := template_of(*pair)) is not None]
        self._starts = {START.match(english)[0] for english in messages if START.match(english)}  # type: ignore[index]
        """How parts begin that follow upon others, such as ` (` and `, `."""
        self._best = lru_cache(8_192)(self._find_best)

    def tell(self, text: str) -> str:
        """Return `text` in the other language; as it is, where nothing is known of it."""
        return self._best(text)[1]

    def _find_best(self, text: str) -> tuple[int, str]:
        """Return how many letters of `text` are known, and the translation by which most are."""
        for known, end in ((text, ""), (text[:-1], text[-1:])):
            for spelled in (known, known[:1].swapcase() + known[1:]):
                if spelled in self._messages and (not end or end in ".:"):
                    return len(text) + 1, self._messages[spelled] + self._messages.get(end, end)
        best = (0, text)
        if len(text) > LONGEST or not any(letter.isalpha() for letter in text):
            return best
        for template in self._templates:
            if template.letters > best[0] - len(text) and template.anchor in text:
                best = max(best, self._by_template(template, text), key=itemgetter(0))
        for start in self._starts:
            for at in _places(start, text):
                best = max(self._in_two(text, at, ""), best, key=itemgetter(0))
        for join in JOINS:
            for at in _places(join, text):
                if join != " " or text[at - 1] in ".!?":
                    best = max(self._in_two(text, at, join), best, key=itemgetter(0))
        return best

    def _by_template(self, template: Template, text: str) -> tuple[int, str]:
        found = template.pattern.fullmatch(text)
        if found is None:
            return 0, text
        values = [self._best(value) for value in found.groups()]
        # A few letters such as " of " are in sentences of all kinds, which a template of theirs would tear apart.
        strange = sum(
            len(value) for value, (known, _) in zip(found.groups(), values, strict=True) if _prose(value, known)
        )
        letters = template.letters + sum(known for known, _ in values)
        if strange > letters:
            return 0, text
        told = dict(zip(template.holes, (value for _, value in values), strict=True))
        return letters, BETWEEN.sub("", HOLE.sub(lambda hole: told.get(hole[1], ""), template.text))

    def _in_two(self, text: str, at: int, join: str) -> tuple[int, str]:
        keeps = "." if join == ". " else ""
        first, second = self._best(text[:at] + keeps), self._best(text[at + len(join) :])
        if not first[0] + second[0] or (not join and not second[0]):
            return 0, text
        between = join.removeprefix(keeps) if keeps else self._messages.get(join, join)
        if between == " " and first[1][-1:] in ENDS:
            between = ""
        return first[0] + second[0], first[1] + between + second[1]


def _places(part: str, text: str) -> Iterator[int]:
    """Yield where `part` stands within `text`, with something before it and behind."""
    at = text.find(part, 1)
    while 0 < at < len(text) - len(part):
        yield at
        at = text.find(part, at + 1)


def _prose(value: str, known: int) -> bool:
    """Whether a value is several words of which nothing is known."""
    return not known and len(re.findall(r"[^\W\d_]{2,} (?=[^\W\d_]{2,})", value)) >= 2
