"""The report of a test of claims: one HTML file without script or network, tables as CSV, and all of it as JSON."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import numpy as np
import torch

from metagen_gui.engine.claims.best_possible import sentences
from metagen_gui.engine.claims.findings import Findings
from metagen_gui.engine.claims.folder import ClaimFolder
from metagen_gui.engine.claims.report import tables
from metagen_gui.engine.claims.report.sections import TITLE, sections
from metagen_gui.engine.pages.page import page
from metagen_gui.engine.statistics import finite
from metagen_gui.engine.versions import version_of

VERSION = 1
HTML, JSON = "report.html", "report.json"


def write_report(findings: Findings, folder: ClaimFolder) -> Path:
    """Write the report's files into the folder; return the page."""
    folder.write("comparisons.csv", tables.to_csv(tables.COMPARISONS, tables.comparison_rows(findings)))
    folder.write("curves.csv", tables.to_csv(tables.CURVES, tables.curve_rows(findings)))
    folder.write(JSON, json.dumps(document(findings), indent=2, allow_nan=False) + "\n")
    return folder.write(HTML, page(TITLE, sections(findings, versions())))


def document(findings: Findings) -> dict[str, Any]:
    """Return what was found as JSON data; what is not a finite number is null."""
    found = {
        "version": VERSION,
        "plan": findings.plan.document(),
        "steps": {footing: dict(steps) for footing, steps in findings.shared.items()},
        "verdicts": [{**vars(verdict), "sentence": verdict.sentence} for verdict in findings.verdicts],
        "comparisons": [dict(zip(tables.COMPARISONS, row, strict=True)) for row in tables.comparison_rows(findings)],
        "best_possible": [sentence for sentence, _ in sentences(findings.gaps)],
        "distance_from_best": [dict(zip(tables.GAPS, row, strict=True)) for row in tables.gap_rows(findings)],
        "landmarks": [dict(zip(tables.LANDMARKS, row, strict=True)) for row in tables.landmark_rows(findings)],
        "curves": [dict(zip(tables.CURVES, row, strict=True)) for row in tables.curve_rows(findings)],
        "runs": [vars(outcome) for outcome in findings.outcomes],
        "outer_rates": [vars(one) for one in findings.rates],
        "adaptation": [
            {
                "arm": arm,
                "steps": steps,
                "seed": seed,
                "tuned_by": one.choice.measure,
                "way": dict(one.choice.way),
                "step": one.choice.step,
            }
            for (arm, steps, seed), scored in findings.scores.items()
            for one in (scored, scored.by_samples)
            if one is not None
        ],
        "notes": list(findings.notes),
        "versions": versions(),
    }
    told: dict[str, Any] = finite(found)
    return told


def versions() -> dict[str, str]:
    """Return the versions that figures depend on."""
    return {
        "MetaGen": version_of("metagen") or "not installed",
        "Python": platform.python_version(),
        "torch": str(torch.__version__),
        "NumPy": np.__version__,
        "system": f"{platform.system()}, {platform.machine()}",
        "threads": str(torch.get_num_threads()),
    }
