"""The frame of a report: one HTML page that needs nothing else, light and dark by the reader's own setting.

A page is put together in English, as everything the engine says, and its texts are translated when it is done: all
that stands between tags or in labels, but for code and for what is marked as a `Name`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape, unescape
from pathlib import Path

from metagen_gui.engine.files import write_atomically
from metagen_gui.engine.languages.spoken import language_now, translated
from metagen_gui.engine.settings.bad_input import BadInput

COLOURS = {
    "light": ["6b7280", "a05a00", "b3261e", "1f5fc4", "7b3fb5", "1a7f4b", "3d4654", "007f8c", "b0307a", "5a6b00"],
    "dark": ["9aa3af", "f0a95a", "ff8a80", "7db1ff", "c79bf2", "5fd69a", "d5dbe3", "5ccfdb", "f291c4", "c3d25a"],
}
"""Of the arms, in their order."""
STYLE = (
    """
:root { --ground: #fff; --ink: #1c2128; --dim: #5b6470; --line: #d9dee5; --panel: #f5f7fa;
  --yes: #1a7f4b; --no: #b3261e; --open: #8a6100; LIGHT }
@media (prefers-color-scheme: dark) {
  :root { --ground: #15181d; --ink: #e6e9ee; --dim: #a3acb8; --line: #333b46; --panel: #1d2229;
    --yes: #5fd69a; --no: #ff8a80; --open: #e8bd54; DARK } }
* { box-sizing: border-box }
body { background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; margin: 0 auto;
  max-width: 1180px; padding: 24px }
h1 { font-size: 1.6rem; margin: 0 0 4px } h2 { font-size: 1.2rem; margin: 36px 0 8px }
h3 { font-size: 1rem; margin: 20px 0 6px } p { margin: 6px 0; max-width: 85ch }
.dim { color: var(--dim) }
.verdict { background: var(--panel); border-left: 5px solid var(--open); margin: 10px 0; padding: 10px 14px }
.verdict.confirmed { border-color: var(--yes) } .verdict.refuted { border-color: var(--no) }
.verdict ul { margin: 6px 0; padding-left: 20px } .verdict p { max-width: none }
.status { font-weight: 600 } .confirmed .status { color: var(--yes) } .refuted .status { color: var(--no) }
.open .status { color: var(--open) }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums }
th, td { border-bottom: 1px solid var(--line); padding: 4px 10px 4px 0; text-align: left; vertical-align: top }
td.n, th.n { text-align: right; white-space: nowrap }
.charts { display: grid; gap: 18px; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)) }
figure { margin: 0 } figcaption { color: var(--dim); font-size: .85rem }
.chart { height: auto; width: 100% } .tick { fill: var(--dim); font-size: 12px } .grid { stroke: var(--line) }
.line { fill: none; stroke-width: 2 } .level { stroke-dasharray: 6 4; stroke-width: 2 }
.band { opacity: .16; stroke: none }
.whisker { stroke-width: 1.5 } .mark { fill: var(--ground); stroke: var(--dim); stroke-width: 1.5 }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 8px 0 }
.key { border-radius: 2px; display: inline-block; height: 4px; margin-right: 6px; vertical-align: middle; width: 20px }
.sheet img { display: block; height: 60px; image-rendering: pixelated } .sheet .points img { height: 86px }
pre { background: var(--panel); font-size: .82rem; overflow-x: auto; padding: 12px }
@media print { body { max-width: none } }
""".replace("LIGHT", "; ".join(f"--k{place}: #{colour}" for place, colour in enumerate(COLOURS["light"]))).replace(
        "DARK", "; ".join(f"--k{place}: #{colour}" for place, colour in enumerate(COLOURS["dark"]))
    )
    + "".join(
        f".line.c{place}, .level.c{place}, .whisker.c{place} {{ stroke: var(--k{place % 10}) }}\n"
        f".band.c{place}, .dot.c{place} {{ fill: var(--k{place % 10}) }}\n"
        f".key.c{place} {{ background: var(--k{place % 10}) }}\n"
        for place in range(20)
    )
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""No script, nothing from the network, whatever a name in the data may hold."""
TAG = re.compile(r"(<[^>]*>)")
LABEL = re.compile(r'(aria-label=")([^"]*)')
KEPT = re.compile(r'<(style|pre|code)>|<(\w+) translate="no"[^>]*>')
"""What begins a part that is the same in every language."""


class Name(str):
    """A name that others gave: it is written as it is, in every language."""


def write_page(path: Path, title: str, body: Iterable[str]) -> None:
    """Write a page to `path`; raise `BadInput` that names it where it cannot be written."""
    try:
        write_atomically(path, page(title, body).encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise BadInput(str(path), error.strerror or str(error)) from None


def page(title: str, body: Iterable[str]) -> str:
    """Return the whole page."""
    head = [
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        f"<title>{text(title)}</title>",
        f"<style>{STYLE}</style>",
    ]
    start = f'<html lang="{language_now().replace("_", "-")}"><head>'
    lines = ["<!DOCTYPE html>", start, *head, "</head><body>", *body, "</body></html>", ""]
    return "".join(_in_language("\n".join(lines)))


def _in_language(page: str) -> Iterator[str]:
    """Yield a page part by part, its texts in the language that is spoken."""
    kept = ""
    for part in TAG.split(page):
        if not part.startswith("<"):
            yield part if kept else _told(part)
        elif kept:
            kept = "" if part == kept else kept
            yield part
        else:
            if begun := KEPT.fullmatch(part):
                kept = f"</{begun[1] or begun[2]}>"
            yield LABEL.sub(lambda label: label[1] + _told(label[2]), part)


def _told(part: str) -> str:
    """Return what stands between two tags in the language that is spoken, the space around it as it is."""
    bare = part.strip()
    return part.replace(bare, escape(translated(unescape(bare)))) if bare else part


def text(value: object) -> str:
    """Return text that is safe between tags, and, if it is no `Name`, in attributes."""
    safe = escape(str(value))
    return f'<span translate="no">{safe}</span>' if isinstance(value, Name) else safe


def table(header: Sequence[str], rows: Iterable[Sequence[str]], numbers: int = 0) -> str:
    """Return a table of texts; the last `numbers` columns are set to the right."""
    first = len(header) - numbers

    def cells(tag: str, row: Sequence[str]) -> str:
        kinds = ["" if place < first else ' class="n"' for place in range(len(row))]
        return "".join(f"<{tag}{kind}>{text(cell)}</{tag}>" for kind, cell in zip(kinds, row, strict=True))

    lines = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    head = f"<thead><tr>{cells('th', header)}</tr></thead>"
    return f'<div class="scroll"><table>{head}<tbody>{lines}</tbody></table></div>'
