"""The window's language: its texts come from the same catalogue as the engine's, Qt's own dialogs from Qt's."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from metagen_gui.engine.languages.spoken import asked_language, known, speak
from metagen_gui.gui.program.window_settings import WindowSettings

KEY = "language"
"""Under this the choice is remembered; nothing there means the system's language."""


class CatalogueTranslator(QTranslator):
    """Answers `tr` from the catalogue that the engine speaks by, whatever the class that asks."""

    def translate(self, context: str, text: str, disambiguation: str | None = None, n: int = -1) -> str:
        """Return what stands for `text`; None, which Qt takes for "ask the next one", where nothing does."""
        return known(text)  # type: ignore[return-value]  # Qt's stub knows no null string

    def isEmpty(self) -> bool:
        """There is always something to be asked."""
        return False


def speak_in_window(app: QCoreApplication, settings: WindowSettings) -> str:
    """Choose the language of the window and of the engine beneath it; return which it is."""
    language = asked_language(QLocale.system().uiLanguages(), settings.text(KEY))
    if speak(language) is not None:
        app.installTranslator(CatalogueTranslator(app))
        of_qt = QTranslator(app)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if of_qt.load(QLocale(language), "qtbase", "_", folder):
            app.installTranslator(of_qt)
    return language
