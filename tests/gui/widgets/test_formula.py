from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QTextDocumentFragment

from metagen_gui.engine.settings.formula import as_html, as_text
from metagen_gui.gui.widgets.formula import typeset

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.mark.parametrize(
    ("formula", "set_as"),
    [
        ("‖z_k − z_0‖^2", "‖z<sub>k</sub> − z<sub>0</sub>‖<sup>2</sup>"),
        ("(A + λ)^{−1} b", "(A + λ)<sup>−1</sup> b"),
        ("φ_{j+1} = φ_j", "φ<sub>j+1</sub> = φ<sub>j</sub>"),
        ("e^{10 s}", "e<sup>10 s</sup>"),
        ("g_j^2", "g<sub>j</sub><sup>2</sup>"),
        ("∇_{φ_j} ℓ_S(φ)", "∇<sub>φ<sub>j</sub></sub> ℓ<sub>S</sub>(φ)"),
        ("∇_(θ,α) mean_T", "∇<sub>(θ,α)</sub> mean<sub>T</sub>"),
        ("θ_body", "θ<sub>body</sub>"),
        ("p(x_{<i}) > 0", "p(x<sub>&lt;i</sub>) &gt; 0"),
        ("a <b>c</b> & d", "a &lt;b&gt;c&lt;/b&gt; &amp; d"),
        ("a,   b", "a,\u00a0\u00a0\u00a0 b"),
    ],
)
def test_what_follows_a_mark_is_lowered_or_raised(formula: str, set_as: str) -> None:
    assert as_html(formula) == set_as


@pytest.mark.parametrize(
    ("formula", "read"),
    [
        ("φ_{12} = φ_0", "φ_12 = φ_0"),
        ("Π_{j<k} H^{−1}", "Π_j<k H^−1"),
        ("∇_{φ_{j}} ℓ", "∇_φ_j ℓ"),
        ("<b>[0]:   a & b", "<b>[0]:   a & b"),
    ],
)
def test_braces_are_not_read_aloud(formula: str, read: str) -> None:
    assert as_text(formula) == read


def test_a_formula_of_several_lines_keeps_them() -> None:
    assert QTextDocumentFragment.fromHtml(typeset("SGD: φ\nAdam: φ_j")).toPlainText() == "SGD: φ\nAdam: φj"


@given(st.text(st.characters(codec="utf-8", exclude_characters="_^{}", exclude_categories=("C", "Z"))))
def test_anything_else_is_shown_to_the_letter(text: str) -> None:
    assert QTextDocumentFragment.fromHtml(as_html(text)).toPlainText() == text
