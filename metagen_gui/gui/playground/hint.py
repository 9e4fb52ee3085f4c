"""Says what a person can do where samples are going to be."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from metagen_gui.engine.data.spec import DataSpec
from metagen_gui.gui.widgets.plain_text import PlainLabel


class Hint(PlainLabel):
    """Stands in place of the samples until there are examples."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Draw a character: what the model makes of it is shown here."), parent)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setProperty("tone", "muted")

    def suit(self, spec: DataSpec, *, curves: bool) -> None:
        """Speak of such data."""
        hint = self.tr("Draw a character: what the model makes of it is shown here.")
        if spec.in_plane:
            hint = self.tr("Paint points of a density: what the model makes of them is shown here.")
        if curves:
            hint = self.tr("Set points that a curve shall go through, and drag them: the model's curves follow.")
        self.setText(hint)
