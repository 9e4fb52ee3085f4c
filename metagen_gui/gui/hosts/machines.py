"""Other machines in the list of devices: those that were named, and the way to name one more."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from metagen_gui.gui.hosts.dialog import MachineDialog
from metagen_gui.gui.run.afar import AfarController
from metagen_gui.gui.run.device_picker import DevicePicker


class Machines(QObject):
    """Keeps the list of devices up to date with the machines that are known."""

    def __init__(self, picker: DevicePicker, controller: AfarController, window: QWidget) -> None:
        super().__init__(window)
        self._picker, self._window = picker, window
        controller.host = picker.host
        picker.machine_wanted.connect(self.ask)

    def show(self, chosen: str = "") -> None:
        """Offer the machines that are known, one of them chosen."""
        from metagen_gui.engine.hosts.known import known_hosts

        self._picker.set_hosts([host.name for host in known_hosts()], chosen or self._picker.host())

    def ask(self) -> None:
        """Name a machine, and choose it."""
        dialog = MachineDialog(parent=self._window)
        dialog.exec()
        if dialog.host is not None:
            self.show(dialog.host.name)
        dialog.deleteLater()
