"""A page with a stand-in for the thread: it takes orders, and a test says what comes of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.engine.data.spec import DataSpec, ImageSpec, PointSpec
from metagen_gui.engine.events import Snapshot
from metagen_gui.gui.playground.page import Page
from metagen_gui.gui.playground.serving import Adapt, Order, Ready, Shown

PICTURES, POINTS = ImageSpec((1, 28, 28), "binary"), PointSpec()
Place = tuple[float, float]


class Bench:
    """The page, and the orders it has given."""

    def __init__(self, page: Page) -> None:
        self.page, self.orders = page, list[Order]()
        page.asked.connect(self.orders.append)

    def ready(self, spec: DataSpec = PICTURES, *, curves: bool = False, folder: str = "one") -> None:
        extent = (-3.0, -3.0, 3.0, 3.0) if spec.in_plane else None
        stamp = self.orders[-1].stamp if self.orders else 0
        self.page.take(Ready(stamp, Path(folder), spec, 3, 500, extent, curves, ()))

    def adapts(self) -> list[Adapt]:
        return [order for order in self.orders if isinstance(order, Adapt)]

    def shown(self, stamp: int, arm: str = "learned", *, value: int = 0, spec: DataSpec = PICTURES) -> Shown:
        """What comes of an order: all pixels `value`."""
        samples = np.full((1, 4, 6, *spec.shape), value, np.uint8 if spec.has_pixels else np.float32)
        support = np.zeros((1, 2, *spec.shape), samples.dtype)
        extent = None if spec.has_pixels else (-3.0, -3.0, 3.0, 3.0)
        snapshot = Snapshot(0, ("",), (0, 1, 2, 3), support, support[:, :0], samples, extent=extent)
        return Shown(stamp, arm, snapshot, np.arange(24).reshape(4, 6) % 2)


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    page = Page()
    page._waiting._timer.setInterval(1_000_000)  # however slow the computer is, tests read what the page says
    qtbot.addWidget(page)
    page.resize(620, 800)
    page.show()
    return Bench(page)


def drag(pad: QWidget, places: list[Place], button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
    """Move the mouse over a pad with a button down; places are in sides of the square in its middle."""
    side = min(pad.width(), pad.height())
    left, top = (pad.width() - side) / 2, (pad.height() - side) / 2
    at = [QPoint(round(left + x * side), round(top + y * side)) for x, y in places]
    QTest.mousePress(pad, button, Qt.KeyboardModifier.NoModifier, at[0])
    for point in at[1:]:
        QTest.mouseMove(pad, point)
    QTest.mouseRelease(pad, button, Qt.KeyboardModifier.NoModifier, at[-1])


@pytest.fixture
def stroke() -> Callable[[QWidget], None]:
    return lambda pad: drag(pad, [(0.3, 0.3), (0.5, 0.5), (0.7, 0.3)])
