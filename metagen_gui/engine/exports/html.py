"""One HTML file that adapts in the browser: examples are drawn in it, and nothing is needed besides, no network either.

The page (`resources/page/`) carries the graph of adaptation and the WebAssembly of ONNX Runtime Web (Microsoft, MIT),
which is packed and compared by its digest; it is fetched once, by npm, and is no part of this program.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import re
import sys
import tarfile
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from metagen_gui.engine.exports.base import Arrays, OfAdaptation, Order, Written, formats
from metagen_gui.engine.files import read_file, write_atomically
from metagen_gui.engine.graphs.files import run_cases
from metagen_gui.engine.languages.spoken import ENGLISH, language_now, languages, translated, written_in
from metagen_gui.engine.resources import resources_folder
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import as_word, printable

if TYPE_CHECKING:
    from metagen_gui.engine.graphs.adaptation import AdaptationFile
    from metagen_gui.engine.trained.export import Learned

NAME, VERSION = "adaptation", "1.30.0"
ARCHIVE = f"onnxruntime-web-{VERSION}.tgz"
SCRIPT, WASM = "package/dist/ort.wasm.bundle.min.mjs", "package/dist/ort-wasm-simd-threaded.wasm"
DIGESTS = {
    SCRIPT: "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    WASM: "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}
MOST_BYTES, MOST_OF_PAGE = 2**25, 2**28
MOST_EXAMPLES, SAMPLES = 10, 16
REACH = 3.0
"""Half a side of the plane where nothing says how large it is."""


@formats.register("html")
class Page(OfAdaptation):
    """One page, to be opened or sent to a friend."""

    title = "Page that adapts (HTML)"
    summary = "One file for a browser: draw examples in it, and see what the model makes of them, step by step."
    ending = ".html"
    place = 10

    def objection_to(self, learned: Learned) -> str:
        """Say what fetches the browser's runtime, where it is not here; and that only pictures and points are drawn."""
        if not (learned.model.spec.has_pixels or learned.model.spec.in_plane):
            return f"examples are drawn in it, and {learned.model.spec.kind} cannot be"
        return "" if archive() else f"needs ONNX Runtime Web {VERSION}, once; this fetches it: {command()}"

    def write(self, learned: Learned, order: Order, to: Path) -> Written:
        """Write the page with all it needs; the graph in it is what is compared."""
        from metagen_gui.engine.exports.card import model_cards
        from metagen_gui.engine.graphs.adaptation import adaptation_file

        script, wasm = runtime()
        made = adaptation_file(learned.model, order.steps)
        cards = model_cards(self, learned, made.notes, [*languages(), language_now()])
        title = f"{printable(learned.run.folder.name)}: draw, adapt, sample"
        about = _about(learned, made)
        parts = {
            "title": escape(title),
            "card": escape(cards[ENGLISH]),
            "languages": _as_json(_in_languages([title, about["about"], *texts()], cards)),
            "licence": escape(script.decode().partition("*/")[0].removeprefix("/*!").strip()),
            "model": _as_json(about),
            "wasm": _packed(wasm),
            "runtime": script.decode(),
            "script": _resource("page.js"),
        }
        page = _resource("page.html")
        write_atomically(to, re.sub(r"{{(\w+)}}", lambda found: parts[found[1]], page).encode())
        given, expected = made.cases()
        return Written(expected, given, made.notes, cards[language_now()])

    def read(self, at: Path, given: Arrays) -> Arrays:
        """Return what the graph that lies in the page gives."""
        page = read_file(at, MOST_OF_PAGE, follow=True).decode()
        about = re.search(r'<script type="application/json" id="model">(.*?)</script>', page, re.DOTALL)
        if about is None:
            raise BadInput(str(at), "not a page with a model")
        return run_cases(gzip.decompress(base64.b64decode(json.loads(about[1])["graph"])), NAME, given)

    def code(self, learned: Learned, place: Path) -> str:
        """Return what opens it."""
        return f'python -m webbrowser "{place.as_uri()}"\n# {as_word(place)}\n'


def archive() -> Path | None:
    """Return where the browser's runtime is: with the program, with this Python, or where a variable says; or None."""
    named = os.environ.get("METAGEN_ONNXRUNTIME_WEB")
    places = [Path(named)] if named else [resources_folder() / "page" / ARCHIVE, Path(sys.prefix) / ARCHIVE]
    return next((place for place in places if place.is_file()), None)


def command() -> str:
    """Return the command that fetches it."""
    return f'npm pack onnxruntime-web@{VERSION} --pack-destination "{sys.prefix}"'


def runtime() -> tuple[bytes, bytes]:
    """Return the script and the WebAssembly of the browser's runtime; raise `BadInput` for any but those known."""
    place = archive()
    assert place is not None
    found = []
    try:
        with tarfile.open(place) as packed:
            for name, digest in DIGESTS.items():
                file = packed.extractfile(name)
                data = b"" if file is None else file.read(MOST_BYTES)
                if hashlib.sha256(data).hexdigest() != digest:
                    raise BadInput(str(place), f"not ONNX Runtime Web {VERSION}: {name} is another file")
                found.append(data)
    except (tarfile.TarError, OSError, EOFError, KeyError) as error:
        raise BadInput(str(place), f"not ONNX Runtime Web {VERSION} ({type(error).__name__})") from None
    return found[0], found[1]


def _about(learned: Learned, made: AdaptationFile) -> dict[str, Any]:
    """Return what the page is told of the model."""
    from metagen_gui.engine.graphs.functions import adaptation_noise, latents_for, normal_columns

    model = learned.model
    counts = [made.examples] if made.examples else range(1, MOST_EXAMPLES + 1)
    normal, size = normal_columns(model)
    return {
        "about": f"{learned.what}, of {model.spec}. {made.notes[0]}",
        "shape": list(model.spec.shape),
        "plane": model.spec.in_plane,
        "binary": model.spec.binary,
        "reach": _reach(learned) if model.spec.in_plane else 0,
        "steps": made.steps,
        "fixed": made.examples,
        "graph": _packed(made.data),
        "latents": _numbers(latents_for(model, max(SAMPLES, model.spec.free_samples)).numpy())["data"],
        "latent_size": size,
        "normal": normal,
        "noise": {
            str(n): {name: _numbers(value.numpy()) for name, value in adaptation_noise(model, made.steps, n).items()}
            for n in counts
        },
    }


def _reach(learned: Learned) -> float:
    """Return half the side of the plane that tasks of the run lie in."""
    try:
        support = learned.run.family.task("validation", 0, 64, 1).support
    except BadInput:  # its data are gone
        return REACH
    return float(np.ceil(1.25 * np.abs(support).max()))


def _packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()


def _numbers(array: npt.NDArray[Any]) -> dict[str, Any]:
    return {
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "data": base64.b64encode(np.ascontiguousarray(array).tobytes()).decode(),
    }


def texts() -> list[str]:
    """Return what the page says, whatever model is in it."""
    page, script = _resource("page.html").partition("<body>")[2].partition("<script")[0], _resource("page.js")
    found = [*re.findall(r">([^<>]+)<", page), *re.findall(r'aria-label="([^"]*)"', page)]
    found += re.findall(r'\btr\("([^"]*)"', script)
    return [text for text in found if any(map(str.isalpha, text)) and "{{" not in text]


def _in_languages(texts: list[str], cards: dict[str, str]) -> dict[str, dict[str, str]]:
    """Return what stands for each of `texts`, and for the English card, in other languages, as browsers call them."""
    found = {}
    for language in cards:
        with written_in(language):
            told = {text: translated(text) for text in texts}
        found[language.replace("_", "-")] = {**told, cards[ENGLISH]: cards[language]}
    return found


def _as_json(value: object) -> str:
    return json.dumps(value).replace("<", "\\u003c")


def _resource(name: str) -> str:
    return (resources_folder() / "page" / name).read_text("utf-8")
