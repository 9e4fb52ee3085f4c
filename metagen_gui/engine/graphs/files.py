"""ONNX files of functions, made and run: what is compared, and running them without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from metagen_gui.engine.files import read_file

if TYPE_CHECKING:
    from metagen_gui.engine.graphs.joining import Function, Lengths

Arrays = dict[str, npt.NDArray[Any]]
TOLERANCE = 1e-4
MOST_BYTES = 2 * 2**30
"""Of an ONNX file: what protobuf can hold."""


def file_of(function: Function, name: str, about: Mapping[str, str]) -> bytes:
    """Return a function as an ONNX file; raise `NotOneGraph`, or `TooLong` for too many operations."""
    from metagen_gui.engine.graphs.emitter import onnx_of
    from metagen_gui.engine.graphs.joining import graph_of

    return onnx_of(graph_of(function), name, about)


def cases(function: Function, name: str, lengths: Sequence[Lengths]) -> tuple[Arrays, Arrays]:
    """Return inputs of several lengths and what the function gives for them, all by `name/case/which`."""
    from metagen_gui.engine.graphs.joining import equal_to

    given, expected = Arrays(), Arrays()
    for case, each in enumerate(lengths):
        for into, arrays in zip((given, expected), equal_to(function, each), strict=True):
            into.update({f"{name}/{case}/{which}": value for which, value in arrays.items()})
    return given, expected


def run_cases(model: bytes, name: str, given: Mapping[str, npt.NDArray[Any]]) -> Arrays:
    """Return what the ONNX file of the function `name` gives for the cases of `cases`."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what is wrong with a file is raised; nothing is printed besides
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    wanted = {each.name for each in session.get_inputs()}
    found = Arrays()
    for case in sorted({key.split("/")[1] for key in given if key.startswith(f"{name}/")}):
        head = f"{name}/{case}/"
        inputs = {key.removeprefix(head): value for key, value in given.items() if key.startswith(head)}
        outputs = session.run(None, {key: value for key, value in inputs.items() if key in wanted})
        for each, value in zip(session.get_outputs(), outputs, strict=True):
            found[head + each.name] = np.asarray(value)
    return found


def read_model(path: Path) -> bytes:
    """Return the bytes of an ONNX file; raise OSError where there is none."""
    return read_file(path, MOST_BYTES, follow=True)
