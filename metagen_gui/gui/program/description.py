"""What Qt gives a window here, as JSON: asked by `metagen doctor` in a process of its own, which opens no window."""

from __future__ import annotations

import json
import sys

import PySide6
from PySide6.QtCore import qVersion
from PySide6.QtGui import QFontDatabase, QImageReader
from PySide6.QtWidgets import QApplication

FORMATS = ("gif", "jpeg", "png", "svg")
"""What pictures and icons of the program are in."""


def print_description() -> int:
    """Print versions, platform, style, screens and fonts; return the exit status."""
    app = QApplication(sys.argv[:1])
    chinese = QFontDatabase.WritingSystem.SimplifiedChinese
    screens = [(screen.size(), screen.devicePixelRatio()) for screen in app.screens()]
    readable = {bytes(name.data()).decode() for name in QImageReader.supportedImageFormats()}
    described = {
        "qt": qVersion(),
        "pyside": PySide6.__version__,
        "platform": app.platformName(),
        "style": app.style().objectName(),
        "screens": [f"{size.width()}x{size.height()} at {ratio:g}" for size, ratio in screens],
        "fonts": len(QFontDatabase.families()),
        "font": app.font().family(),
        "chinese_fonts": len(QFontDatabase.families(chinese)),
        "lacking_formats": [name for name in FORMATS if name not in readable],
    }
    print(json.dumps(described))
    return 0
