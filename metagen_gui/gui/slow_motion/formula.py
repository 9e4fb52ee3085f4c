"""Lines of formulas as Qt shows them: `_` lowers and `^` raises what follows, a sign or braces."""

from __future__ import annotations

import re
from html import escape

_SHIFTED = re.compile(r"([_^])(\{([^{}]*)\}|.)")
_TAGS = {"_": "sub", "^": "sup"}


def as_html(line: str) -> str:
    """Return a line as rich text, everything else in it to the letter."""

    def shifted(found: re.Match[str]) -> str:
        tag = _TAGS[found[1]]
        return f"<{tag}>{found[3] if found[3] is not None else found[2]}</{tag}>"

    return _SHIFTED.sub(shifted, escape(line, quote=False).replace("   ", "&nbsp;&nbsp; "))


def as_text(line: str) -> str:
    """Return a line as it is read aloud: without braces, what is lowered behind an underscore."""
    return _SHIFTED.sub(lambda found: found[1] + (found[3] if found[3] is not None else found[2]), line)
