from __future__ import annotations

import getpass
import importlib.metadata
import json
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from metagen_gui.cli import main
from metagen_gui.engine import resources
from metagen_gui.engine.doctor import disk, export, own_files, processor, ten_steps, versions, window
from metagen_gui.engine.doctor.examination import CHECKS, REPORT_IT, examine
from metagen_gui.engine.doctor.findings import Check, Findings, Line, passed, verdict
from metagen_gui.engine.exports.base import formats
from metagen_gui.engine.store import names

PERSON, MACHINE = "ottilie", "kepler.example.org"
PERSONAL = (PERSON, "kepler", "secret-folder")


@pytest.fixture
def somebody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be a person with a name and a home on a machine with a name."""
    home = tmp_path / "secret-folder" / PERSON
    home.mkdir(parents=True)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(getpass, "getuser", lambda: PERSON)
    monkeypatch.setattr(socket, "gethostname", lambda: MACHINE)
    return home


def test_this_computer_passes_and_nothing_personal_is_told(somebody: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["doctor", "--json"])
    out = capsys.readouterr().out
    told = json.loads(out)
    problems = [line for one in told["checks"] for line in one["lines"] if line["level"] == "problem"]
    assert (end.value.code, told["version"], told["passed"], problems) == (0, 1, True, [])
    assert [one["check"] for one in told["checks"]] == [check.name for check in CHECKS]
    assert all(one["lines"] for one in told["checks"])
    steps = [line["said"] for one in told["checks"] if one["check"] == "ten_steps" for line in one["lines"]]
    assert sum(" on cpu, " in said for said in steps) == 3
    assert not [word for word in PERSONAL if word in out.lower()]
    assert not list(somebody.rglob("*"))


def test_what_breaks_in_a_check_is_a_finding_without_names(somebody: Path) -> None:
    def breaks(folder: Path) -> Iterator[Line]:
        yield Line("ok", f"{PERSON}'s own\nline")
        raise OSError(28, "No space left", f"{somebody}/.local/share/metagen/runs of {PERSON.title()} on {MACHINE}")

    def goes_on(folder: Path) -> Iterator[Line]:
        yield Line("note", "fine", f"look into {somebody}/pictures")

    begun, broken, *_, last = examine([Check("a", "First", breaks), Check("b", "Second", goes_on)])
    assert isinstance(begun, Check) and isinstance(broken, Findings) and isinstance(last, Findings)
    said = "OSError: [Errno 28] No space left: 'DATA/runs of USER on HOST'"
    assert broken.lines == (Line("ok", "USER's own\\nline"), Line("problem", said, REPORT_IT))
    assert broken.text() == f"First\n  ok      USER's own\\nline\n  problem {said}\n          → {REPORT_IT}"
    assert last.lines == (Line("note", "fine", "look into ~/pictures"),)
    assert not passed([broken, last]) and passed([last])
    assert verdict([broken, last, last]) == "1 problem, 2 notes."


def test_the_command_fails_where_something_does_not_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(
        "metagen_gui.cli.doctor.examine", lambda checks: examine([Check("disk", "Data folder", disk.look)])
    )
    with pytest.raises(SystemExit) as end:
        main(["doctor"])
    out = capsys.readouterr().out
    assert end.value.code == 1
    assert "  problem Runs cannot be kept in the data folder: Not a directory\n          → " in out
    assert out.endswith("1 problem.\n")


def test_a_package_that_is_needed_and_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    needed = ["torch>=2", "no-such-package>=1", 'no-such-thing ; extra == "video"', 'ruff>=1; extra == "dev"']
    monkeypatch.setattr(versions, "requires", lambda name: needed)
    problems, others = [], ""
    for line in versions.look(tmp_path):
        problems += [line] if line.level == "problem" else []
        others += line.said
    assert problems == [Line("problem", "no-such-package is not installed", "pip install no-such-package")]
    assert f"torch {importlib.metadata.version('torch')}" in others
    assert "Without no-such-thing; pip install 'metagen[video]'" in others and "ruff" not in others


def test_more_threads_than_cores_and_a_busy_processor_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor.os, "getloadavg", lambda: (9.0, 0, 0), raising=False)
    assert [line.level for line in processor._threads(8, 4)] == ["note", "note"]
    monkeypatch.setattr(processor.os, "getloadavg", lambda: (0.5, 0, 0), raising=False)
    assert [line.level for line in processor._threads(4, 4)] == ["ok"]


def test_a_small_and_a_slow_disk_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))  # where no other test has kept a run
    monkeypatch.setattr(disk, "SLOW", -1)
    monkeypatch.setattr(disk, "LITTLE", 2**60)
    assert [line.level for line in disk.look(tmp_path)] == ["note", "note"]
    monkeypatch.setattr(disk, "TOO_LITTLE", 2**60)
    assert [line.level for line in disk.look(tmp_path)] == ["problem", "note"]
    assert not names.runs_folder().parent.exists()


ANSWER = {
    "qt": "6",
    "pyside": "6",
    "platform": "xcb",
    "style": "fusion",
    "screens": [],
    "fonts": 0,
    "font": "",
    "chinese_fonts": 0,
    "lacking_formats": ["svg"],
}


@pytest.mark.parametrize(
    ("script", "display", "levels"),
    [
        (None, "", ["note"]),
        ("import sys; sys.exit('metagen-gui: missing libEGL')", ":0", ["problem"]),
        ("import sys; sys.exit('metagen-gui: missing libEGL')", "", ["note", "problem"]),
        ("import os; os.abort()", ":0", ["problem"]),
        ("print('no JSON')", ":0", ["problem"]),
        (f"print({json.dumps(json.dumps(ANSWER))})", ":0", ["ok", "problem", "note", "problem"]),
    ],
)
def test_what_the_window_lacks_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str | None, display: str, levels: list[str]
) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setattr(window.sys, "platform", "linux")
    monkeypatch.setattr(window, "_program", lambda: None if script is None else [sys.executable, "-c", script])
    lines = list(window.look(tmp_path))
    assert [line.level for line in lines] == levels
    assert "libEGL" in lines[0].said or "libEGL" not in (script or "")


def test_files_that_are_missing_or_broken_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def problems() -> list[str]:
        return [line.said for line in own_files.look(tmp_path) if line.level == "problem"]

    shutil.copytree(resources.resources_folder(), tmp_path / "resources")
    monkeypatch.setattr(resources, "resources_folder", lambda: tmp_path / "resources")
    (weights,) = (tmp_path / "resources" / "trained" / "densities").glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:-1])
    (tmp_path / "resources" / "presets" / "new.json").write_text('{"model": {"name": "elephant"}}')
    first, second = problems()
    assert first.startswith("presets/new.json: ") and "elephant" in first
    assert second.startswith("trained/densities: damaged")
    shutil.rmtree(tmp_path / "resources")
    assert problems() == ["Not found among the program's files: presets, trained, icons/metagen.svg"]


@pytest.mark.parametrize(
    ("losses", "level", "said"),
    [
        ([1.0, 200.0], "ok", "equal to the last digit"),
        ([1.0, 200.01], "ok", "within 0.0001 (off by 5e-05)"),
        ([1.0, 200.1], "problem", "differs by 0.0005"),
        ([1.0, float("nan")], "problem", "differs by inf"),
        ([1.0], "problem", "differs by inf"),
    ],
)
def test_losses_are_compared_with_the_stored_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, losses: list[float], level: str, said: str
) -> None:
    monkeypatch.setattr(ten_steps, "train", lambda document, device, run: {"vae": losses})
    document = {"experiment": {"training": {}}, "losses": {"vae": [1.0, 200.0]}}
    line = ten_steps._compared("points", document, "cpu", tmp_path / "run")
    assert line.level == level and said in line.said


def test_an_export_that_reads_back_otherwise_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert [line.level for line in export.look(tmp_path)] == ["problem", "ok"]
    path = resources.resources_folder() / "ten_steps" / "points.json"
    ten_steps.train(json.loads(path.read_text())["experiment"], "cpu", tmp_path / "points-cpu")
    both = ["initialization", "adapted"]
    monkeypatch.setattr("metagen_gui.engine.exports.base.formats_in_order", lambda: [formats.get(one) for one in both])
    assert [line.said for line in export.look_at_all(tmp_path)] == [
        f"{name} of points-cpu, read back in another process: the same" for name in both
    ]
    monkeypatch.setattr("metagen_gui.engine.exports.writing.read_back", lambda *asked: {})
    first, second = export.look(tmp_path)
    assert first.level == "problem" and "missing" in first.said
    assert second.said == "Other formats: adapted"
