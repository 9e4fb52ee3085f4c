"""Drawn tasks, pictures and models come and go; what cannot be taken is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QSize, Qt, QTemporaryDir, QUrl
from PySide6.QtGui import QDragEnterEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from metagen_gui.engine.data.spec import DataSpec
from metagen_gui.engine.play.drawn_task import MARK, DrawnTask
from metagen_gui.gui.playground.serving import Given, Open, Pick, Read
from tests.gui.playground.conftest import PICTURES, POINTS, Bench, drag

Stroke = Callable[[QWidget], None]


def test_no_more_than_ten_examples(bench: Bench) -> None:
    bench.ready()
    bench.page.hand.give(np.ones((9, 1, 28, 28), np.float32), anew=True)
    bench.page.hand.give(np.zeros((4, 1, 28, 28), np.float32), anew=False)
    assert len(bench.adapts()[-1].support) == 10 and not bench.page.hand.more_button.isEnabled()
    assert "Ten" in bench.page.hand.more_button.toolTip()


@pytest.mark.parametrize(("there", "added", "said"), [(8, 2, "Added 2; ten examples are the most"), (10, 0, "Nothing")])
def test_of_pictures_that_do_not_fit_it_is_told_how_many_were_added(
    bench: Bench, there: int, added: int, said: str
) -> None:
    bench.ready()
    bench.page.hand.give(np.ones((there, 1, 28, 28), np.float32), anew=True)
    orders, before = len(bench.orders), bench.page.hand.drawing.state
    bench.page.exchange.load([Path("a.png")])
    bench.page.take(Given(bench.orders[-1].stamp, np.zeros((5, 1, 28, 28), np.float32), "a.png", anew=False))
    support = bench.page.hand.support()
    assert support is not None and len(support) == 10 and said in bench.page.status.text()
    if not added:
        assert bench.page.hand.drawing.state is before and len(bench.orders) == orders + 1, "nothing to be undone"


def test_what_could_not_be_read_is_told_with_what_could(bench: Bench) -> None:
    bench.ready()
    bench.page.exchange.load([Path("a.png"), Path("b.png")])
    stamp = bench.orders[-1].stamp
    bench.page.take(Given(stamp, np.ones((1, 1, 28, 28), np.float32), "a.png", anew=False, notices=("b.png: damaged",)))
    assert bench.page.status.text() == "a.png · b.png: damaged" and bench.page.hand.support() is not None


def test_a_held_out_task_takes_the_place_of_what_was_drawn(bench: Bench, stroke: Stroke) -> None:
    bench.ready()
    stroke(bench.page.hand.pad)
    bench.page.held_out.box.setValue(8)
    order = bench.orders[-1]
    assert isinstance(order, Pick) and order.index == 7
    bench.page.take(Given(order.stamp, np.ones((5, 1, 28, 28), np.float32), "an alphabet/one"))
    assert len(bench.adapts()[-1].support) == 5 and bench.page.status.text() == "an alphabet/one"


def test_a_drawn_task_is_copied_pasted_saved_and_opened(bench: Bench, stroke: Stroke, tmp_path: Path) -> None:
    bench.ready()
    bench.page.exchange.copy()
    assert "nothing drawn" in bench.page.status.text()
    stroke(bench.page.hand.pad)
    drawn = bench.adapts()[-1].support
    bench.page.exchange.copy()
    data = QGuiApplication.clipboard().mimeData()
    assert data.text().startswith(MARK) and data.hasImage()
    bench.page.exchange.save(tmp_path / "mine.npz")
    for bring_back in (bench.page.exchange.paste, lambda: bench.page.exchange.load([tmp_path / "mine.npz"])):
        bench.page.hand.do("clear")
        bring_back()
        assert np.array_equal(bench.adapts()[-1].support, drawn)
    DrawnTask("points", np.zeros((2, 2), np.float32)).save(tmp_path / "points.npz")
    bench.page.exchange.load([tmp_path / "points.npz"])
    assert "this model is of images" in bench.page.status.text()
    bench.page.exchange.save(tmp_path / "nowhere" / "mine.npz")
    assert "nowhere" in bench.page.status.text()


def test_pictures_are_pasted_and_dropped_as_files_that_the_run_reads(bench: Bench, tmp_path: Path) -> None:
    bench.ready()
    picture = QImage(40, 40, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.white)
    data = QMimeData()
    data.setImageData(picture)
    bench.page.exchange.take(data)
    order = bench.orders[-1]
    assert isinstance(order, Read) and QImage(str(order.paths[0])).size() == picture.size()
    dropped = QMimeData()
    dropped.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in ("a.png", "b.png")])
    bench.page.exchange.take(dropped)
    order = bench.orders[-1]
    assert isinstance(order, Read) and [path.name for path in order.paths] == ["a.png", "b.png"]
    bench.page.take(Given(order.stamp, np.ones((2, 1, 28, 28), np.float32), "a.png", anew=False))
    assert len(bench.adapts()[-1].support) == 2
    text = QMimeData()
    text.setText("hello")
    bench.page.exchange.take(text)
    assert "no picture and no drawn task" in bench.page.status.text()


def test_the_folder_of_a_run_that_is_dropped_is_opened_as_a_model(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "experiment.json").write_text("{}")
    dropped = QMimeData()
    dropped.setUrls([QUrl.fromLocalFile(str(tmp_path / "mine"))])
    for _ in range(2):
        bench.page.exchange.take(dropped)
        order = bench.orders[-1]
        assert isinstance(order, Open) and order.folder == tmp_path / "mine"
        bench.ready()
    assert bench.page.source_picker.itemText(0) == "Opened: mine"


def test_a_large_picture_is_shrunk_before_it_is_kept_and_one_that_cannot_be_kept_is_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = QMimeData()
    data.setImageData(QImage(3000, 1500, QImage.Format.Format_Grayscale8))
    bench.page.exchange.take(data)
    assert "Wait until a model is open" in bench.page.status.text() and not bench.orders
    bench.ready()
    bench.page.exchange.take(data)
    order = bench.orders[-1]
    assert isinstance(order, Read) and QImage(str(order.paths[0])).size() == QSize(1024, 512)
    monkeypatch.setattr(QTemporaryDir, "isValid", lambda folder: False)
    bench.page.exchange.take(data)
    assert "temporary files" in bench.page.status.text() and bench.orders[-1] is order


def test_a_dropped_word_is_a_task_and_what_is_read_late_does_not_replace_what_was_picked(bench: Bench) -> None:
    bench.ready()
    word = QMimeData()
    word.setText(" " + DrawnTask("images", np.ones((1, 1, 28, 28), np.float32)).to_text())
    enter = QDragEnterEvent(
        QPoint(9, 9), Qt.DropAction.CopyAction, word, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    bench.page.dragEnterEvent(enter)
    assert enter.isAccepted()
    bench.page.exchange.take(word)
    bench.page.exchange.load([Path("a.png")])
    read = bench.orders[-1]
    bench.page.held_out.box.setValue(7)
    bench.page.take(Given(read.stamp, np.ones((2, 1, 28, 28), np.float32), "a.png", anew=False))
    assert len(bench.adapts()[-1].support) == 3
    bench.page.take(Given(bench.orders[-1].stamp, np.ones((5, 1, 28, 28), np.float32), "an alphabet/one"))
    assert len(bench.adapts()[-1].support) == 5


@pytest.mark.parametrize("spec", [PICTURES, POINTS])
def test_what_the_models_have_made_is_saved_as_one_picture(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, spec: DataSpec
) -> None:
    bench.ready(spec)
    button = bench.page.keepsake
    button.click()
    assert "no samples yet" in bench.page.status.text()
    drag(bench.page.hand.points_pad if spec is POINTS else bench.page.hand.pad, [(0.3, 0.3), (0.7, 0.7)])
    stamp = bench.adapts()[-1].stamp
    pictures = list[QImage]()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    for arm in ("learned", "scratch"):
        bench.page.take(bench.shown(stamp, arm, spec=spec, value=200 if spec is PICTURES else 1))
        button.click()
        assert bench.page.status.text() == "Saved mine.png"
        pictures.append(QImage(str(tmp_path / "mine.png")))
        (tmp_path / "mine.png").unlink()
    assert pictures[0].width() == pictures[1].width() and pictures[1].height() > 1.8 * pictures[0].height() > 200
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "nowhere" / "mine.png"), ""))
    button.click()
    assert "nowhere" in bench.page.status.text()
