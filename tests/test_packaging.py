"""What makes an installable program: the bundle's list of plugins, the menu entry, the icon, the system libraries."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QIcon, QImage
from PySide6.QtWidgets import QApplication

from metagen_gui.engine.plugins import PLUGINS
from metagen_gui.gui.program.display import PACKAGES

ROOT = Path(__file__).parents[1]
PACKAGING = ROOT / "packaging"
ICONS = ROOT / "resources" / "icons"
SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
KNOWN_KEYS = {"Type", "Version", "Name", "GenericName", "Comment", "Exec", "TryExec", "Icon", "Terminal", "Categories"}
KNOWN_KEYS |= {"Keywords", "MimeType", "StartupNotify", "StartupWMClass"}


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


# -- the frozen program ----------------------------------------------------------------------------------------------


class FakeAnalysis:
    """Stands for PyInstaller's: remembers what it was asked to collect."""

    made: list[FakeAnalysis]

    def __init__(self, scripts: list[str], **given: Any) -> None:
        self.scripts, self.given = scripts, given
        self.pure = self.binaries = self.datas = ()
        self.made.append(self)


@pytest.fixture
def analyses(monkeypatch: pytest.MonkeyPatch) -> list[FakeAnalysis]:
    """Run the spec as PyInstaller does, with its names, and return what would be analysed."""
    FakeAnalysis.made = []
    monkeypatch.setattr(sys, "path", list(sys.path))
    spec = PACKAGING / "metagen.spec"
    names = {"SPECPATH": str(PACKAGING), "Analysis": FakeAnalysis}
    names |= {name: lambda *given, **named: None for name in ("PYZ", "EXE", "COLLECT")}
    exec(compile(spec.read_text(encoding="utf-8"), str(spec), "exec"), names)
    return FakeAnalysis.made


def test_the_bundle_holds_every_plugin(analyses: list[FakeAnalysis]) -> None:
    registered = {plugin.__module__ for registry in PLUGINS.values() for _, plugin in registry.items()}
    ours = {module for module in registered if module.startswith("metagen_gui.")}
    assert len(analyses) == 2 and len(ours) > 3
    for analysis in analyses:
        assert ours <= set(analysis.given["hiddenimports"])


def test_the_bundle_starts_from_scripts_and_holds_files_that_exist(analyses: list[FakeAnalysis]) -> None:
    for analysis in analyses:
        for script in analysis.scripts:
            compile(Path(script).read_text(encoding="utf-8"), script, "exec")
        assert all(Path(source).exists() for source, _ in analysis.given["datas"])


# -- menu entry and icon ---------------------------------------------------------------------------------------------


def test_the_menu_entry_is_valid_and_starts_the_window() -> None:
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as configparser's documentation does it
    parser.read(PACKAGING / "metagen.desktop", encoding="utf-8")
    assert parser.sections() == ["Desktop Entry"]
    entry = parser["Desktop Entry"]
    assert set(entry) <= KNOWN_KEYS
    assert entry["Type"] == "Application" and entry["Terminal"] == "false"
    assert entry["Exec"].split() == [entry["TryExec"], "%f"]
    assert entry["TryExec"] in project()["project"]["gui-scripts"]
    assert (ICONS / f"{entry['Icon']}.svg").is_file()
    for listed in ("Categories", "Keywords"):
        assert entry[listed].endswith(";")


def test_the_icon_is_drawn_in_every_size(qapp: QApplication) -> None:
    assert {path.name for path in ICONS.glob("metagen-*.png")} == {f"metagen-{size}.png" for size in SIZES}
    for size in SIZES:
        image = QImage(str(ICONS / f"metagen-{size}.png"))
        assert (image.width(), image.height()) == (size, size)
        assert image.pixelColor(0, 0).alpha() == 0
        middle = image.pixelColor(size // 2, size // 5)
        assert middle.alpha() == 255 and middle.red() > middle.blue(), "the topmost shape is orange"
    pixmap = QIcon(str(ICONS / "metagen.svg")).pixmap(64, 64)
    assert pixmap.toImage().pixelColor(32, 12).red() > 200


# -- setting up ------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux needs system libraries")
@pytest.mark.parametrize(
    ("package_manager", "command"),
    [
        ("apt-get", "sudo apt-get install -y --no-install-recommends libegl1 libxcb-cursor0"),
        ("dnf", "sudo dnf install -y libglvnd-egl xcb-util-cursor"),
        ("pacman", "sudo pacman -S --needed libglvnd xcb-util-cursor"),
        (None, "Install the packages of your system that hold them."),
    ],
)
def test_missing_system_libraries_are_named_with_the_command(
    tmp_path: Path, package_manager: str | None, command: str
) -> None:
    ldd = (
        'echo "\tlibEGL.so.1 => not found"; echo "\tlibxcb-cursor.so.0 => not found"; echo "\tlibc.so.6 => /libc.so.6"'
    )
    done = ask_for_libraries(
        tmp_path,
        ldd,
        {"id": "echo 1000", "sudo": "exit 1", **dict.fromkeys([package_manager] if package_manager else [], "exit 1")},
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "libEGL.so.1 libxcb-cursor.so.0" in done.stderr
    assert command in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux needs system libraries")
def test_nothing_is_done_where_no_library_is_missing(tmp_path: Path) -> None:
    done = ask_for_libraries(tmp_path, 'echo "\tlibc.so.6 => /libc.so.6"', {"apt-get": "touch touched", "id": "echo 0"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not list(tmp_path.rglob("touched"))


def test_the_window_names_the_same_packages_as_the_set_up() -> None:
    table = (PACKAGING / "system_libraries.sh").read_text(encoding="utf-8").partition("known='")[2].partition("'")[0]
    rows = [line.split() for line in table.strip().splitlines()]
    assert all(len(row) == 4 for row in rows)
    debian = {row[0]: row[1] for row in rows}
    assert PACKAGES.items() <= debian.items()


def ask_for_libraries(folder: Path, ldd: str, commands: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the script on a machine that has only a few tools, a font, and the given `commands`."""
    tools, packaging, fonts = folder / "bin", folder / "packaging", folder / ".fonts"
    for made in (tools, packaging, fonts):
        made.mkdir()
    (fonts / "some.ttf").touch()
    for name in ("bash", "dirname", "uname", "awk", "sort", "tr", "find", "grep", "env", "touch"):
        (tools / name).symlink_to(shutil.which(name) or name)
    for name, body in {"ldd": ldd, **commands}.items():
        (tools / name).write_text(f"#!{shutil.which('bash')}\n{body}\n")
        (tools / name).chmod(0o755)
    shutil.copy(PACKAGING / "system_libraries.sh", packaging)
    environment = {**os.environ, "PATH": str(tools), "HOME": str(folder), "DISPLAY": ":0"}
    script = [str(tools / "bash"), str(packaging / "system_libraries.sh"), "window"]
    return subprocess.run(script, env=environment, capture_output=True, text=True, check=False)


def test_continuous_integration_runs_what_a_person_runs() -> None:
    for script in (ROOT / ".ci" / "run", *PACKAGING.glob("*.sh")):
        assert os.access(script, os.X_OK)
        assert "set -euo pipefail" in script.read_text(encoding="utf-8")
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
