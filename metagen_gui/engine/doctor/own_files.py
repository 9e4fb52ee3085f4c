"""What came with the program: presets, trained models, icons, plugins; and what plugins of other packages lack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from metagen_gui.engine.doctor.findings import Line

ICON = Path("icons", "metagen.svg")


def look(folder: Path) -> Iterator[Line]:
    """Open all of them; what is missing or cannot be opened is a problem."""
    from metagen_gui.engine.experiment import Experiment
    from metagen_gui.engine.plugins import PLUGINS, load_plugins
    from metagen_gui.engine.resources import resources_folder
    from metagen_gui.engine.settings.bad_input import BadInput
    from metagen_gui.engine.trained.export_folder import load_export

    again = "Install the program again."
    resources = resources_folder()
    problems = load_plugins()
    counts = (f"{kind} {len(list(registry.items()))}" for kind, registry in PLUGINS.items())
    yield Line("ok", f"Plugins: {', '.join(counts)}")
    for problem in problems:
        advice = f"metagen plugins --off {problem.package}" if problem.package else again
        yield Line("problem", problem.sentence, advice)
    presets = sorted((resources / "presets").glob("*.json"))
    models = sorted(path for path in (resources / "trained").glob("*") if path.is_dir())
    broken = []
    for path in (*presets, *models):
        try:
            if path.is_dir():
                load_export(path).sample(1)
            else:
                Experiment.load(path).check()
        except BadInput as problem:
            broken.append(Line("problem", f"{path.relative_to(resources)}: {problem.why}", again))
    yield from broken
    missing = [str(name) for name, there in (("presets", presets), ("trained", models)) if not there]
    missing += [] if (resources / ICON).is_file() else [str(ICON)]
    if missing:
        yield Line("problem", f"Not found among the program's files: {', '.join(missing)}", again)
    elif not broken:
        yield Line("ok", f"{len(presets)} presets and {len(models)} trained models open")
