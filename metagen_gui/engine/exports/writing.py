"""Writing an export, in any format: beside its place, read back in a separate process, compared, then moved there."""

from __future__ import annotations

from pathlib import Path

from metagen_gui.engine.exports.base import ADAPTED, INITIALIZATION, Format, Order, Written, formats
from metagen_gui.engine.exports.card import model_card
from metagen_gui.engine.exports.read_back import compare, read_back
from metagen_gui.engine.files import write_atomically
from metagen_gui.engine.languages.spoken import languages, written_in
from metagen_gui.engine.progress import Hears, heard_by, tell
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.extras import lacking
from metagen_gui.engine.store.names import CARD, EXPORT
from metagen_gui.engine.trained.export import Exported, Learned, adapted_of, initialization_of, summary_of
from metagen_gui.engine.trained.export_folder import VERSION, check_free, describe
from metagen_gui.engine.trained.in_place import check_free_file, full, refusals, written_beside


def export(order: Order, hears: Hears | None = None) -> Exported:
    """Write what is ordered and return where it lies; on any failure that place is as it was.

    Raises `BadInput` that names what is wrong, or what has to be installed first; and `Ended` where `hears`, who is
    told how far it is, ends it.
    """
    with heard_by(hears):
        return _export(order)


def _export(order: Order) -> Exported:
    if order.language and order.language not in languages():
        raise BadInput("language", f"there is no {order.language!r}; there are {', '.join(languages())}")
    plugin = _format(order)
    place = _place(order.to, plugin)
    learned = _learned(order)
    if why := plugin.objection_to(learned):
        raise BadInput(plugin.name, why)

    def check() -> None:
        if plugin.ending:
            check_free_file(place, order.replace)
            with refusals(_card_of(place)):
                check_free_file(_card_of(place), order.replace)
        else:
            check_free(place, order.replace)

    with written_beside(place, check) as beside:
        to = beside / place.name
        if not plugin.ending:
            to.mkdir()
        tell("Writing the export")
        with written_in(order.language):
            written = plugin.write(learned, order, to)
            _complete(plugin, learned, written, to, beside / _card_of(place).name)
        tell("Reading it back in another process")
        found = read_back(plugin, to, written.given)
        if why := compare(written.expected, found, plugin.tolerance):
            raise BadInput(str(place), f"what was written does not read back the same ({why}); nothing was exported")
    return Exported(
        place, plugin.code(learned, place), summary_of(learned, place, plugin.title if plugin.of_run else "")
    )


def _format(order: Order) -> Format:
    """Return the format ordered, if it takes what is to be exported and there is all that it needs."""
    adapts = order.task is not None or order.images is not None
    kind = ADAPTED if adapts else INITIALIZATION
    plugin = formats.get(order.format or kind)
    if kind not in plugin.takes:
        why = "takes no adapted model; leave out the task or the images" if adapts else "say what it adapts to"
        raise BadInput(plugin.name, why)
    if order.steps is not None and not (adapts or plugin.takes_steps):
        raise BadInput("steps", "an initialization takes no steps; say what it adapts to as well")
    if why := lacking(plugin):
        raise BadInput(plugin.name, why)
    return plugin()


def _learned(order: Order) -> Learned:
    if order.task is None and order.images is None:
        return initialization_of(order.run)
    return adapted_of(order.run, order.task, order.images, order.steps)


def _place(to: Path, format: Format) -> Path:
    place = full(to)
    return place if place.name.lower().endswith(format.ending) else place.with_name(place.name + format.ending)


def _card_of(place: Path) -> Path:
    """Return where the model card of a file lies."""
    return place.with_name(f"{place.stem}.{CARD}")


def _complete(format: Format, learned: Learned, written: Written, to: Path, card: Path) -> None:
    """Write the model card and, for a folder that has none, the description that it is known by."""
    tell("Measuring it for the model card")
    text = written.card or model_card(format, learned, written.notes)
    if format.ending:
        write_atomically(card, text.encode())
        return
    write_atomically(to / CARD, text.encode())
    if not (to / EXPORT).exists():
        files = sorted(path.name for path in to.iterdir())
        describe(to, {"version": VERSION, "format": format.name, "files": files, **learned.history})
