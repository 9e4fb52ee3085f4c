"""The directive `lesson`: a picture that the program made, and the lesson or preset from which it opens there.

    ```{lesson} NAME
    What is to be seen.
    ```

NAME is a file of `resources/lessons` or `resources/presets`, without its suffix, and of `docs/pictures`.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from metagen_gui.engine.play.lesson import SUFFIX, Lesson

RESOURCES = Path(__file__).parents[2] / "resources"


def of_lesson(name: str) -> Lesson | None:
    """Return the lesson of that name, None if there is none."""
    path = RESOURCES / "lessons" / f"{name}{SUFFIX}"
    return Lesson.load(path) if path.is_file() else None


def preset_title(name: str) -> str | None:
    """Return what the preset of that name is called in the menu, None if there is none."""
    path = RESOURCES / "presets" / f"{name}.json"
    return str(json.loads(path.read_text("utf-8"))["about"]["title"]) if path.is_file() else None


class LessonFigure(SphinxDirective):
    """Shows the picture, says what is seen, and how it is opened."""

    required_arguments = 1
    option_spec = {"picture": directives.unchanged}
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the figure."""
        name = self.arguments[0]
        lesson, preset = of_lesson(name), preset_title(name)
        if lesson is None and preset is None:
            raise self.error(f"there is neither a lesson nor a preset called {name}")
        picture = self.options.get("picture", name)
        said = " ".join(self.content)
        uri = self.env.relfn2path(f"/pictures/{picture}.webp")[0]
        figure = nodes.figure()
        figure += nodes.image(uri=f"/{uri}", alt=said.partition(". ")[0])
        caption = nodes.caption()
        children, problems = self.parse_inline(said, lineno=self.lineno)
        caption += children
        figure += caption
        legend = nodes.legend()
        legend += self._how_to_open(lesson, preset)
        figure += legend
        return [figure, *problems]

    def _how_to_open(self, lesson: Lesson | None, preset: str | None) -> list[nodes.Node]:
        if lesson is None:
            told, _ = self.parse_inline(f"In the program: *Presets, {preset}*", lineno=self.lineno)
            return [nodes.paragraph("", "", *told)]
        told, _ = self.parse_inline(f"In the program: *File, Lessons, Course, {lesson.title}*", lineno=self.lineno)
        word = escape(lesson.to_text())
        summary = "<summary>or copy this word, and choose File, Lessons, Paste lesson</summary>"
        details = f"<details>{summary}<code>{word}</code></details>"
        return [nodes.paragraph("", "", *told), nodes.raw("", details, format="html")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directive."""
    app.add_directive("lesson", LessonFigure)
    return {}
