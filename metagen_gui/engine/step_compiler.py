"""Compiles one recorded step to a shared library, as a program of its own beside a run.

    python -m metagen_gui.engine.step_compiler FOLDER THREADS < PIPE

Reads `FOLDER/graph` (`plain_graph.py`) and writes `FOLDER/step.so`, and `step.json` where torch wants one beside it.
Everything else that is written on the way lies in FOLDER too, which whoever starts this removes. It lives only as long
as the pipe that it is given is held open at the other end: when a run is over, or is killed, this program ends with all
that it has started and removes the folder.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

GRAPH, LIBRARY = "graph", "step.so"
PATIENT = 10
"""How far it stands back behind what else the machine does (`nice`)."""

OPTIONS = {"aot_inductor.precompile_headers": False}
"""For two files, to prepare the headers takes longer than to read them."""


def main() -> None:
    """Compile what lies in the folder that the command line names."""
    folder, threads = Path(sys.argv[1]), int(sys.argv[2])
    threading.Thread(target=end_with_the_pipe, args=[folder], daemon=True).start()
    os.nice(PATIENT)
    made = compile_graph((folder / GRAPH).read_text(), threads)
    calls = made.with_suffix(".json")  # which operations the library leaves to torch, if there are any
    if calls.exists():
        calls.replace((folder / LIBRARY).with_suffix(".json"))
    made.replace(folder / LIBRARY)


def end_with_the_pipe(folder: Path) -> None:
    """Wait until nobody holds the other end of the standard input, then end this group of processes for good."""
    sys.stdin.read()
    shutil.rmtree(folder, ignore_errors=True)
    if os.getpgrp() == os.getpid():  # or it would be the group of whoever tried this by hand
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def surroundings(folder: Path) -> dict[str, str]:
    """Return the environment in which all that is written on the way lies in `folder`, and one processor is used."""
    paths = [str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]
    return os.environ | {
        "TORCHINDUCTOR_CACHE_DIR": str(folder / "inductor"),
        "TORCHINDUCTOR_COMPILE_THREADS": "1",
        "TORCHINDUCTOR_VEC_ISA_OK": "1",  # the processor says what it has; asking a compiler takes long
        "TMPDIR": str(folder),
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }


def compile_graph(text: str, threads: int) -> Path:
    """Return the shared library that a graph, as text, is compiled to, for so many threads; it has been tried once."""
    warnings.simplefilter("ignore")
    import torch
    from torch._inductor import aot_compile

    from metagen_gui.engine.plain_graph import read

    torch.set_num_threads(threads)
    module, kinds = read(text)
    _call_products_as_they_are()
    # what oneDNN would be handed besides, it wants with constant weights, and ours change with every step
    with torch.no_grad(), torch.backends.mkldnn.flags(enabled=False):
        made = str(aot_compile(module, tuple(kind.example() for kind in kinds), options=OPTIONS))
    with torch.inference_mode():  # if it breaks off, then here and not in the run
        torch._C._aoti.AOTIModelContainerRunnerCpu(made, 1).run([kind.example() for kind in kinds])
    return Path(made)


def _call_products_as_they_are() -> None:
    """Have oneDNN's product called on whatever tensors there are; inductor knows it with constant weights only."""
    import torch
    from torch._inductor import ir
    from torch._inductor.lowering import lowerings
    from torch._inductor.mkldnn_ir import LinearUnary

    if not hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        return

    def product(x: Any, weight: Any, bias: None, attribute: str, scalars: Any, algorithm: str) -> Any:
        x, weight = LinearUnary.realize_input(x), LinearUnary.realize_input(weight)
        layout = ir.FixedLayout(x.get_device(), x.get_dtype(), [*x.get_size()[:-1], weight.get_size()[0]])
        call = LinearUnary(layout, [x, weight], (bias, attribute, scalars or [-1], algorithm))
        return ir.TensorBox.create(call)

    lowerings[torch.ops.mkldnn._linear_pointwise.default] = product


if __name__ == "__main__":
    main()
