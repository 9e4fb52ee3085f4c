"""Train the models that come with MetaGen, so that the playground needs no training, and export them.

    python packaging/train_examples.py [NAME …]

Each is a preset, trained on the CPU for some minutes and exported to `resources/trained/NAME`, in place of the one that
is there. The same machine gives the same weights.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.events import ValidationReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.trained.export import export_initialization

RESOURCES = Path(__file__).parents[1] / "resources"
EXAMPLES: dict[str, tuple[str, dict[str, int]]] = {
    "characters": ("strokes-image-gan", {"meta_steps": 1_000, "steps_shown": 5}),  # more show nothing new
    "densities": ("densities-flow", {"meta_steps": 3_000}),
    "sinusoids": ("sinusoids-maml", {"meta_steps": 60_000}),
}
"""Each one's preset, and what of its training differs."""


def main() -> None:
    """Train those that are named, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"by default all: {', '.join(EXAMPLES)}")
    for name in parser.parse_args().names or EXAMPLES:
        use_threads(1)
        preset, training = EXAMPLES[name]
        experiment = Experiment.load(RESOURCES / "presets" / f"{preset}.json")
        for setting, value in {"device": "cpu", **training}.items():
            experiment = experiment.with_value(f"training.{setting}", value)
        with tempfile.TemporaryDirectory() as folder:
            for event in meta_train(experiment, out=Path(folder) / name, previews=False):
                if isinstance(event, ValidationReport):
                    print(name, event.meta_step, f"{event.seconds:.0f} s", flush=True)
            exported = export_initialization(Path(folder) / name, RESOURCES / "trained" / name, replace=True)
            print(exported.summary)


if __name__ == "__main__":
    main()
