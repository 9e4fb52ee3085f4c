"""A program of one file: it needs torch alone, and Pillow for pictures, adapts to a person's examples and samples."""

from __future__ import annotations

import builtins
import hashlib
import json
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metagen_gui.engine.exports.base import INITIALIZATION, Arrays, Format, Order, Written, formats
from metagen_gui.engine.files import write_atomically
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import as_word

if TYPE_CHECKING:
    from metagen_gui.engine.trained.export import Learned

EXAMPLES, SAMPLES = 5, 4
"""What is compared: samples before and after adaptation to so many examples."""


@formats.register("python")
class PythonFile(Format):
    """A file that a person can read, its weights beside it: text of some hundred lines and numbers do not mix well."""

    title = "Python program"
    summary = "A program to read and run that needs torch alone: it adapts to a folder of images or a table of points."
    takes = frozenset({INITIALIZATION})
    place = 30
    tolerance = 1e-5

    def objection_to(self, learned: Learned) -> str:
        """Say what else than torch the model's own sources need."""
        from metagen_gui.engine.exports.alone.file import program

        try:
            program(learned.model, {}, "")
        except BadInput as problem:
            return problem.why
        return ""

    def write(self, learned: Learned, order: Order, to: Path) -> Written:
        """Write the program and the weights, and compute what both have to give."""
        import torch

        from metagen_gui.engine.exports.alone.file import PROGRAM, WEIGHTS, program
        from metagen_gui.engine.store.checkpoint import to_bytes

        model = learned.model
        names = [f"{player}/{name}" for player, values in model.weights.items() for name in values]
        weights = to_bytes(model.weights, {"order": json.dumps(names)})
        text = program(model, learned.run.experiment.kept or {}, hashlib.sha256(weights).hexdigest())
        write_atomically(to / WEIGHTS, weights)
        write_atomically(to / PROGRAM, text.encode())
        examples, steps = model.sample(EXAMPLES, seed=1), model.algorithm.steps
        try:
            adapted = model.adapt(examples, steps)
        except BadInput:  # it diverges from its own samples: what is compared is where it begins
            steps = 0
            adapted = model.adapt(torch.nan_to_num(examples), steps)
        expected = {"before": model.sample(SAMPLES).numpy(), "adapted": adapted.sample(SAMPLES).numpy()}
        return Written(expected, {"examples": examples.numpy(), "steps": torch.tensor(steps).numpy()})

    def read(self, at: Path, given: Arrays) -> Arrays:
        """Run the program where it can import nothing but Python's own, torch and Pillow."""
        import torch

        from metagen_gui.engine.exports.alone.file import PROGRAM

        model = alone(at / PROGRAM).trained()
        before = model.sample(SAMPLES).numpy()
        model.adapt(torch.from_numpy(given["examples"]), int(given["steps"]))
        return {"before": before, "adapted": model.sample(SAMPLES).numpy()}

    def code(self, learned: Learned, place: Path) -> str:
        """Return lines of Python that load it and sample, and the line that adapts without any."""
        from metagen_gui.engine.exports.alone.file import PROGRAM

        spec = learned.model.spec
        given, to = ("FOLDER", "samples.png") if spec.has_pixels else ("TABLE.csv", "samples.csv")
        return f"""import sys

sys.path.insert(0, {str(place)!r})
import adapt

model = adapt.trained()
samples = model.sample(16)  # a tensor (16, {", ".join(map(str, spec.shape))}){spec.in_words}

# or without a line of Python, to adapt to examples of your own:
#   python {as_word(place / PROGRAM)} {given} --to {to}
"""


def alone(path: Path) -> Any:
    """Return a program as a module whose imports are those of a bare place, whatever else there is here."""
    from metagen_gui.engine.exports.alone.sources import is_bare

    def bare(name: str, *rest: Any) -> Any:
        if not is_bare(name):
            raise ImportError(f"{name} is needed besides torch")
        return __import__(name, *rest)

    module = types.ModuleType("metagen_program")
    module.__dict__.update({"__file__": str(path), "__builtins__": {**vars(builtins), "__import__": bare}})
    sys.modules[module.__name__] = module  # where its classes are looked up
    exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    return module
