"""One row of a form: label, editor, reset, and a line for what is wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QMenu, QSizePolicy, QWidget

from metagen_gui.gui.form.editors.base import EDITOR_SHARE, GAP, LABEL_SHARE, RESET_WIDTH, field_height
from metagen_gui.gui.form.editors.editor_for import ModelChoices, editor_for
from metagen_gui.gui.form.range_field import RangeField
from metagen_gui.gui.form.words import condition_of, description_of, show_value, tooltip_of
from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.message_line import MessageLine
from metagen_gui.gui.widgets.plain_text import PlainLabel, plain_tip

if TYPE_CHECKING:
    from metagen_gui.engine.settings.config import Setting


class SettingRow(QWidget):
    """The row of one setting. It shows what it is told and tells of edits; it decides nothing."""

    edited = Signal(str, object)
    """Path and new value."""
    reset = Signal(str)
    settled = Signal()
    asked = Signal(str)
    """A person wants to know what the setting is: its path."""

    def __init__(self, path: str, setting: Setting, choices: ModelChoices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self.setting = setting
        self.applies = True
        self._running = False
        self._condition = ""
        self._mistyped = False
        self._value: Any = None
        self._beside: list[QWidget] = []
        self._adapts = tuple(choices.adapts)
        self.range: RangeField | None = None
        self.editor = editor_for(setting, path, choices)
        self.label = PlainLabel(setting.label)
        self.live_mark = PlainLabel(self.tr("live"))
        self.reset_button = IconButton("mdi6.restore", "", accent=True)
        self.message = MessageLine()
        self._lay_out()
        self._name_controls()
        self.editor.edited.connect(self._edit)
        self.editor.judged.connect(self.judge)
        self.editor.settled.connect(self.settled)
        self.reset_button.clicked.connect(self._reset)

    # -- showing -----------------------------------------------------------------------------------------------------

    def show_setting(self, setting: Setting, value: Any) -> None:
        """Show `value`; `setting` brings the default that holds now. A text that is being mended is left alone."""
        if setting.default != self.setting.default:
            self.setting = setting
            self._explain()
        if value != self._value or self._value is None:
            self._value = value
            self._mistyped = False
            self.editor.show_value(value)
        self._refresh_reset()

    def show_again(self) -> None:
        """Show the value that holds, in place of whatever was typed."""
        self._mistyped = False
        self.message.say("")
        self.editor.show_value(self._value)
        self._refresh_reset()

    def set_applies(self, applies: bool, others: dict[str, Setting]) -> None:
        """Say whether the setting has an effect at present; `others` are the settings of its group."""
        if applies != self.applies:
            self.applies = applies
            self._condition = "" if applies else condition_of(self.setting, others)
            self._refresh_enabled()

    def set_running(self, running: bool) -> None:
        """Leave only what may change during a run."""
        self._running = running
        self.live_mark.setVisible(running and self.setting.live)
        self._refresh_enabled()

    def show_problem(self, why: str) -> None:
        """Say under the row what is wrong; an empty text takes it back."""
        self.message.say(why)
        self._refresh_reset()

    def stops(self) -> list[QWidget]:
        """Return the controls of the row in the order of the keyboard's way through them."""
        own = (control for control, _ in self.editor.controls())
        ranged = [] if self.range is None else self.range.stops()
        controls = [self.editor.field, *own, self.reset_button, *self._beside, *ranged]
        return [control for control in controls if control.focusPolicy() != Qt.FocusPolicy.NoFocus]

    @property
    def mistyped(self) -> bool:
        """Whether a text stands there that cannot be used."""
        return self._mistyped

    @property
    def at_default(self) -> bool:
        """Whether the value that holds is the default."""
        return bool(self._value == self.setting.default)

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to see: at its default, and nothing wrong."""
        return self.at_default and not self.message.text()

    def matches(self, words: list[str]) -> bool:
        """Return whether every word is found in label, name, choices or help."""
        setting = self.setting
        text = " ".join((setting.label, setting.name, self.path, setting.help, *setting.choices)).casefold()
        # At the beginning of words: "rate" is not to find "generated".
        return all(re.search(rf"(?:\b|_){re.escape(word)}", text) for word in words)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on the label, even while the setting is fixed, asks what it is."""
        if event.button() == Qt.MouseButton.LeftButton and self.label.geometry().contains(event.position().toPoint()):
            self.asked.emit(self.path)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to say what the setting is, and to reset it."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("What is this?")).triggered.connect(self._ask)
        back = menu.addAction(self.reset_button.accessibleName())
        back.setEnabled(self.reset_button.isEnabled())
        back.triggered.connect(self._reset)
        menu.popup(event.globalPos())

    # -- edits -------------------------------------------------------------------------------------------------------

    def judge(self, why: str) -> None:
        """Say why what was typed cannot be used, "" if it can; the text stays."""
        self._mistyped = bool(why)
        self.show_problem(why)

    def _edit(self, value: Any) -> None:
        self._mistyped = False
        self.edited.emit(self.path, value)

    def _reset(self) -> None:
        # Before the button grays out and the focus moves to a stranger.
        self.editor.field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.show_again()
        self.reset.emit(self.path)

    def _ask(self) -> None:
        self.asked.emit(self.path)

    def put_beside(self, control: QWidget) -> None:
        """Put a control that belongs to the row and edits nothing beside its label."""
        self._title.addWidget(control, 0, Qt.AlignmentFlag.AlignVCenter)
        QWidget.setTabOrder(self.reset_button, control)
        self._beside.append(control)

    def offer_range(self, offered: bool) -> None:
        """Show the button that opens a range for a sweep, or take it and the range out of sight."""
        if self.range is None:
            if not offered:
                return
            choices = self.setting.choices or self._adapts
            known: dict[str, tuple[Any, ...]] = {"flag": (True, False), "choice": choices}
            self.range = RangeField(self.setting, self.path, known.get(self.setting.kind, ()), self)
            self.range.toggle.toggled.connect(self._suggest_range)
            self._title.addWidget(self.range.toggle, 0, Qt.AlignmentFlag.AlignVCenter)
            self._grid.addWidget(self.range, 3, 0, 1, 3)
        self.range.toggle.setVisible(offered)
        self.range.setVisible(offered and self.range.is_open)

    def _suggest_range(self, wanted: bool) -> None:
        if wanted and self.range is not None:
            self.range.suggest(self._value)

    # -- making ------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.label.setWordWrap(True)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.label.setMinimumWidth(60)
        self.label.setCursor(Qt.CursorShape.WhatsThisCursor)
        self.label.setBuddy(self.editor.field)
        self.editor.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.reset_button.setFixedSize(QSize(RESET_WIDTH - GAP, field_height(self)))
        self.label.setMinimumHeight(field_height(self.label))
        self.live_mark.setProperty("tone", "live")
        small = self.live_mark.font()
        small.setPointSizeF(small.pointSizeF() * 0.85)
        self.live_mark.setFont(small)
        self.live_mark.hide()
        title = self._title = QHBoxLayout()
        title.setSpacing(4)
        title.addWidget(self.label, 1)
        title.addWidget(self.live_mark, 0, Qt.AlignmentFlag.AlignVCenter)
        grid = self._grid = QGridLayout(self)
        grid.setContentsMargins(0, 3, 0, 3)
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(0, LABEL_SHARE)
        grid.setColumnStretch(1, EDITOR_SHARE)
        top = Qt.AlignmentFlag.AlignTop
        if self.editor.wide:
            grid.addLayout(title, 0, 0, 1, 2)
            grid.addWidget(self.editor, 1, 0, 1, 3)
        else:
            grid.addLayout(title, 0, 0, top)
            grid.addWidget(self.editor, 0, 1, top)
        grid.addWidget(self.reset_button, 0, 2, top)
        grid.addWidget(self.message, 2, 0, 1, 3)

    def _name_controls(self) -> None:
        field = self.editor.field
        field.setObjectName(self.path)
        field.setAccessibleName(self.setting.label)
        field.setAccessibleDescription(description_of(self.setting))
        for control, what in self.editor.controls():
            control.setAccessibleName(f"{self.setting.label}: {what}")
        self.reset_button.setObjectName(f"{self.path}.reset")
        self.reset_button.setAccessibleName(self.tr("Reset {0}").format(self.setting.label))
        self._explain()

    def _explain(self) -> None:
        note = self.tr("Fixed while a run is going on.") if self._running and not self.setting.live else self._condition
        more = plain_tip(self.tr("What is this? Click the name, or press Shift+F1."))
        text = tooltip_of(self.setting, self.path, note) + more
        self.label.setToolTip(text)
        self.editor.setToolTip(text)
        self.editor.field.setToolTip(text)
        self.live_mark.setToolTip(self.tr("May change during the run: takes effect at the next step."))
        self._refresh_reset()

    def _refresh_enabled(self) -> None:
        usable = self.applies and (self.setting.live or not self._running)
        self.editor.setEnabled(usable)
        self.label.setEnabled(usable)
        self._explain()

    def _refresh_reset(self) -> None:
        changed = not self.at_default or self._mistyped
        self.reset_button.setEnabled(changed and self.editor.isEnabled())
        default = show_value(self.setting, self.setting.default)
        says = self.tr("Back to the default, {0}") if changed else self.tr("At its default, {0}")
        self.reset_button.setToolTip(plain_tip(says.format(default)))
