"""Boxes for numbers that let anything be typed, say what is wrong with it, and lose none of it.

Qt's own boxes swallow keys that do not fit and replace a wrong text by the old value. These keep the text until it is
mended, and `value()` stays the last right one.
"""

from __future__ import annotations

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QGuiApplication, QValidator
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QHBoxLayout, QSpinBox, QWidget

from metagen_gui.gui.form.numbers.text import (
    check_range,
    read_integer,
    read_number,
    round_number,
    show_integer,
    show_number,
)
from metagen_gui.gui.widgets.plain_text import PlainLabel
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

LOG_STEP = 1.25
LOG_LEAP = 10.0
FIRST_LOG_STEP = 1e-4
"""Where a step up from 0 leads on a log scale."""
_ENDLESS = 1e300


class IntegerBox(QSpinBox):
    """A whole number: `10,000` and `1e4` are the same, both can be typed."""

    def __init__(self, low: float | None, high: float | None, unit: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kept = ""
        self.judged: tuple[str, str] | None = None
        # Qt counts in 32 bits.
        self.setRange(int(max(low if low is not None else -(2**31), -(2**31))), int(min(high or 2**31 - 1, 2**31 - 1)))
        self.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
        self.setGroupSeparatorShown(True)
        _dress(self, unit)

    def complaint(self) -> str:
        """Return what is wrong with the text as it stands, empty if nothing is."""
        return _complaint(self, self.lineEdit().text())

    def read(self, text: str) -> int:
        """Return the value that `text` means; raise `ValueError`."""
        value = read_integer(text)
        check_range(value, self.minimum(), self.maximum())
        return value

    def show_value(self, value: int) -> None:
        """Show `value`, whatever was being typed."""
        self._kept = ""
        self.setValue(value)
        self.lineEdit().setText(self.textFromValue(self.value()))

    def stepBy(self, steps: int) -> None:
        """Step from the last right value."""
        if self.complaint():
            self.show_value(self.value())
        super().stepBy(steps)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Let every text be typed; only a right one counts."""
        return _state(self, text), text, position

    def fixup(self, text: str) -> str:
        """Keep a wrong text instead of mending it unasked."""
        self._kept = text
        return text

    def textFromValue(self, value: int) -> str:
        """Return the wrong text while there is one, else the value in groups of three."""
        return self._kept or show_integer(value)

    def valueFromText(self, text: str) -> int:
        """Return the value of a right text."""
        self._kept = ""
        return self.read(text)


class NumberBox(QDoubleSpinBox):
    """A number that may be written as `1e-3`. With `log`, a step multiplies by 1.25, with Ctrl by 10."""

    def __init__(
        self,
        low: float | None,
        high: float | None,
        unit: str = "",
        *,
        log: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._kept = ""
        self.judged: tuple[str, str] | None = None
        self._log = log
        # Qt rounds to `decimals`: enough of them for the smallest rates.
        self.setDecimals(40)
        self.setRange(-_ENDLESS if low is None else low, _ENDLESS if high is None else high)
        _dress(self, unit)

    def complaint(self) -> str:
        """Return what is wrong with the text as it stands, empty if nothing is."""
        return _complaint(self, self.lineEdit().text())

    def read(self, text: str) -> float:
        """Return the value that `text` means; raise `ValueError`."""
        value = read_number(text)
        check_range(value, self.minimum(), self.maximum())
        return value

    def show_value(self, value: float) -> None:
        """Show `value`, whatever was being typed."""
        self._kept = ""
        self.setValue(value)
        self.lineEdit().setText(self.textFromValue(self.value()))

    def stepBy(self, steps: int) -> None:
        """Step from the last right value: by a factor on a log scale, else by a tenth of the value's own size."""
        leap = bool(QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier)
        if self.complaint():
            self.show_value(self.value())
        self.interpretText()
        stepped = self.stepped(self.value(), steps, leap)
        self.setValue(min(max(stepped, self.minimum()), self.maximum()))
        self.selectAll()

    def stepped(self, value: float, steps: int, leap: bool = False) -> float:
        """Return `value` after some steps, at four significant digits."""
        if leap:  # Qt has made ten steps of one already
            steps = max(1, abs(steps) // 10) * (1 if steps > 0 else -1)
        if self._log and value != 0:
            return round_number(value * (LOG_LEAP if leap else LOG_STEP) ** (steps if value > 0 else -steps))
        if self._log:
            return FIRST_LOG_STEP if steps > 0 else value
        size = round_number(10.0 ** len(str(int(abs(value)))) / 100)
        step = min(size, (self.maximum() - self.minimum()) / 20)
        return round_number(value + steps * step * (10 if leap else 1), 6)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Let every text be typed; only a right one counts."""
        return _state(self, text), text, position

    def fixup(self, text: str) -> str:
        """Keep a wrong text instead of mending it unasked."""
        self._kept = text
        return text

    def textFromValue(self, value: float) -> str:
        """Return the wrong text while there is one, else the value."""
        return self._kept or show_number(value)

    def valueFromText(self, text: str) -> float:
        """Return the value of a right text; a text that is only the value at fewer digits is that value."""
        self._kept = ""
        return self.value() if text == show_number(self.value()) else self.read(text)


def _complaint(box: IntegerBox | NumberBox, text: str) -> str:
    """Return what is wrong with a text. Qt asks again and again for one keystroke, and the form after it."""
    if box.judged is None or box.judged[0] != text:
        try:
            box.read(text)
            box.judged = text, ""
        except ValueError as problem:
            box.judged = text, str(problem)
    return box.judged[1]


def _state(box: IntegerBox | NumberBox, text: str) -> QValidator.State:
    return QValidator.State.Intermediate if _complaint(box, text) else QValidator.State.Acceptable


def _dress(box: IntegerBox | NumberBox, unit: str) -> None:
    """Give a box what both kinds share: commit on Enter or leaving, the unit inside at the right, no stray wheel."""
    box.setLocale(QLocale.c())
    box.setKeyboardTracking(False)
    box.setMinimumWidth(84)
    guard_wheel(box)
    if unit:
        label = PlainLabel(unit, box.lineEdit())
        label.setProperty("tone", "muted")
        label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        inside = QHBoxLayout(box.lineEdit())
        inside.setContentsMargins(0, 0, 4, 0)
        inside.addStretch(1)
        inside.addWidget(label)
        box.lineEdit().setTextMargins(0, 0, label.sizeHint().width() + 4, 0)
