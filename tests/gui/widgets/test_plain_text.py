from __future__ import annotations

import ast
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

import metagen_gui.gui
from metagen_gui.gui.widgets.plain_text import PlainBox, PlainLabel

GUI = Path(metagen_gui.gui.__file__).parent
MARKUP = {"form/plugin_picker.py", "teaching/explanation.py", "widgets/formula.py", "widgets/plain_text.py"}
"""Where labels may be made that know markup: references have links, formulas raise and lower."""


def made(tree: ast.AST) -> set[str]:
    """Return the names of what is called, and of what classes are derived from."""
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    bases = [base for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases]
    return {node.id for node in (*calls, *bases) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("file", [str(path.relative_to(GUI)) for path in sorted(GUI.rglob("*.py"))])
def test_no_part_of_the_window_makes_a_label_that_takes_text_for_markup(file: str) -> None:
    if file not in MARKUP:
        assert not made(ast.parse((GUI / file).read_text("utf-8"))) & {"QLabel", "QMessageBox"}


def test_text_stays_text(qtbot: QtBot) -> None:
    for plain in (PlainLabel("<b>x"), PlainBox()):
        qtbot.addWidget(plain)
        plain.setText("<b>x")
        assert plain.textFormat().name == "PlainText"
