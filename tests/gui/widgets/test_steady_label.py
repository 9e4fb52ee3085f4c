from __future__ import annotations

from pytestqt.qtbot import QtBot

from metagen_gui.gui.plots.smoothing_control import SmoothingControl
from metagen_gui.gui.widgets.steady_label import SteadyLabel


def test_the_width_is_that_of_the_widest_text(qtbot: QtBot) -> None:
    label = SteadyLabel("step 8,000 of 8,000")
    qtbot.addWidget(label)
    label.setText("step 0 of 8,000")
    narrow = label.sizeHint().width()
    label.setText("step 8,000 of 8,000")
    assert label.sizeHint().width() == narrow >= label.fontMetrics().horizontalAdvance(label.text())


def test_a_figure_in_large_type_is_not_clipped(qtbot: QtBot) -> None:
    control = SmoothingControl()
    qtbot.addWidget(control)
    control.setStyleSheet("QWidget { font-size: 30pt; }")
    control.show()
    (value,) = control.findChildren(SteadyLabel)
    assert value.width() >= value.fontMetrics().horizontalAdvance(value.text())
