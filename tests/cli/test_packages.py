"""Packages that bring plugins, at the command line: named before their code runs, and off where a person said so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from metagen_gui.cli import main
from metagen_gui.engine.settings.packages import choices_file, choose
from tests.plugins_elsewhere.installed import RUNS, install_toys

ROOT = Path(__file__).parents[2]
NAMED = (
    "metagen: plugins of other packages are loaded from now on: Toys (kite); `metagen plugins --off toys` switches "
    "toys off"
)


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the package *Toys* is installed, with no choice made."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("METAGEN_PLUGINS", raising=False)
    install_toys(tmp_path / "site")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return tmp_path / "site"


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    return int(end.value.code or 0), capsys.readouterr().err


def listed(site: Path) -> tuple[dict[str, object], list[str]]:
    """Return what `metagen plugins --json` lists in a process of its own, and its lines on stderr."""
    path = os.pathsep.join((str(site), str(ROOT)))
    done = subprocess.run(
        [sys.executable, "-c", "from metagen_gui.cli import main; main()", "plugins", "--json"],
        capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": path},
    )  # fmt: skip
    return json.loads(done.stdout), done.stderr.splitlines()


def test_a_new_package_is_named_once_and_before_its_code_runs(site: Path) -> None:
    found, lines = listed(site)
    assert lines == [NAMED, RUNS], "in this order"
    assert "kite" in [one["name"] for one in found["model"]]  # type: ignore[attr-defined]
    toys = {"package": "Toys", "loaded": True, "brings": [{"kind": "model", "name": "kite"}]}
    assert toys in found["packages"]  # type: ignore[operator]


def test_what_is_switched_off_is_loaded_by_no_command(site: Path) -> None:
    choose(["toys"], "off")  # as the window does
    found, lines = listed(site)
    assert not lines and "kite" not in [one["name"] for one in found["model"]]  # type: ignore[attr-defined]
    assert [one["loaded"] for one in found["packages"] if one["package"] == "Toys"] == [False]  # type: ignore[attr-defined]


def test_the_line_comes_once_and_help_comes_without_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "--help") == (0, "")
    assert said(capsys, "runs") == (0, NAMED + "\n")
    assert said(capsys, "runs") == (0, "")


def test_packages_are_switched_off_and_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "plugins", "--off", "TOYS") == (0, "")
    assert json.loads(choices_file().read_text())["packages"] == {"toys": "off"}
    assert said(capsys, "plugins", "--on", "Toys") == (0, "")
    assert json.loads(choices_file().read_text())["packages"] == {"toys": "on"}
    status, line = said(capsys, "plugins", "--off", "drums")
    assert status == 2 and line == "metagen: --off: no package 'drums' brings plugins; there are Toys\n"


def test_a_damaged_choice_is_told_and_loads_nothing(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    choices_file().parent.mkdir(parents=True)
    choices_file().write_text("{")
    why = "not a list of packages; no plugins of other packages are loaded until it is mended or deleted"
    assert said(capsys, "runs") == (0, f"metagen: {choices_file()}: {why}\n")
