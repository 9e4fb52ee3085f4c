"""The reason for the pin of PySide6: some versions lose a reference to None and True with every emitted signal."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, Signal

EMISSIONS = 50_000
NOISE = 100


class Sender(QObject):
    sent = Signal(object, bool, int)


class Receiver(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def receive(self, nothing: object, flag: bool, number: int) -> None:
        assert nothing is None
        assert flag is True
        self.count += number


def references() -> tuple[int, int]:
    return sys.getrefcount(None), sys.getrefcount(True)


def test_signals_do_not_eat_references() -> None:
    sender, receiver = Sender(), Receiver()
    sender.sent.connect(receiver.receive)
    before = references()
    for _ in range(EMISSIONS):
        sender.sent.emit(None, True, 1)
    after = references()
    assert receiver.count == EMISSIONS
    # From Python 3.12 on these objects are immortal and the counts constant: the test then holds by itself.
    for earlier, later in zip(before, after, strict=True):
        assert abs(later - earlier) < NOISE
