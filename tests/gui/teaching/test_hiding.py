from __future__ import annotations

from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import Experiment
from metagen_gui.gui.experiment.setting_column import SettingColumn
from metagen_gui.gui.teaching.hiding import HidingDialog


def shown(column: SettingColumn) -> set[str]:
    """Return the paths of all rows, pickers and sections that are not hidden."""
    rows = {row.path for row in column.rows() if not row.isHidden()}
    pickers = {f"{name}.name" for name, picker in column.pickers.items() if not picker.isHidden()}
    return rows | pickers | {name for name, section in column.sections.items() if not section.isHidden()}


def test_hidden_controls_stay_hidden_whatever_is_searched_or_picked(qtbot: QtBot) -> None:
    column = SettingColumn()
    qtbot.addWidget(column)
    column.show_experiment(Experiment())
    before = shown(column)
    hidden = {"algorithm.inner_lr", "model.name", "training"}
    column.set_hidden(hidden)
    assert before - shown(column) == hidden
    column.set_expert(True)
    column.search_bar.line.setText("rate")
    assert "algorithm.inner_lr" not in shown(column) and "training" not in shown(column)
    column.search_bar.clear()
    column.show_experiment(Experiment(algorithm="reptile"))
    assert not hidden & shown(column)
    column.set_hidden(())
    assert hidden <= shown(column)


def test_what_is_not_ticked_is_hidden_and_all_can_be_ticked_again(qtbot: QtBot) -> None:
    column = SettingColumn()
    qtbot.addWidget(column)
    column.show_experiment(Experiment())
    column.set_hidden(["algorithm.inner_lr", "algorithm.of_another_plugin"])
    dialog = HidingDialog(column)
    qtbot.addWidget(dialog)
    assert dialog.hidden() == ("algorithm.inner_lr", "algorithm.of_another_plugin")
    items = {str(item.data(0, 0x100)): item for item in dialog._items()}
    assert {"training", "tasks.name", "training.seed"} <= set(items)
    from PySide6.QtCore import Qt

    items["training"].setCheckState(0, Qt.CheckState.Unchecked)
    assert dialog.hidden() == ("algorithm.inner_lr", "algorithm.of_another_plugin", "training")
    dialog.show_all()
    assert dialog.hidden() == ()
