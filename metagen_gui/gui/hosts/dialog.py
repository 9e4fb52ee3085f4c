"""*At another machine…*: name a machine that ssh reaches, and see what is there before anything is started."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.program.job import Broken, Completed, Job, Outcome, Refused
from metagen_gui.gui.widgets.plain_text import PlainLabel

if TYPE_CHECKING:
    from metagen_gui.engine.hosts.known import Host

Look = Callable[["Host"], Sequence[str]]


def look_at_machine(host: Host) -> Sequence[str]:
    """Return what a machine has, in sentences; raise `BadInput` if it cannot be reached. Called in a thread."""
    from metagen_gui.engine.hosts.link import Link, LinkLost
    from metagen_gui.engine.hosts.preflight import look_at

    try:
        with Link(host) as link:
            found = look_at(link)
    except LinkLost as error:
        raise BadInput(error.host, error.why) from None
    lines = [part for _, said, advice in found.lines for part in (said, f"→ {advice}" if advice else "") if part]
    return [*lines, *found.notes]


class MachineDialog(QDialog):
    """Asks for a machine; `host` is the one that was added, once it is accepted."""

    def __init__(self, look: Look = look_at_machine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("machine_dialog")
        self.setWindowTitle(self.tr("Another machine"))
        self.host: Host | None = None
        self._look = look
        self._job: Job | None = None
        about = PlainLabel(
            self.tr(
                "A machine that you reach by ssh without typing a password, with MetaGen of the same version. "
                "Runs go on there whatever becomes of the link, and are kept here."
            ),
            self,
        )
        about.setWordWrap(True)
        self.name = self._line("machine_name", self.tr("As ssh knows it, or any name"))
        self.ssh = self._line("machine_ssh", self.tr("As in me@10.0.0.7; left empty, it is the name"))
        self.command = self._line("machine_command", self.tr("Left empty, it is looked for"))
        form = QFormLayout()
        form.addRow(self.tr("&Name"), self.name)
        form.addRow(self.tr("&ssh destination"), self.ssh)
        form.addRow(self.tr("&metagen command there"), self.command)
        self.said = PlainLabel("", self)
        self.said.setObjectName("machine_said")
        self.said.setWordWrap(True)
        self.found = QPlainTextEdit(self)
        self.found.setAccessibleName(self.tr("What is there"))
        self.found.setReadOnly(True)
        self.found.setTabChangesFocus(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.check_button = QPushButton(self.tr("&Check"), self)
        self.check_button.setObjectName("machine_check")
        self.check_button.setToolTip(self.tr("Look at what is there; nothing is started"))
        self.check_button.clicked.connect(self.check)
        buttons.addButton(self.check_button, QDialogButtonBox.ButtonRole.ActionRole)
        self.add_button = QPushButton(self.tr("&Use it"), self)
        self.add_button.setObjectName("machine_add")
        self.add_button.setToolTip(self.tr("Offer it beside the devices, and let the next run go on there"))
        self.add_button.clicked.connect(self.accept)
        buttons.addButton(self.add_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(about)
        layout.addLayout(form)
        for part in (self.said, self.found, buttons):
            layout.addWidget(part)
        self.name.textChanged.connect(self._allow)
        self._allow()
        self.resize(560, 420)

    def check(self) -> None:
        """Look at the machine, in a thread of its own."""
        host = self._asked()
        if host is None or self._job is not None:
            return
        self.found.clear()
        self.said.setText(self.tr("Looking at {host}…").format(host=host.name))
        self._job = Job(lambda: self._look(host))
        self._job.ended.connect(self._end)
        self._job.start()
        self._allow()

    def accept(self) -> None:
        """Remember the machine, if it can be one."""
        from metagen_gui.engine.hosts.known import add_host

        host = self._asked()
        if host is None:
            return
        try:
            add_host(host)
        except BadInput as problem:
            self.said.setText(translated(str(problem)))
            return
        self.host = host
        super().accept()

    def _asked(self) -> Host | None:
        from metagen_gui.engine.hosts.known import checked_host

        try:
            return checked_host(self.name.text().strip(), self.ssh.text().strip(), self.command.text().strip())
        except BadInput as problem:
            self.said.setText(f"{problem.where}: {translated(problem.why)}")
            return None

    def _end(self, outcome: Outcome) -> None:
        self._job = None
        self._allow()
        if isinstance(outcome, Completed):
            self.said.setText(self.tr("It answers."))
            self.found.setPlainText("\n".join(translated(line) for line in outcome.value))
        elif isinstance(outcome, Refused):
            self.said.setText(f"{outcome.where}: {translated(outcome.why)}")
        elif isinstance(outcome, Broken):
            self.said.setText(outcome.sentence)

    def _allow(self) -> None:
        named = bool(self.name.text().strip())
        self.check_button.setEnabled(named and self._job is None)
        self.add_button.setEnabled(named)

    def _line(self, name: str, tip: str) -> QLineEdit:
        line = QLineEdit(self)
        line.setObjectName(name)
        line.setPlaceholderText(tip)
        line.setToolTip(tip)
        return line
