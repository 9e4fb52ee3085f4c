from __future__ import annotations

import pytest

from metagen_gui.gui.slow_motion.formula import as_html, as_text


@pytest.mark.parametrize(
    ("line", "html", "text"),
    [
        ("φ_{12} = φ_0", "φ<sub>12</sub> = φ<sub>0</sub>", "φ_12 = φ_0"),
        ("‖z_k − z_0‖^2", "‖z<sub>k</sub> − z<sub>0</sub>‖<sup>2</sup>", "‖z_k − z_0‖^2"),
        ("(A + λ)^{−1} b", "(A + λ)<sup>−1</sup> b", "(A + λ)^−1 b"),
        ("Π_{j<k} H", "Π<sub>j&lt;k</sub> H", "Π_j<k H"),
        ("<b>[0]:   a & b", "&lt;b&gt;[0]:&nbsp;&nbsp; a &amp; b", "<b>[0]:   a & b"),
    ],
)
def test_lines_are_shown_and_read_aloud(line: str, html: str, text: str) -> None:
    assert as_html(line) == html
    assert as_text(line) == text
