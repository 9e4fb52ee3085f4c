"""Exports are read back in another process, which knows nothing of what wrote them: one for all of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from metagen_gui.engine.exports import writing
from metagen_gui.engine.exports.base import Arrays, Format
from metagen_gui.engine.exports.read_back import ROOT, load, save
from metagen_gui.engine.settings.bad_input import BadInput

READER = """
import json, sys
from metagen_gui.engine.exports.read_back import main
for line in sys.stdin:
    print(json.dumps(main(json.loads(line))), flush=True)
"""
Reader = Callable[[Format, Path, Arrays], Arrays]


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Return what `read_back` does, by a process that goes on reading."""
    folder = tmp_path_factory.mktemp("read back")
    asked, answered = folder / "given.npz", folder / "found.npz"
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    program = [sys.executable, "-c", READER]
    with subprocess.Popen(
        program, env={**os.environ, "PYTHONPATH": paths}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout
        words, said = process.stdin, process.stdout

        def read(format: Format, place: Path, given: Arrays) -> Arrays:
            save(asked, given)
            print(json.dumps([format.name, str(place), str(asked), str(answered)]), file=words, flush=True)
            if status := json.loads(said.readline()):
                raise BadInput(format.name, f"what was written cannot be read back: status {status}")
            return load(answered)

        yield read


@pytest.fixture(autouse=True)
def read_where(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have exports read by that process; those of `alone` are read by tests that run them alone."""

    def read(format: Format, place: Path, given: Arrays) -> Arrays:
        return request.getfixturevalue("reader")(format, place, given)  # type: ignore[no-any-return]

    monkeypatch.setattr(writing, "read_back", read)
