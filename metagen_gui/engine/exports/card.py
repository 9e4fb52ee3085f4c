"""The model card of an export: what it is, of which data, what it is worth, and how to make it again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from metagen_gui.engine.exports.figures import figures_of
from metagen_gui.engine.settings.plain_text import printable
from metagen_gui.engine.versions import version_of

if TYPE_CHECKING:
    from metagen_gui.engine.exports.base import Format
    from metagen_gui.engine.trained.export import Learned

MARKS = re.compile(r"([\\`*_\[\]<>&#|~!$])|(?<=\w)(:)(?=//)|(?<=www)(\.)")
"""What Markdown might take for more than a letter; in addresses, what makes a link of them."""


def plain(text: object) -> str:
    """Return text on one line that Markdown shows to the letter, whatever it holds."""
    return MARKS.sub(lambda found: f"\\{found[0]}", printable(str(text)))


def model_card(format: Format, learned: Learned, notes: tuple[str, ...] = ()) -> str:
    """Return the card as Markdown; every name in it that others gave is plain text on one line."""
    return "\n".join(_lines(format, learned, notes)) + "\n"


def _lines(format: Format, learned: Learned, notes: tuple[str, ...]) -> Iterator[str]:
    run, model = learned.run, learned.model
    experiment = run.experiment
    training, family = experiment.config("training"), experiment.plugin("tasks")
    numbers = sum(value.numel() for values in model.weights.values() for value in values.values())
    yield from (f"# {plain(run.folder.name)}", "", plain(format.summary), "")
    for name, told in {
        "What": learned.what,
        "Format": format.title,
        "Model": _plugin(model.algorithm.model),
        "Algorithm": _plugin(model.algorithm),
        "Size": f"{numbers:,} numbers",
        "Trained": f"{run.meta_step:,} outer steps of {training.meta_batch_size} tasks, seed {training.seed}",
        "Adapts": f"in {model.algorithm.steps} steps to {training.shots} examples, as in training",
    }.items():
        yield f"- **{name}:** {plain(told)}"
    yield from ("", "## Data", "")
    yield f"- **Tasks:** {plain(family.title)}. {plain(family.summary)}"
    yield f"- **An example:** {plain(model.spec)}"
    yield f"- **Licence:** {plain(family.licence)}"
    yield from ("", "## What it is worth", "", *figures_of(run))
    if said := (*learned.notices, *notes):
        yield from ("", "## To know", "", *(f"- {plain(each)}" for each in said))
    yield from ("", "## Made again", "")
    made_by = f"MetaGen {version_of('metagen') or '(not installed)'}"
    yield f"With {made_by}, from the settings below, kept as `experiment.json`; on the same machine they"
    yield "give the same numbers:"
    yield from ("", "```", "metagen train experiment.json --out run")
    yield f"metagen export run --format {format.name} --to {'copy' + format.ending}"
    yield from ("```", "", "```json", *experiment.to_json().rstrip().splitlines(), "```")


def _plugin(plugin: object) -> str:
    title, summary, reference = (getattr(plugin, name) for name in ("title", "summary", "reference"))
    return f"{title}. {summary}" + (f" ({reference})" if reference else "")
