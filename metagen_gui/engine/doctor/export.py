"""What the ten outer steps have learned is exported: written, read back in a process of its own, and compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from metagen_gui.engine.doctor.findings import Line

if TYPE_CHECKING:
    from metagen_gui.engine.exports.base import Format


def look(folder: Path) -> Iterator[Line]:
    """Export a run that lies in `folder` in the first format there is, and name those that could be used."""
    from metagen_gui.engine.exports.base import formats_in_order
    from metagen_gui.engine.settings.extras import lacking

    first, *others = formats_in_order()
    yield from _tried(folder, first)
    there = [plugin.name for plugin in others if not lacking(plugin)]
    yield Line("ok", f"Other formats: {', '.join(there)}")
    yield from (Line("ok", f"{plugin.name} {why}") for plugin in others if (why := lacking(plugin)))


def look_at_all(folder: Path) -> Iterator[Line]:
    """Export in every format that there is all for."""
    from metagen_gui.engine.exports.base import formats_in_order
    from metagen_gui.engine.settings.extras import lacking

    for plugin in formats_in_order():
        if not lacking(plugin):
            yield from _tried(folder, plugin)


def _tried(folder: Path, plugin: type[Format]) -> Iterator[Line]:
    from metagen_gui.engine.exports.base import INITIALIZATION, Order
    from metagen_gui.engine.exports.writing import export
    from metagen_gui.engine.settings.bad_input import BadInput
    from metagen_gui.engine.store.names import has_checkpoint
    from metagen_gui.engine.trained.export import initialization_of

    runs = sorted((run for run in folder.iterdir() if has_checkpoint(run)), reverse=True)
    if not runs:
        yield Line("problem", "There is no run to export.", "See what was said of the ten outer steps.")
        return
    if why := plugin().objection_to(initialization_of(runs[0])):
        yield Line("ok", f"{plugin.name} is not for {runs[0].name}: {why}")
        return
    task = None if INITIALIZATION in plugin.takes else 0
    try:
        export(Order(runs[0], folder / f"exported-{plugin.name}", plugin.name, task, replace=True))
    except BadInput as problem:
        yield Line("problem", f"{plugin.name}: {problem.why}", "Put this text into a report.")
    else:
        yield Line("ok", f"{plugin.name} of {runs[0].name}, read back in another process: the same")
