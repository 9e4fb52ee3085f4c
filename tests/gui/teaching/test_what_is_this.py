from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QTextDocumentFragment
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from metagen_gui.engine import demonstration
from metagen_gui.engine.events import StepReport
from metagen_gui.engine.experiment import REGISTRIES, Experiment
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.teaching.explanation import Explanation
from metagen_gui.gui.teaching.pages.window import NAME, PagesWindow
from metagen_gui.gui.window.main_window import MainWindow
from tests.gui.stand_ins import jobs

PLUGINS = [(section, name) for section, registry in REGISTRIES.items() for name in registry.names()]


@pytest.fixture(autouse=True)
def no_learning(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, int]]:
    """Pictures show an experiment and one step of it at once; what was asked for is returned."""
    asked = []

    def demonstrate(section: str, name: str, seed: int) -> Iterator[Experiment | StepReport]:
        asked.append((section, name, seed))
        yield Experiment()
        yield StepReport(1, 0.1, {})

    monkeypatch.setattr(demonstration, "demonstrate", demonstrate)
    return asked


def said(explanation: Explanation) -> str:
    assert explanation.isVisible()
    return QTextDocumentFragment.fromHtml(explanation.text.text()).toPlainText()


def pages(window: MainWindow) -> PagesWindow:
    (found,) = window.findChildren(PagesWindow)
    return found


def test_every_setting_of_every_plugin_is_explained(window: MainWindow) -> None:
    explanation, explained = window.teaching.explanation, set[str]()
    for section, name in PLUGINS:
        window.panel.set_experiment(Experiment().with_plugin(section, name))  # type: ignore[arg-type]
        title = REGISTRIES[section].get(name).title
        for row in window.panel.column.rows():
            of_plugin = row.path.startswith(f"{section}.")
            if not of_plugin and row.path in explained:
                continue
            explained.add(row.path)
            window.teaching.explain(row.path)
            text = said(explanation)
            assert row.setting.label in text and row.setting.help in text
            assert (f"Paper: {row.setting.paper}" in text) == bool(row.setting.paper)
            assert explanation.accessibleName() == f"What is {row.setting.label}?"
            assert explanation.page_button.isVisible() != row.path.startswith("training.")
            assert title in explanation.page_button.text().replace("&&", "&") or not of_plugin
            explanation.close()
    assert len(explained) > 100


def test_shift_f1_explains_the_setting_that_has_the_focus(qtbot: QtBot, window: MainWindow) -> None:
    row = window.panel.column.row("algorithm.inner_lr")
    assert row is not None
    row.editor.field.setFocus()
    qtbot.keyClick(row.editor.field, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    explanation = window.teaching.explanation
    assert "Inner learning rate" in said(explanation) and "Finn" in said(explanation)
    assert explanation.isAncestorOf(QApplication.focusWidget() or window)
    qtbot.keyClick(explanation, Qt.Key.Key_Escape)
    assert not explanation.isVisible()


def test_it_stands_within_the_screen(window: MainWindow) -> None:
    window.move(window.screen().availableGeometry().bottomRight() - QPoint(300, 200))
    for row in window.panel.column.rows():
        window.teaching.explain(row.path)
        assert window.screen().availableGeometry().contains(window.teaching.explanation.geometry())
        window.teaching.explanation.close()


def test_a_click_on_the_label_asks_even_during_a_run(qtbot: QtBot, window: MainWindow) -> None:
    window.starting.start()
    qtbot.waitUntil(lambda: window.controller.state is RunState.RUNNING)
    row = window.panel.column.row("algorithm.adaptation_steps")
    assert row is not None and not row.label.isEnabled()
    at = row.label.mapTo(row, row.label.rect().center())
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton, pos=at)
    assert row.setting.help in said(window.teaching.explanation)
    window.teaching.explanation.close()
    qtbot.mouseClick(row, Qt.MouseButton.RightButton, pos=at)
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton, pos=QPoint(row.width() - 2, 2))
    assert not window.teaching.explanation.isVisible()


def test_a_rows_menu_asks_and_resets(window: MainWindow) -> None:
    window.panel.set_value("algorithm.adaptation_steps", 7)
    row = window.panel.column.row("algorithm.adaptation_steps")
    assert row is not None
    row.contextMenuEvent(QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(2, 2), row.mapToGlobal(QPoint(2, 2))))
    (menu,) = row.findChildren(QMenu)
    ask, reset = menu.actions()
    ask.trigger()
    assert row.setting.help in said(window.teaching.explanation)
    window.teaching.explanation.close()
    reset.trigger()
    assert window.panel.experiment().config("algorithm").adaptation_steps == row.setting.default
    menu.close()


def test_the_pickers_button_opens_the_page_of_what_is_chosen(
    qtbot: QtBot, window: MainWindow, no_learning: list[tuple[str, str, int]]
) -> None:
    for section, name in PLUGINS:
        window.panel.set_experiment(Experiment().with_plugin(section, name))  # type: ignore[arg-type]
        plugin, picker = REGISTRIES[section].get(name), window.panel.column.pickers[section]
        assert picker.explain.accessibleName() == f"What is {plugin.title}?"
        picker.explain.click()
        opened = pages(window)
        assert opened.isVisible() and plugin.summary in opened.text.toPlainText()
        assert opened.text.accessibleName() == opened.list.currentItem().text(0) == plugin.title
        qtbot.waitUntil(lambda: not pages(window).picture.busy)
        assert no_learning[-1] == (section, name, 0)
        assert opened.picture.says.text() == "MAML · VAE · Strokes: outer step 1"
    opened.picture.again.click()
    qtbot.waitUntil(lambda: not opened.picture.busy)
    assert no_learning[-1] == (*PLUGINS[-1], 1)


def test_closing_the_pages_ends_what_learns(qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(section: str, name: str, seed: int) -> Iterator[Experiment | StepReport]:
        yield Experiment()
        while True:
            time.sleep(0.01)
            yield StepReport(1, 0.1, {})

    monkeypatch.setattr(demonstration, "demonstrate", endless)
    window.teaching.open_pages()
    opened = pages(window)
    assert opened.picture.busy
    qtbot.keyClick(opened, Qt.Key.Key_Escape)
    assert not opened.isVisible() and not opened.picture.busy
    qtbot.waitUntil(lambda: not jobs())
    window.teaching.open_pages()
    assert opened.isVisible() and opened.picture.busy
    opened.close()
    assert not opened.picture.busy


def test_keys_lead_from_page_to_page_and_pass_the_headings(qtbot: QtBot, window: MainWindow) -> None:
    window.teaching.open_pages()
    opened = pages(window)
    seen = []
    qtbot.keyClick(opened.list, Qt.Key.Key_Home)
    for _ in range(40):
        item = opened.list.currentItem()
        if item.parent() is not None:
            assert opened.text.toPlainText().startswith(item.text(0))
            seen.append(item.text(0))
        qtbot.keyClick(opened.list, Qt.Key.Key_Down)
    assert set(seen) == {REGISTRIES[section].get(name).title for section, name in PLUGINS}


def test_from_an_explanation_to_the_page_and_back_to_the_same_window(qtbot: QtBot, window: MainWindow) -> None:
    for path, title in (("algorithm.inner_lr", "MAML"), ("model.beta", "VAE")):
        window.teaching.explain(path)
        qtbot.mouseClick(window.teaching.explanation.page_button, Qt.MouseButton.LeftButton)
        assert not window.teaching.explanation.isVisible()
        assert pages(window).text.accessibleName() == title


def test_a_plugin_that_comes_later_has_a_page_as_well(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    window.teaching.open_pages()
    algorithms = REGISTRIES["algorithm"]
    monkeypatch.setattr(algorithms, "_plugins", {**algorithms._plugins, "later": algorithms.get("reptile")})
    window.panel.set_experiment(Experiment(algorithm="later"))
    window.panel.column.pickers["algorithm"].explain.click()
    assert pages(window).list.currentItem().data(0, NAME) == "later"
    assert pages(window).text.accessibleName() == "Reptile"


def test_with_the_focus_elsewhere_the_algorithm_is_explained(window: MainWindow) -> None:
    window.panel.column.search_bar.line.setFocus()
    action = window.findChild(QAction, "explain_action")
    assert isinstance(action, QAction)
    action.trigger()
    assert pages(window).text.accessibleName() == "MAML"


def test_a_page_is_written_anew_in_the_colours_of_another_look(window: MainWindow) -> None:
    window.teaching.open_pages()
    light = pages(window).text.toHtml()
    window.actions_by_name["theme_dark"].trigger()
    try:
        assert pages(window).text.toHtml() != light
    finally:
        window.actions_by_name["theme_light"].trigger()
