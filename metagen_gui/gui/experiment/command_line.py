"""An experiment as the command that reproduces it, ready for a shell."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment


def command_for(experiment: Experiment) -> str:
    """Return `metagen train --set …` with everything that is not a default; paths and texts are quoted for a shell."""
    document = experiment.document()
    words = ["metagen", "train"]
    for section, part in document.items():
        if section == "version":
            continue
        named = "name" in part
        if named:
            words += ["--set", f"{section}.name={part['name']}"]
        for name, value in (part["settings"] if named else part).items():
            words += ["--set", f"{section}.{name}={_text(value)}"]
    return shlex.join(words)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
