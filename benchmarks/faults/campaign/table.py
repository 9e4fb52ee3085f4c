"""The table of a campaign in a Markdown file, row by row: a fault that is run again takes the place of its old rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .outcome import FAULTS, Outcome

HEAD = "| name | fault | tries | survived | lost | |\n|---|---|---|---|---|---|\n"


def record(file: Path, name: str, outcomes: Sequence[Outcome]) -> None:
    """Write the rows of a fault into a Markdown file; the text around the table stays."""
    text = file.read_text("utf-8") if file.exists() else f"# What MetaGen survives\n\n{HEAD}"
    before, _, rest = text.partition(HEAD)
    lines = rest.splitlines(keepends=True)
    count = next((place for place, line in enumerate(lines) if not line.startswith("|")), len(lines))
    old = [line for line in lines[:count] if line.split("|")[1].strip() != name]
    rows = old + [f"| {name} {outcome.row()}\n" for outcome in outcomes]
    rows.sort(key=lambda line: list(FAULTS).index(line.split("|")[1].strip()))  # stable: rows of a fault stay in order
    file.write_text(before + HEAD + "".join(rows + lines[count:]), "utf-8")
