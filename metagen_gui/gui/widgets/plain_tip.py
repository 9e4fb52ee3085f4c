"""Tooltips that show the names of files as they are: Qt takes a name such as `<b>.png` for markup."""

from __future__ import annotations

from html import escape


def plain_tip(text: str) -> str:
    """Return a tooltip that shows `text` to the letter, wrapped where it is long; none for an empty text."""
    return f'<p style="white-space: pre-wrap">{escape(text)}</p>' if text else ""
