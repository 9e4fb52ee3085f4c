"""Where the run computes: automatic choice, processor, an accelerator, several of them, or another machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.processors import cores
from metagen_gui.gui.experiment.panel import ExperimentPanel
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    from metagen_gui.engine.devices import Device
    from metagen_gui.engine.experiment import Experiment

AUTO, CPU, GPU = "auto", "cpu", "cuda"
TIMES = " × "
AT = "at "
"""Before the name of a machine, in the data of its item."""


class DevicePicker(QComboBox):
    """A list of devices that shows and changes the experiment's `training.device` and `training.processes`.

    The item data is the device, or `N × cpu` and `N × cuda` where several processes share a step. Below them are
    other machines, `at NAME`: which one is chosen is no part of the experiment.
    """

    machine_wanted = Signal()
    """A person wants to name a machine that is not in the list."""

    def __init__(self, panel: ExperimentPanel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panel, self._host = panel, ""
        self.setObjectName("device_picker")
        self.setAccessibleName(self.tr("Device"))
        self.setToolTip(self.tr("Where the run computes"))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.addItem(self.tr("Automatic"), AUTO)
        self._best = CPU
        self.activated.connect(self._choose)
        panel.experiment_changed.connect(self._follow)
        guard_wheel(self)

    def set_devices(self, devices: Sequence[Device]) -> None:
        """Fill the list, once the engine is there, and show the experiment's device."""
        best = f": {translated(devices[0].name)}" if devices else ""
        self.setItemText(0, self.tr("Automatic") + best)
        gpus = sum(device.id.startswith(GPU) for device in devices)
        self._best = GPU if gpus else CPU
        for device in devices:
            if device.id == CPU:
                self._add_shared(gpus, GPU)
            self.addItem(translated(device.name), device.id)
        self._add_shared(cores(), CPU)
        self._follow(self._panel.experiment())

    def _add_shared(self, most: int, device: str) -> None:
        for count in _counts(most):
            self.addItem(self._several(count, device), f"{count}{TIMES}{device}")

    def _several(self, count: int, device: str) -> str:
        several = self.tr("{0} × GPU") if device == GPU else self.tr("{0} processes")
        return several.format(count)

    def set_hosts(self, names: Sequence[str], chosen: str = "") -> None:
        """Offer other machines below the devices, one of them chosen."""
        while self.count() and str(self.itemData(self.count() - 1) or AT).startswith(AT):
            self.removeItem(self.count() - 1)
        self.insertSeparator(self.count())
        for name in names:
            self.addItem(self.tr("At {host}").format(host=name), AT + name)
        self.addItem(self.tr("At another machine…"), AT)
        self._host = chosen if chosen in names else ""
        self._follow(self._panel.experiment())

    def host(self) -> str:
        """Return the machine that the next run is to go on at, "" for this one."""
        return self._host

    def _follow(self, experiment: Experiment) -> None:
        if self._host:
            self.setCurrentIndex(self.findData(AT + self._host))
            return
        training = experiment.values.get("training", {})
        device, count = str(training.get("device", AUTO)), int(training.get("processes", 1))
        wanted = device
        if count > 1:
            device = self._best if device == AUTO else device
            wanted = f"{count}{TIMES}{device}"
        if self.findData(wanted) < 0:
            name = self._several(count, device) if count > 1 else wanted
            there = count > 1 and device == CPU  # more processes than cores are slow, and allowed
            self.insertItem(1, name if there else self.tr("{device} (not found)").format(device=name), wanted)
        self.setCurrentIndex(self.findData(wanted))

    def _choose(self) -> None:
        chosen = str(self.currentData())
        if chosen == AT:
            self._follow(self._panel.experiment())
            self.machine_wanted.emit()
            return
        self._host = chosen.removeprefix(AT) if chosen.startswith(AT) else ""
        if self._host:
            return
        before = self._panel.experiment()
        count, _, device = str(self.currentData()).rpartition(TIMES)
        after = before.without_value("training.device").without_value("training.processes")
        if device != AUTO:
            after = after.with_value("training.device", device)
        if count:
            after = after.with_value("training.processes", int(count))
        self._panel.replace_experiment(after, self.tr("Choice of device"))


def _counts(most: int) -> Iterator[int]:
    """Yield how many may work together, of `most` that there are: 2, 4, 8 … and all."""
    count = 2
    while count < most:
        yield count
        count *= 2
    if most > 1:
        yield most
