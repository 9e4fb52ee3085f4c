"""What a choice of tasks, model or algorithm brings along, is said of, and can be undone."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QSpinBox
from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import SECTIONS, Experiment
from metagen_gui.gui.experiment.panel import ExperimentPanel
from metagen_gui.gui.form.numbers.box import NumberBox
from tests.gui.experiment.conftest import number, pick, row


def test_plugins_suggest_defaults_to_other_forms(panel: ExperimentPanel) -> None:
    shots = panel.findChild(QSpinBox, "training.shots")
    steps = panel.findChild(QSpinBox, "algorithm.adaptation_steps")
    assert (shots.value(), steps.value()) == (7, 3)
    training = row(panel, "training.shots")
    pick(panel, "tasks", "plain")
    assert shots.value() == 5
    assert row(panel, "training.shots") is training
    assert not training.reset_button.isEnabled()
    assert panel.column.row("tasks.path") is None


def test_the_models_ways_to_adapt_are_the_algorithms_choices(panel: ExperimentPanel) -> None:
    adapts, inner_lr = panel.findChild(QComboBox, "algorithm.adapts"), number(panel, "algorithm.inner_lr")
    adapts.setCurrentIndex(adapts.findText("everything"))
    assert panel.experiment().values["algorithm"] == {"adapts": "everything"}
    pick(panel, "model", "rough")
    adapts = panel.findChild(QComboBox, "algorithm.adapts")
    assert [adapts.itemText(index) for index in range(adapts.count())] == ["default", "critic"]
    # The old choice means nothing to this model: said at once, and mended by another.
    assert "'everything' is not something that can adapt" in row(panel, "algorithm.adapts").message.text()
    assert panel.findChild(NumberBox, "algorithm.inner_lr") is inner_lr  # it does not ask the model, so it stays
    adapts.setCurrentIndex(1)
    assert row(panel, "algorithm.adapts").message.text() == ""
    assert panel.findChild(NumberBox, "algorithm.group_rates.critic") is not None


def other_value(item: Any) -> Any:
    """Return a value that is right and not the default."""
    match item.kind:
        case "flag":
            return not item.default
        case "integer" | "number":
            return next(end for end in (item.high, item.low, item.default + 1) if end not in (None, item.default))
        case "choice" if item.choices:
            return next(choice for choice in item.choices if choice != item.default)
        case _:
            return None


def test_every_registered_plugin_has_a_whole_form(qtbot: QtBot) -> None:
    from metagen_gui.engine.experiment import REGISTRIES

    panel = ExperimentPanel()
    qtbot.addWidget(panel)
    kinds = [REGISTRIES[section].names() for section in SECTIONS[:3]]
    assert all(kinds)
    seen = set[type]()
    for index in range(max(len(names) for names in kinds)):
        start = Experiment(*(names[index % len(names)] for names in kinds))
        panel.set_experiment(start)
        for section in SECTIONS:
            if start.config_type(section) in seen:
                continue
            seen.add(start.config_type(section))
            for item in start.settings(section):
                path = f"{section}.{item.name}"
                made = row(panel, path)
                field = made.editor.field
                assert escape(item.help) in made.label.toolTip() and made.label.toolTip() == field.toolTip(), path
                assert made.label.buddy() is field and field.objectName() == path
                assert field.accessibleName() == item.label and field.accessibleDescription(), path
                value = other_value(item)
                if value is None:
                    continue
                panel.column.edited.emit(path, int(value) if item.kind == "integer" else value)
                assert not made.at_default and made.reset_button.isEnabled() == made.applies, (
                    path,
                    made.message.text(),
                )
                panel.column.reset.emit(path)
                assert panel.experiment() == start and not made.reset_button.isEnabled(), path


def test_tasks_bring_their_model_and_one_undo_brings_both_back(qtbot: QtBot) -> None:
    panel = ExperimentPanel()
    qtbot.addWidget(panel)
    first = Experiment().with_value("algorithm.adapts", "context").with_value("model.width", 64)
    panel.set_experiment(first)
    picker = panel.findChild(QComboBox, "model_picker")
    pick(panel, "tasks", "sinusoids")
    assert (panel.experiment().tasks, panel.experiment().model) == ("sinusoids", "curve")
    assert picker.currentData() == "curve"
    assert panel.column.row("model.activation") is not None and panel.column.row("model.network") is None
    assert panel.column.row("tasks.frequency") is not None
    adapts = panel.findChild(QComboBox, "algorithm.adapts")
    assert [adapts.itemText(index) for index in range(adapts.count())][1:] == ["everything", "context", "head"]
    assert number(panel, "algorithm.inner_lr").value() == 0.01  # as these tasks suggest
    panel.undo_stack.undo()
    assert panel.experiment() == first and not panel.undo_stack.canUndo()
    assert picker.currentData() == "vae" and panel.column.row("model.network") is not None
    panel.undo_stack.redo()
    assert picker.currentData() == "curve"
    pick(panel, "tasks", "densities")
    assert panel.experiment().model == picker.currentData() == "vae"


def test_a_model_chosen_by_hand_outlives_the_tasks(qtbot: QtBot) -> None:
    panel = ExperimentPanel()
    qtbot.addWidget(panel)
    panel.set_experiment(Experiment(tasks="densities", model="gan"))
    pick(panel, "tasks", "sinusoids")
    pick(panel, "model", "gan")
    pick(panel, "tasks", "densities")
    assert panel.experiment().model == "gan"


def test_what_a_choice_brings_along_is_said_beside_its_picker_with_an_undo(
    qtbot: QtBot,
) -> None:
    panel = ExperimentPanel()
    qtbot.addWidget(panel)
    panel.set_experiment(Experiment())
    panel.set_value("model.name", "gan")
    panel.set_value("tasks.name", "sinusoids")
    line = panel.column.sections["tasks"].message
    assert line.text() == "Curve takes the place of GAN."
    qtbot.mouseClick(line.button, Qt.MouseButton.LeftButton)
    assert (panel.experiment().tasks, panel.experiment().model) == ("strokes", "gan")
    assert not line.text() and line.isHidden()


def test_what_cannot_train_is_said_beside_its_picker_before_start(qtbot: QtBot, tmp_path: Path) -> None:
    panel = ExperimentPanel()
    qtbot.addWidget(panel)
    panel.set_experiment(Experiment())
    sections = panel.column.sections
    panel.set_value("tasks.name", "strokes")
    panel.set_value("model.name", "curve")
    assert "its tasks hold points" in sections["model"].message.text()
    panel.set_value("model.name", "vae")
    assert not sections["model"].message.text()
    panel.set_value("tasks.name", "images")
    assert sections["tasks"].message.text().endswith("choose a folder or zip of images")
    panel.set_value("tasks.path", str(tmp_path / "nowhere"))
    assert not sections["tasks"].message.text()
    row = panel.column.row("tasks.path")
    assert row is not None and row.message.text() == f"{tmp_path / 'nowhere'} does not exist"
    panel.set_value("tasks.path", str(tmp_path))
    assert row.message.text() == f"{tmp_path} holds no images"
    (tmp_path / "one.png").write_bytes(b"")
    panel.set_value("training.shots", 3)
    assert not row.message.text(), "what images hold is seen when the run starts"


def test_choices_go_by_their_names_and_not_by_what_files_call_them(qtbot: QtBot) -> None:
    panel = ExperimentPanel()
    qtbot.addWidget(panel)
    panel.set_experiment(Experiment())
    size = panel.findChild(QComboBox, "tasks.size")
    assert size.currentText() == "28 px" and size.currentData() == "28"
    network = panel.findChild(QComboBox, "model.network")
    assert [network.itemText(place) for place in range(network.count())] == ["MLP", "convolutions"]
    assert [network.itemData(place) for place in range(network.count())] == ["mlp", "conv"]
    depth = panel.column.row("model.channels")
    assert depth is not None and "only while Network is convolutions" in depth.label.toolTip()
