"""Tests of claims on disk: which there are, and that one writes at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from metagen_gui.engine.claims.examination import kept_tests as module
from metagen_gui.engine.claims.examination import runner
from metagen_gui.engine.claims.examination.kept_tests import examine_alone, fresh_folder, kept_tests
from metagen_gui.engine.claims.folder import PLAN, SCORES, ClaimFolder
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.lock import is_held

Tiny = Callable[..., Experiment]


@pytest.fixture
def plan(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> ClaimPlan:
    monkeypatch.setattr(runner, "seconds_per_step", lambda arm, seed: (1.0, 1.0))
    small = {"validation_tasks": 2, "candidates": 1, "adaptation_steps": (1,), "outer_rates": (1.0,)}
    return ClaimPlan.of(tiny("densities", "vae", "maml"), {"steps": 2, "tasks": 4, "seeds": (0,), **small})


def test_the_newest_come_first_and_what_cannot_be_read_is_left_out(plan: ClaimPlan, tmp_path: Path) -> None:
    assert kept_tests(tmp_path / "none") == []
    for number, name in enumerate(("old", "new", "broken", "empty")):
        folder = tmp_path / name
        if name == "empty":
            folder.mkdir()
            continue
        ClaimFolder(folder, plan)
        os.utime(folder / PLAN, (number, number))
    (tmp_path / "broken" / PLAN).write_text("{")
    (tmp_path / "old" / "report.html").touch()
    found = kept_tests(tmp_path)
    assert [(test.folder.name, test.finished, test.held) for test in found] == [
        ("new", False, False),
        ("old", True, False),
    ]
    assert found[0].plan.document() == plan.document()


def test_two_tests_that_begin_in_one_second_get_folders_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.time, "strftime", lambda form: "2026-01-02-030405")
    first = fresh_folder(tmp_path)
    first.mkdir()
    second = fresh_folder(tmp_path)
    assert (first.name, second.name) == ("2026-01-02-030405", "2026-01-02-030405-2")


def test_a_test_that_was_killed_while_it_was_made_goes_on_and_leaves_no_litter(plan: ClaimPlan, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / f"{PLAN}.tmp-0123456789abcdef").write_text("{")
    test = examine_alone(plan, out)
    next(test)
    assert not list(out.glob("*.tmp-*"))
    test.close()
    (out / SCORES / "one.npz.tmp-0123456789abcdef").touch()
    test = examine_alone(plan, out)
    next(test)
    assert not list(out.rglob("*.tmp-*"))
    test.close()


def test_one_writes_at_a_time_and_lets_go_in_the_end(plan: ClaimPlan, tmp_path: Path) -> None:
    out = tmp_path / "out"
    test = examine_alone(plan, out)
    next(test)
    assert is_held(out) and kept_tests(tmp_path)[0].held
    other = examine_alone(plan, out)
    with pytest.raises(BadInput, match="is being written by another MetaGen"):
        next(other)
    test.close()
    assert not is_held(out)
    later = examine_alone(plan, out)
    next(later)
    later.close()


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
@pytest.mark.parametrize(
    "part", [PLAN, "steps.json", "rates.json", "report.html", "runs", "scores", "runs/maml-2-steps-seed-0"]
)
def test_nothing_outside_the_folder_of_a_test_is_written(plan: ClaimPlan, tmp_path: Path, part: str) -> None:
    out, precious = tmp_path / "out", tmp_path / "precious"
    ClaimFolder(out, plan)
    if part in (PLAN, "steps.json", "rates.json", "report.html"):
        precious.write_text((out / PLAN).read_text())
    else:
        precious.mkdir()
    (out / part).rmdir() if (out / part).is_dir() else (out / part).unlink(missing_ok=True)
    (out / part).symlink_to(precious)
    before = precious.read_text() if precious.is_file() else sorted(precious.rglob("*"))
    if part == "report.html":  # a name that is taken, and not a file that is read
        list(examine_alone(plan, out))
    else:
        with pytest.raises(BadInput, match="is a link"):
            list(examine_alone(plan, out))
    assert before == (precious.read_text() if precious.is_file() else sorted(precious.rglob("*")))
