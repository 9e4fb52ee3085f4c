"""What makes an installable program: the bundle's list of plugins, the menu entry, the icon, the system libraries."""

from __future__ import annotations

import configparser
import fnmatch
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from PySide6.QtGui import QIcon, QImage
from PySide6.QtWidgets import QApplication

from metagen_gui.engine.exports.base import formats
from metagen_gui.engine.plugins import PLUGINS
from metagen_gui.engine.store.names import EXPERIMENT
from metagen_gui.gui.program.display import PACKAGES

ROOT = Path(__file__).parents[1]
PACKAGING = ROOT / "packaging"
LAUNCH = str(PACKAGING / "launch.py")
ICONS = ROOT / "resources" / "icons"
SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
KNOWN_KEYS = {"Type", "Version", "Name", "GenericName", "Comment", "Exec", "TryExec", "Icon", "Terminal", "Categories"}
KNOWN_KEYS |= {"Keywords", "MimeType", "StartupNotify", "StartupWMClass"}


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


# -- the frozen program ----------------------------------------------------------------------------------------------


class FakeAnalysis:
    """Stands for PyInstaller's: remembers what it was asked to collect."""

    def __init__(self, scripts: list[str], **given: Any) -> None:
        self.scripts, self.given = scripts, given
        self.pure = self.binaries = self.datas = ()


@pytest.fixture
def spec(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run the spec as PyInstaller does, with its names, and return these and what became of them."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("METAGEN_ONNXRUNTIME_WEB", "/nowhere")  # or it would be packed anew
    path = PACKAGING / "metagen.spec"
    names = {"SPECPATH": str(PACKAGING), "Analysis": FakeAnalysis}
    names |= {name: lambda *given, **named: None for name in ("PYZ", "EXE", "COLLECT", "BUNDLE")}
    monkeypatch.setitem(sys.modules, "PyInstaller.depend.bindepend", SimpleNamespace(get_imports=lambda source: set()))
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
    return names


def test_the_bundle_holds_every_plugin_and_format(spec: dict[str, Any]) -> None:
    registries = [*PLUGINS.values(), formats]
    registered = {plugin.__module__ for registry in registries for _, plugin in registry.items()}
    ours = {module for module in registered if module.startswith("metagen_gui.")}
    assert len(ours) > 30 and ours <= set(spec["analysis"].given["hiddenimports"])


def test_the_bundle_starts_from_a_script_and_holds_files_that_exist(spec: dict[str, Any]) -> None:
    (script,) = spec["analysis"].scripts
    compile(Path(script).read_text(encoding="utf-8"), script, "exec")
    given = dict(spec["analysis"].given["datas"])
    assert all(Path(source).exists() for source in given)
    assert any(name.startswith("torch-") and name.endswith(".dist-info") for name in given.values())


@pytest.mark.parametrize(
    ("file", "stays"),
    [
        ("torch/lib/libtorch_cpu.so", True),
        ("torch/lib/libtorchbind_test.so", False),
        ("torch/test/libtest", False),
        ("torch/testing/_comparison.py", True),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", True),
        ("PySide6/Qt/plugins/platforms/libqoffscreen.so", True),
        ("PySide6/Qt/plugins/platforms/libqminimal.so", False),
        ("PySide6/Qt/plugins/platformthemes/libqgtk3.so", False),
        ("PySide6/Qt/translations/qtbase_zh_CN.qm", True),
        ("PySide6/Qt/translations/qtbase_de.qm", False),
        ("resources/presets/strokes-vae.json", True),
    ],
)
def test_the_bundle_leaves_out_what_nothing_opens(spec: dict[str, Any], file: str, stays: bool) -> None:
    assert spec["lean"]([(file, f"/somewhere/{file}", "DATA")]) == ([(file, f"/somewhere/{file}", "DATA")] * stays)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the system brings no libraries along")
def test_the_bundle_leaves_out_libraries_that_nothing_needs_any_more(
    spec: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    needs = {"/gtk3.so": {("libgtk.so.3", None), ("libglib.so.0", None)}, "/QtCore.so": {("libglib.so.0", None)}}
    bindepend = SimpleNamespace(get_imports=lambda source: needs.get(source, set()))
    monkeypatch.setitem(sys.modules, "PyInstaller.depend.bindepend", bindepend)
    qt, python = ("PySide6/QtCore.so", "/QtCore.so", "EXTENSION"), (spec["PYTHON"], "/libpython.so", "BINARY")
    glib, link = ("libglib.so.0", "/libglib.so.0", "BINARY"), ("libglib.so", "libglib.so.0", "SYMLINK")
    theme = ("PySide6/Qt/plugins/platformthemes/libqgtk3.so", "/gtk3.so", "BINARY")
    gtk, dead = ("libgtk.so.3", "/libgtk.so.3", "BINARY"), ("libgtk.so", "libgtk.so.3", "SYMLINK")
    assert set(spec["lean"]([qt, python, glib, link, theme, gtk, dead])) == {qt, python, glib, link}


@pytest.mark.parametrize("started_as", ["metagen", "metagen-gui"])
def test_the_program_is_what_it_is_started_as(started_as: str) -> None:
    as_called = f"import sys; sys.argv = ['/usr/bin/{started_as}', '--help']; exec(open({LAUNCH!r}).read())"
    done = subprocess.run([sys.executable, "-c", as_called], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and f"{started_as} [" in done.stdout.lower()


# -- on a desktop ----------------------------------------------------------------------------------------------------


def test_what_a_desktop_is_told_goes_together() -> None:
    entry = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    entry.read(PACKAGING / "metagen.desktop", encoding="utf-8")
    (kind,) = ElementTree.parse(PACKAGING / "metagen-mime.xml").getroot()
    assert entry["Desktop Entry"]["mimetype"] == f"{kind.get('type')};"
    about = ElementTree.parse(PACKAGING / "metagen.metainfo.xml").getroot()
    told = {tag: [(part.text or "") for part in about.iter(tag)] for tag in ("launchable", "binary", "mediatype")}
    assert told["launchable"] == ["metagen.desktop"] and told["mediatype"] == [kind.get("type")]
    assert set(told["binary"]) == {name for kind in ("scripts", "gui-scripts") for name in project()["project"][kind]}
    assert [one.get("version") for one in about.iter("release")] == [project()["project"]["version"]]


def test_files_that_the_window_saves_are_known_to_a_desktop() -> None:
    (kind,) = ElementTree.parse(PACKAGING / "metagen-mime.xml").getroot()
    patterns = [part.get("pattern", "") for part in kind if part.tag.endswith("glob")]
    assert any(fnmatch.fnmatch(EXPERIMENT, pattern) for pattern in patterns)
    assert not any(fnmatch.fnmatch("package.json", pattern) for pattern in patterns)


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


# -- the wheel -------------------------------------------------------------------------------------------------------


def test_an_installed_package_finds_its_own_files(tmp_path: Path) -> None:
    """The package and the folder of resources lie as a wheel puts them."""
    shutil.copytree(ROOT / "metagen_gui", tmp_path / "metagen_gui")
    for source, place in project()["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"].items():
        (tmp_path / place).symlink_to(ROOT / source)
    look = """
from metagen_gui.engine.doctor import own_files
from metagen_gui.engine.languages.catalogue import catalogues
from metagen_gui.engine.resources import resources_folder
print(resources_folder())
print(*{line.level for line in own_files.look(None)}, *catalogues())
"""
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", look], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    found, told = done.stdout.splitlines()
    assert Path(found) == tmp_path / "metagen_gui" / "_resources"
    assert told == "ok zh_CN"


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
