"""One file of Python that has a trained model in it, made of the sources that the model and its algorithm are of."""

from __future__ import annotations

import dataclasses
import sys
import textwrap
from collections.abc import Mapping
from typing import Any

from metagen_gui.engine.data.spec import DataSpec, ImageSpec
from metagen_gui.engine.exports.alone.needed import Needed, Place
from metagen_gui.engine.exports.alone.written_out import WIDTH, Text, as_python
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.trained.loaded_model import LoadedModel

PROGRAM, WEIGHTS = "adapt.py", "model.safetensors"
HERE = __package__
INSTEAD = {"metagen_gui.engine.beneath_autograd.recomputed_steps": f"{HERE}.instead"}
"""Modules that only training is quicker or smaller by, and what stands for them."""


def program(model: LoadedModel, kept: Mapping[str, Any], digest: str) -> str:
    """Return the file of an initialization whose weights, of this SHA-256, lie beside it as `WEIGHTS`.

    `kept` is what its run knows of how its data are read. Raises `BadInput` for a model that cannot be written so.
    """
    algorithm, spec = model.algorithm, model.spec
    examples = "Pictures" if spec.has_pixels else "Tables"
    parts = [
        type(spec),
        type(algorithm.model),
        type(algorithm.model.settings),
        type(algorithm),
        type(algorithm.settings),
    ]
    roots = [Place(each.__module__, each.__name__) for each in parts]
    roots += [Place(f"{HERE}.program", "Trained"), Place(f"{HERE}.program", "main")]
    roots += [Place(f"{HERE}.program", "read_weights"), Place(f"{HERE}.{examples.lower()}", examples)]
    packages = frozenset(place.module.partition(".")[0] for place in roots)
    needed = Needed(roots, INSTEAD, packages)
    text = Text(needed, [algorithm.model.settings, algorithm.settings])
    names = {place: text.names[place] for place in roots}
    of_spec, of_model, model_settings, of_algorithm, settings, trained, main, read, of_examples = names.values()
    seeds = tuple(generator_for(0, "export", index).initial_seed() for index in (0, 1))
    last = f"""\
def trained() -> {trained}:
    \"\"\"Return the meta-learned model; `adapt` and `sample` are what it can do.\"\"\"
    model = {of_model}({model_settings}(), {of_spec}({_fields(spec)}))
    return {trained}({of_algorithm}({settings}(), model), {read}(WEIGHTS, DIGEST), SEEDS)


if __name__ == "__main__":
    {main}(trained, {of_examples}({_reading(spec, kept)}))
"""
    constants = f"""\
WEIGHTS = Path(__file__).with_name("{WEIGHTS}")
DIGEST = "{digest}"
\"\"\"SHA-256 of the weights.\"\"\"
SEEDS = {seeds}
\"\"\"What latents, and what the noise of adaptation, are drawn by: as in MetaGen.\"\"\"
"""
    sections = "\n\n".join(text.sections())
    head = _head(model, "pictures" if spec.has_pixels else "examples")
    return f"{head}\n\nfrom __future__ import annotations\n\n{text.imports()}\n\n{constants}\n\n{sections}\n\n{last}"


def _fields(spec: DataSpec) -> str:
    given = {each.name: getattr(spec, each.name) for each in dataclasses.fields(spec)}
    return ", ".join(f"{name}={as_python(value, name)}" for name, value in given.items())


def _reading(spec: DataSpec, kept: Mapping[str, Any]) -> str:
    if not spec.has_pixels:
        scale = kept.get("scale")
        if not (isinstance(scale, list) and len(scale) == spec.shape[-1] + 1 and all(type(x) is float for x in scale)):
            scale = [*(0.0 for _ in range(spec.shape[-1])), 1.0]
        return ", ".join(as_python(part, "scale") for part in (spec.shape, tuple(scale[:-1]), scale[-1]))
    channels, height, width = spec.shape
    told = {"inverted": kept.get("inverted"), "white": kept.get("white")}
    told |= {"two_tone": isinstance(spec, ImageSpec) and spec.binary}
    given = "".join(f", {name}={as_python(value, name)}" for name, value in told.items() if value or name == "inverted")
    return f"{channels}, {height}, {width}{given}"


def _head(model: LoadedModel, examples: str) -> str:
    """Return what the file says of itself."""
    experiment, algorithm = model.experiment, model.algorithm
    told = "a folder of pictures" if model.spec.has_pixels else "a table of numbers (.csv)"
    needs = "torch and Pillow" if model.spec.has_pixels else "torch"
    lines = [
        f"{algorithm.title} with {algorithm.model.title}, meta-learned on {experiment.plugin('tasks').title}.",
        "",
        f"It adapts to {told} and writes samples:",
        "",
        f"    python {PROGRAM} {'FOLDER' if model.spec.has_pixels else 'TABLE.csv'}",
        "",
        *textwrap.wrap(
            f"It needs Python 3.11, {needs}, and {WEIGHTS} beside it; no MetaGen. What follows is MetaGen's own source "
            "as far as adaptation and sampling need it, with the settings of the run written in as plain values. Where "
            "there is no NumPy torch warns of that, which means nothing here. From Python:",
            WIDTH,
        ),
        "",
        "    import adapt",
        "    model = adapt.trained()",
        f"    model.adapt({examples})  # a tensor (n, {', '.join(map(str, model.spec.shape))}){model.spec.in_words}",
        "    samples = model.sample(16)",
    ]
    for title, part in (("The algorithm", algorithm), ("The model", algorithm.model)):
        about = (sys.modules[type(part).__module__].__doc__ or "").strip()
        lines += ["", title, "-" * len(title), *about.splitlines()]
    text = "\n".join(lines).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{text}\n"""'
