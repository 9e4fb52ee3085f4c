from __future__ import annotations

from pytestqt.qtbot import QtBot

from metagen_gui.gui.form.plugin_picker import PluginPicker, linked
from tests.gui.dummy_plugins import Folder, Plain

PLUGINS = [("folder", Folder), ("plain", Plain)]


def test_items_carry_the_registered_name(qtbot: QtBot) -> None:
    picker = PluginPicker("tasks", "Tasks")
    qtbot.addWidget(picker)
    with qtbot.assertNotEmitted(picker.picked):
        picker.show_plugins(PLUGINS, "plain")
    assert (picker.combo.objectName(), picker.combo.accessibleName()) == ("tasks_picker", "Tasks")
    assert [picker.combo.itemData(index) for index in range(2)] == ["folder", "plain"]
    assert picker.combo.currentData() == "plain"
    assert picker.reference.isHidden()
    with qtbot.waitSignal(picker.picked) as told:
        picker.combo.setCurrentIndex(0)
    assert told.args == ["folder"]


def test_summary_and_reference_are_those_of_the_choice(qtbot: QtBot) -> None:
    picker = PluginPicker("tasks", "Tasks")
    qtbot.addWidget(picker)
    picker.show_plugins(PLUGINS, "folder")
    assert picker.summary.text() == "Images of your own."
    assert '<a href="https://arxiv.org/abs/1502.00001">' in picker.reference.text()
    picker.set_running(True)
    assert not picker.combo.isEnabled()
    assert "Fixed" in picker.combo.toolTip()


def test_addresses_become_links() -> None:
    assert linked("A & B, doi:10.1/x, 2020") == 'A &amp; B, <a href="https://doi.org/10.1/x">doi:10.1/x</a>, 2020'
    assert linked("see https://a.org/b.") == 'see <a href="https://a.org/b">https://a.org/b</a>.'
    assert linked("no address 2017") == "no address 2017"
