"""Reading an export back in a process of its own, which knows nothing of what wrote it but the file.

`python -m metagen_gui.engine.exports.read_back FORMAT PLACE GIVEN.npz FOUND.npz`
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from metagen_gui.engine.exports.base import Arrays, Format, formats
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import printable, shortened

READ_BACK = "read-back"
"""The first word by which a frozen program, which has no `-m`, is asked for this."""
ROOT = Path(__file__).parents[3]
MOST_SAID = 300
"""Letters of a complaint."""


def read_back(format: Format, place: Path, given: Arrays) -> Arrays:
    """Return what `format` reads at `place` from `given`, in another process; raise `BadInput` if that fails."""
    frozen = getattr(sys, "frozen", False)
    program = [sys.executable, READ_BACK] if frozen else [sys.executable, "-m", __spec__.name]
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "given.npz", Path(folder) / "found.npz"
        save(asked, given)
        done = subprocess.run(
            [*program, format.name, str(place), str(asked), str(answered)],
            env={**os.environ, "PYTHONPATH": paths},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            check=False,
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2] or f"status {done.returncode}"
            raise BadInput(
                format.name, f"what was written cannot be read back: {shortened(printable(said), MOST_SAID)}"
            )
        return load(answered)


def compare(expected: Arrays, found: Arrays, tolerance: float) -> str:
    """Return in what `found` differs from what is `expected`, or nothing if it does not."""
    if stray := sorted(expected.keys() ^ found.keys()):
        return f"{stray[0]} is {'missing' if stray[0] in expected else 'too much'}"
    for name, value in expected.items():
        other = found[name]
        if value.shape != other.shape or value.dtype != other.dtype:
            return f"{name} is {other.shape} {other.dtype} where {value.shape} {value.dtype} was written"
        if not np.allclose(value, other, rtol=tolerance, atol=tolerance, equal_nan=True):
            return f"{name} differs by {np.nanmax(np.abs(value.astype(float) - other.astype(float))):.2g}"
    return ""


def save(path: Path, arrays: Arrays) -> None:
    """Write arrays so that nothing is pickled."""
    np.savez(path, allow_pickle=False, **{f"_{name}": value for name, value in arrays.items()})  # a name may be `file`


def load(path: Path) -> Arrays:
    """Return what `save` has written."""
    with np.load(path, allow_pickle=False) as file:
        return {name[1:]: file[name] for name in file.files}


def main(words: list[str]) -> int:
    """Read an export as another process asked, and keep what it gave; return the exit status."""
    name, place, asked, answered = words
    try:
        save(Path(answered), formats.get(name)().read(Path(place), load(Path(asked))))
    except Exception as error:  # of whatever library reads that format
        said = " ".join(str(error).split()) or type(error).__name__
        print(printable(shortened(said, MOST_SAID)), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
