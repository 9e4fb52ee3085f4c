"""Where the run computes: automatic choice, processor, or one of the accelerators, by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.experiment.panel import ExperimentPanel
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    from metagen_gui.engine.devices import Device
    from metagen_gui.engine.experiment import Experiment

AUTO = "auto"


class DevicePicker(QComboBox):
    """A list of devices that shows and changes the experiment's `training.device`; the item data is that value."""

    def __init__(self, panel: ExperimentPanel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self.setObjectName("device_picker")
        self.setAccessibleName(self.tr("Device"))
        self.setToolTip(self.tr("Where the run computes"))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.addItem(self.tr("Automatic"), AUTO)
        self.activated.connect(self._choose)
        panel.experiment_changed.connect(self._follow)
        guard_wheel(self)

    def set_devices(self, devices: Sequence[Device]) -> None:
        """Fill the list, once the engine is there, and show the experiment's device."""
        best = f": {translated(devices[0].name)}" if devices else ""
        self.setItemText(0, self.tr("Automatic") + best)
        for device in devices:
            self.addItem(translated(device.name), device.id)
        self._follow(self._panel.experiment())

    def device(self) -> str:
        """Return the chosen device's id."""
        return str(self.currentData())

    def _follow(self, experiment: Experiment) -> None:
        wanted = str(experiment.values.get("training", {}).get("device", AUTO))
        if self.findData(wanted) < 0:
            self.addItem(self.tr("{device} (not found)").format(device=wanted), wanted)
        self.setCurrentIndex(self.findData(wanted))

    def _choose(self) -> None:
        before, device = self._panel.experiment(), self.device()
        path = "training.device"
        after = before.without_value(path) if device == AUTO else before.with_value(path, device)
        self._panel.replace_experiment(after, self.tr("Choice of device"))
