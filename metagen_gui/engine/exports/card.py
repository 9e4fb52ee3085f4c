"""The model card of an export: what it is, of which data, what it is worth, and how to make it again.

Its sentences are translated one by one as they are put in, before what might be markup in them is made plain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from metagen_gui.engine.exports.figures import Figure, figures_of
from metagen_gui.engine.languages.spoken import language_now, translated, written_in
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


def told(text: object) -> str:
    """Return a sentence in the language that is spoken, as plain text."""
    return plain(translated(str(text)))


def model_card(format: Format, learned: Learned, notes: tuple[str, ...] = ()) -> str:
    """Return the card as Markdown; every name in it that others gave is plain text on one line."""
    return model_cards(format, learned, notes, [language_now()])[language_now()]


def model_cards(format: Format, learned: Learned, notes: tuple[str, ...], languages: Iterable[str]) -> dict[str, str]:
    """Return the card in every one of `languages`; what takes long, the scores, is found once."""
    figures, cards = tuple(figures_of(learned.run)), {}
    for language in languages:
        with written_in(language):
            cards[language] = "\n".join(_lines(format, learned, notes, figures)) + "\n"
    return cards


def _lines(format: Format, learned: Learned, notes: tuple[str, ...], figures: Iterable[Figure]) -> Iterator[str]:
    run, model = learned.run, learned.model
    experiment = run.experiment
    training, family = experiment.config("training"), experiment.plugin("tasks")
    numbers = sum(value.numel() for values in model.weights.values() for value in values.values())
    yield from (f"# {plain(run.folder.name)}", "", told(format.summary), "")
    yield _item("What", learned.what)
    yield _item("Format", format.title)
    yield _item("Model", _plugin(model.algorithm.model))
    yield _item("Algorithm", _plugin(model.algorithm))
    yield _item("Size", f"{numbers:,} numbers")
    yield _item("Trained", f"{run.meta_step:,} outer steps of {training.meta_batch_size} tasks, seed {training.seed}")
    yield _item("Adapts", f"in {model.algorithm.steps} steps to {training.shots} examples, as in training")
    yield from ("", f"## {translated('Data')}", "")
    yield _item("Tasks", f"{family.title}. {family.summary}")
    yield _item("An example", str(model.spec))
    yield _item("Licence", family.licence)
    yield from ("", f"## {translated('What it is worth')}", "", *map(_figure, figures))
    if said := (*learned.notices, *notes):
        yield from ("", f"## {translated('To know')}", "", *(f"- {told(each)}" for each in said))
    yield from ("", f"## {translated('Made again')}", "")
    made_by = f"MetaGen {version_of('metagen') or '(not installed)'}"
    yield translated(
        f"With {made_by}, from the settings below, saved as a file; on the same machine they give the same numbers:"
    )
    yield from ("", "```", "metagen train experiment.json --out run")
    yield f"metagen export run --format {format.name} --to {'copy' + format.ending}"
    yield from ("```", "", "```json", *experiment.to_json().rstrip().splitlines(), "```")


def _item(name: str, value: object) -> str:
    return f"- **{told(f'{name}:')}** {told(value)}"


def _figure(figure: Figure) -> str:
    return told(figure) if isinstance(figure, str) else f"| {' | '.join(map(told, figure))} |"


def _plugin(plugin: object) -> str:
    title, summary, reference = (getattr(plugin, name) for name in ("title", "summary", "reference"))
    return f"{title}. {summary}" + (f" ({reference})" if reference else "")
