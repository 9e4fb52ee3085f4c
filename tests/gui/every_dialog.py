"""Every window besides the main one: opened as a person does, or, where that takes work, made of something small."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from metagen_gui.engine.doctor.findings import Check, Findings
from metagen_gui.engine.settings.packages import Foreign
from metagen_gui.gui.animations.dialog import AnimationDialog
from metagen_gui.gui.animations.motion import Motion
from metagen_gui.gui.experiment.images.page import ImportPage
from metagen_gui.gui.library.branch import BranchDialog
from metagen_gui.gui.library.moving import MoveDialog
from metagen_gui.gui.library.score import ScoreDialog
from metagen_gui.gui.library.thrown import TrashDialog
from metagen_gui.gui.program.fault_dialog import FaultDialog
from metagen_gui.gui.program.packages_dialog import PackagesDialog
from metagen_gui.gui.samples.columns import SUPPORT
from metagen_gui.gui.samples.enlarged_view import EnlargedView
from metagen_gui.gui.teaching.hiding import HidingDialog
from metagen_gui.gui.teaching.pages.window import PagesWindow
from metagen_gui.gui.teaching.telling import TellingDialog
from metagen_gui.gui.window.check_computer import CheckComputerDialog
from metagen_gui.gui.window.main_window import MainWindow
from tests.gui.snapshots import image_snapshot


def every_dialog(window: MainWindow) -> Iterator[QWidget]:
    """Yield each while it is there."""
    opened: tuple[Callable[[], object], ...] = (
        window.export.open,
        window.claims.open,
        lambda: window.teaching.explain("algorithm.inner_lr"),
        window.teaching.open_pages,
        window.help.shortcuts,
    )
    for open_it in opened:
        before = {id(each) for each in QApplication.topLevelWidgets() if each.isVisible()}
        open_it()
        QApplication.processEvents()
        for each in QApplication.topLevelWidgets():
            if each.isVisible() and id(each) not in before:
                if isinstance(each, PagesWindow):
                    each.picture.stop()
                yield each
                each.close()
    for make in (
        lambda: HidingDialog(window.panel.column, window),
        lambda: TellingDialog("", "", window),
        lambda: TrashDialog(window),
        lambda: AnimationDialog([Motion("", "4", 4, lambda width: QSize(width, 9), picture, False, rate=10)], window),
        lambda: PackagesDialog([Foreign("model", "4", "5")], lambda names: None, window),
        lambda: CheckComputerDialog(checked, window),
        lambda: ScoreDialog([SimpleNamespace(name="7")], lambda: None, window),
        lambda: BranchDialog("7", [1, 2], 2, window),
        lambda: MoveDialog(SimpleNamespace(name="7", host="8"), parent=window),
        lambda: FaultDialog("", "", "", window),
        lambda: ImportPage(window.panel),
        lambda: enlarged(window),
    ):
        made: QDialog = make()
        made.show()
        QApplication.processEvents()
        yield made
        made.close()


def picture(place: int, size: QSize) -> QImage:
    return QImage(size, QImage.Format.Format_RGB32)


def checked() -> Iterator[Check | Findings]:
    yield from ()


def enlarged(window: MainWindow) -> EnlargedView:
    made = EnlargedView(window)
    made.show_cell(image_snapshot(1), 0, SUPPORT, window.panels.samples.options())
    return made
