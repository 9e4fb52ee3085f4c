"""`metagen doctor`: does the program work on this computer; text to be put into a report, or JSON.

The JSON is `{"version": 1, "passed", "checks": [{"check", "title", "lines": [{"level", "said", "advice"}]}]}`; a level
is `ok`, `note` or `problem`. Keys and checks may be added; none is taken away or given another meaning under the same
version.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from metagen_gui.engine.doctor.examination import CHECKS, THOROUGH, examine
from metagen_gui.engine.doctor.findings import Findings, passed, verdict
from metagen_gui.engine.languages.spoken import translated

VERSION = 1


def examine_computer(*, thorough: bool, as_json: bool) -> int:
    """Print what is found, as it is found; return the exit status, 1 where something does not work."""
    found: list[Findings] = []
    for one in examine(THOROUGH if thorough else CHECKS):
        if isinstance(one, Findings):
            found.append(one)
            if not as_json:
                print(one.text(translated), flush=True)
    if as_json:
        checks = [
            {"check": one.check.name, "title": one.check.title, "lines": [asdict(line) for line in one.lines]}
            for one in found
        ]
        print(json.dumps({"version": VERSION, "passed": passed(found), "checks": checks}, indent=2))
    else:
        print(translated(verdict(found)))
    return 0 if passed(found) else 1
