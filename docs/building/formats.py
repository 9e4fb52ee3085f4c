"""The page of the formats of exports, of what each declares."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from building.markdown import line, prose
from metagen_gui.engine.exports.base import ADAPTED, INITIALIZATION, Format, formats_in_order

TAKEN = {INITIALIZATION: "an initialization", ADAPTED: "an adapted model"}


def format_pages() -> Iterator[tuple[str, str]]:
    """Yield the page of all formats."""
    yield "formats.md", "\n".join(_page())


def _page() -> Iterator[str]:
    yield "# Formats of exports\n"
    yield (
        "Every format is written beside its place, read back in a separate process, compared, and only then moved "
        "there, with a model card. `metagen export RUN --to PATH --format NAME` writes one; the dialog has them all.\n"
    )
    for plugin in formats_in_order():
        yield f"## {line(plugin.title)}\n"
        yield f"`--format {plugin.name}` · {' · '.join(_facts(plugin))}\n"
        yield f"{line(plugin.summary)}\n"
        yield from prose(sys.modules[plugin.__module__].__doc__ or "")


def _facts(plugin: type[Format]) -> Iterator[str]:
    yield "of a run" if plugin.of_run else f"of {' or '.join(TAKEN[one] for one in sorted(plugin.takes, reverse=True))}"
    yield f"a file, `{plugin.ending}`" if plugin.ending else "a folder"
    if plugin.tolerance:
        yield f"compared to {plugin.tolerance:g}"
    if plugin.needs:
        names = ", ".join(f"`{name}`" for name in plugin.needs)
        yield f"needs {names}, which the extra `{plugin.extra}` brings"
