"""The model card of an export: what it is, of which data, how it was made and how to make it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metagen_gui.engine.settings.plain_text import printable

if TYPE_CHECKING:
    from metagen_gui.engine.exports.base import Format
    from metagen_gui.engine.trained.export import Learned


def model_card(format: Format, learned: Learned, notes: tuple[str, ...] = ()) -> str:
    """Return the card as Markdown; every name in it that others gave is plain text on one line."""
    experiment, model = learned.run.experiment, learned.model
    numbers = sum(value.numel() for values in model.weights.values() for value in values.values())
    plugins = {kind: experiment.plugin(kind).title for kind in ("tasks", "model", "algorithm")}
    facts = {
        "What": learned.what,
        "Format": format.title,
        "Data": f"{plugins['tasks']}: {model.spec}",
        "Model": plugins["model"],
        "Algorithm": plugins["algorithm"],
        "Size": f"{numbers:,} numbers",
    }
    lines = [f"# {printable(learned.run.folder.name)}", "", f"{format.summary}", ""]
    lines += [f"- {name}: {printable(value)}" for name, value in facts.items()]
    lines += [f"- {printable(note)}" for note in (*learned.notices, *notes)]
    lines += [
        "",
        "## Made again",
        "",
        "These settings give the same numbers on the same machine: `metagen train experiment.json`.",
        "",
        "```json",
        experiment.to_json().rstrip(),
        "```",
    ]
    return "\n".join(lines) + "\n"
