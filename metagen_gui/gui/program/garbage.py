"""Looks for rubbish in the window's thread alone: Python would do it in whichever thread happens to make an object.

What goes round in a circle may hold widgets, and Qt's objects must go in the thread that they live in: a thread that
wrote a video and swept up closed dialogs ended its program (a segmentation fault); a run makes objects all the time.
"""

from __future__ import annotations

import gc
import sys
import time

from PySide6.QtCore import QObject, QTimer

INTERVAL = 100
"""Milliseconds between two looks: about as often as a run makes as much as Python itself would wait for."""
SHARE = 0.01
"""Of the time, that looking through everything may take."""
MANY = 50
"""Modules imported since: what they hold hardly ever becomes rubbish, and is not looked through again."""


class Garbage(QObject):
    """Takes Python's own search over, with its own limits, for as long as it lives."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._modules = self._looked_through = len(sys.modules)
        self._next_whole = 0.0
        gc.disable()
        timer = QTimer(self)
        timer.timeout.connect(self.look)
        timer.start(INTERVAL)

    def look(self) -> None:
        """Look through what is new, if that is enough, and through what is older as often as Python does."""
        modules, before, self._modules = len(sys.modules), self._modules, len(sys.modules)
        (young, middle, old), limits = gc.get_count(), gc.get_threshold()
        if young <= limits[0]:
            return
        if modules == before >= self._looked_through + MANY:  # all of it has been imported
            self._looked_through = modules
            gc.freeze()
        elif modules != before or middle <= limits[1]:
            gc.collect(0)
        elif old <= limits[2] or (begin := time.monotonic()) < self._next_whole:
            gc.collect(1)
        else:
            gc.collect()
            end = time.monotonic()
            self._next_whole = end + (end - begin) / SHARE
