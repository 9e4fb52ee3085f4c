"""MetaGen's meta-gradient against its peers on the same work: time, memory, agreement of gradients, and the floor.

    pip install -e .[benchmarks]                                       # the peers; those that are missing are left out
    python benchmarks/inner_loop.py                                    # the headline rows, five rounds
    python benchmarks/inner_loop.py --rows all --json FILE --plot FILE.png
    python benchmarks/inner_loop.py --only maml-512 --rounds 2 --against higher --device cuda

Everyone computes with the same networks, parameters, data and noise, in a fresh process per round; rounds are
interleaved (A B C A B C …) within a row. Prints Markdown as rows are done; progress goes to the standard error.
`contest/` holds the parts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

from contest.contestants import CONTESTANTS, LEAN, MIXED, OURS, WRITTEN
from contest.report import heading, headline_table, sweep_table
from contest.rows import HEADLINE, SWEEPS, Row, chosen_rows

HERE = Path(__file__).resolve().parent
PATIENCE = 900
"""Seconds that one contestant may take for one round."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", choices=("headline", "sweeps", "all"), default="headline")
    known = [row.name for row in (*HEADLINE, *SWEEPS)]
    parser.add_argument("--only", action="append", default=[], metavar="ROW", choices=known, help=", ".join(known))
    names = [each.name for each in CONTESTANTS]
    parser.add_argument("--against", action="append", default=[], metavar="PEER", choices=names, help=", ".join(names))
    parser.add_argument("--lean", action="store_true", help="our steps in the least memory as well")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    kept = "keep every answer here; rows that the file already holds, without a failure, are not measured again"
    parser.add_argument("--json", type=Path, metavar="FILE", help=kept)
    parser.add_argument("--plot", type=Path, metavar="FILE.png")
    given = parser.parse_args()
    rows = chosen_rows(given.rows, given.only)
    print(heading(given.threads, given.rounds, given.device), flush=True)
    measured: dict[str, dict[str, list[dict[str, Any]]]] = {}
    if given.json and given.json.exists():
        measured = json.loads(given.json.read_text())
    for row in rows:
        if not sound(measured.get(row.name, {})):
            measured[row.name] = measure(row, given)
        if not row.sweep:
            print(headline_table(row, measured[row.name]), flush=True)
        if given.json:
            given.json.write_text(json.dumps(measured, indent=1) + "\n")
    sweeps = {row.sweep: [other for other in rows if other.sweep == row.sweep] for row in rows if row.sweep}
    for sweep, members in sweeps.items():
        print(sweep_table(sweep, members, measured), flush=True)
    if given.plot and sweeps:
        from contest.plot import draw

        draw(given.plot, sweeps, measured)


def measure(row: Row, given: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """Return what every contestant answers in every round of a row."""
    here = [each for each in CONTESTANTS if each.installed and _wanted(each.name, given)]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in (*(each.name for each in here), "floor")}
    with tempfile.TemporaryDirectory() as folder:
        order = {"row": row.name, "device": given.device, "threads": given.threads}
        order["reference"] = str(Path(folder) / "reference.pt")
        failed = ask({**order, "contestant": "reference"}).get("left_out")
        if failed:
            return {name: [{"left_out": f"no reference: {failed}"}] for name in found}
        for number, name in product(range(given.rounds), found):
            if any("left_out" in answer for answer in found[name]):
                continue
            answer = ask({**order, "contestant": name})
            found[name].append(answer)
            said = answer.get("left_out") or f"{answer['ms']:.1f} ms"
            print(f"{row.name}, round {number + 1}: {name} {said}", file=sys.stderr, flush=True)
    return found


def sound(answers: dict[str, list[dict[str, Any]]]) -> bool:
    """Return whether there are answers, and no failures among them."""
    said = [str(answer.get("left_out", "")) for rounds in answers.values() for answer in rounds]
    return bool(said) and not any(text.startswith(("failed", "no reference")) for text in said)


def ask(order: dict[str, Any]) -> dict[str, Any]:
    """Return what a fresh process answers to an order; `left_out` says why there is nothing."""
    threads, paths = str(order["threads"]), [str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")]
    surroundings = {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "PYTHONWARNINGS": "ignore"}
    surroundings["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    command = [sys.executable, "-m", "contest.measure", json.dumps(order)]
    try:
        done = subprocess.run(command, env=os.environ | surroundings, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return {"left_out": f"took more than {PATIENCE} s"}
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"ended with status {done.returncode}"]
        return {"left_out": f"failed: {said[-1][:200]}"}
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _wanted(name: str, given: argparse.Namespace) -> bool:
    if name == LEAN:
        return given.lean or name in given.against
    if name == MIXED:
        return given.device != "cpu" or name in given.against
    return not given.against or name in (OURS, WRITTEN, *given.against)


if __name__ == "__main__":
    main()
