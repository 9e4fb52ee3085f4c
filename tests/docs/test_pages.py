"""What the documentation names is there: commands and their options, settings, files, menus, lessons and presets."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from metagen_gui.cli.plugins import catalogue
from metagen_gui.cli.program import app
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.play.lesson import SUFFIX, Lesson
from metagen_gui.gui.window.actions import COMMANDS
from metagen_gui.gui.window.menus import MENUS, SUBMENUS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
WRITTEN = sorted(path for path in DOCS.rglob("*.md") if "reference" not in path.parts)
TEXT = {path.relative_to(DOCS).as_posix(): path.read_text("utf-8").replace("\\\n", " ") for path in WRITTEN}
LESSONS = {path.name.removesuffix(SUFFIX): path for path in (ROOT / "resources" / "lessons").iterdir()}
PRESETS = {path.stem: path for path in (ROOT / "resources" / "presets").glob("*.json")}
FIGURE = re.compile(r"^```\{lesson\} (\S+)$", re.MULTILINE)
MADE_UP = {"joint"}
"""What a plugin is called that the pages tell how to write."""


def told(pattern: str) -> list[tuple[str, str]]:
    return [(page, found) for page, text in TEXT.items() for found in re.findall(pattern, text, re.MULTILINE)]


def command_called(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that words begin with, and the other words."""
    command: Any = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", ()):
        command, words = command.commands[words[0]], words[1:]
    return command, words


def test_commands_and_their_options_are_there() -> None:
    lines = told(r"^ *(metagen [^\n#]+)") + told(r"`(metagen [^`]+)`")
    assert len(lines) > 15
    for page, line in lines:
        command, rest = command_called(line.split()[1:])
        assert not hasattr(command, "commands") or not rest, f"{page}: {line}"
        options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        for word in rest:
            assert not word.startswith("--") or word in options, f"{page}: {line}"


def test_settings_are_there() -> None:
    known = {
        f"{section}.{item['name']}"
        for section, plugins in catalogue().items()
        if section in ("tasks", "model", "algorithm")
        for plugin in plugins
        for item in plugin["settings"]
    } | {f"training.{item['name']}" for item in catalogue()["training"]}
    named = told(r"(?:`|--set )((?:tasks|model|algorithm|training)\.\w+)")
    assert len(named) > 15
    assert not [(page, path) for page, path in named if path not in known and not path.endswith(".name")]
    for page, given in told(r"--set (\S+=\S+)"):
        if not given.endswith(tuple(MADE_UP)) and "path" not in given:
            assert Experiment().with_text(given), page


def test_files_are_there() -> None:
    for page, path in told(r"`((?:resources|benchmarks|packaging|docs|metagen_gui)/[\w./-]+|[A-Z]+\.md)`"):
        assert (ROOT / path).exists(), f"{page}: {path}"


def test_menus_are_there() -> None:
    plain = {command.name: command.text.replace("&", "").rstrip("…") for command in COMMANDS}
    titles = {title.replace("&", ""): [plain.get(name, "") for name in names] for title, names in MENUS}
    subs: dict[str, list[str]] = {
        name[1:].capitalize(): [plain.get(one, one[1:].capitalize()) for one in SUBMENUS.get(name[1:], ())]
        for _, names in MENUS
        for name in names
        if name.startswith(">")
    }
    named = told(r"\*((?:File|Edit|Run|Play|View|Help), [^*]+)\*")
    assert len(named) > 15
    for page, path in named:
        menu, command, *more = (part.strip().rstrip("…") for part in path.split(", "))
        assert command in titles[menu] or command in subs, f"{page}: {path}"
        assert not subs.get(command) or not more or more[0] in subs[command], f"{page}: {path}"
    presets = {Experiment.load(path).others["about"]["title"] for path in PRESETS.values()}
    for page, name in told(r"preset \*([^*]+)\*") + told(r"\*Presets, ([^*]+)\*"):
        assert name in presets, f"{page}: {name}"


def test_every_chapter_has_figures_that_open_and_pictures() -> None:
    chapters = [page for page in TEXT if re.match(r"course/\d+-", page)]
    assert len(chapters) == 10 and all(FIGURE.search(TEXT[page]) for page in chapters)
    named = {name for _, name in told(FIGURE.pattern)}
    assert {*LESSONS} <= named, "every lesson is a figure"
    for name in named:
        lesson = Lesson.load(LESSONS[name]) if name in LESSONS else None
        assert lesson.title and lesson.text if lesson else Experiment.load(PRESETS[name])
        assert (DOCS / "pictures" / f"{name}.webp").is_file()
    assert sum(path.stat().st_size for path in (DOCS / "pictures").iterdir()) < 1_500_000


@pytest.mark.skipif(importlib.util.find_spec("sphinx") is None, reason="the extra docs is not installed")
def test_the_pages_are_built_without_a_warning_and_take_nothing_from_the_network(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--quiet", "--doctree-dir", str(tmp_path / "trees")]
    done = subprocess.run([*build, str(DOCS), str(tmp_path / "pages")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = {path.relative_to(tmp_path / "pages").as_posix(): path for path in (tmp_path / "pages").rglob("*.html")}
    for section, plugins in catalogue().items():
        for plugin in plugins if section in ("tasks", "model", "algorithm", "metric", "health") else ():
            assert plugin["title"] in pages[f"reference/{section}/{plugin['name']}.html"].read_text("utf-8")
    fetched = (
        r"""(?:<script[^>]*src=|<link[^>]*rel="(?:stylesheet|preload|icon)"[^>]*href=|<img[^>]*src=)"(?:https?:)?//"""
    )
    assert not [name for name, path in pages.items() if re.search(fetched, path.read_text("utf-8"))]
    chapters = [path.read_text("utf-8") for name, path in pages.items() if name.startswith("course/")]
    assert "".join(chapters).count("<math") > 100
    assert not re.findall(r"<m\w>\\\w+", "".join(chapters)), "nothing of LaTeX is left as it was"
