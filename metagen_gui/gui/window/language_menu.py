"""View ▸ Language: like the system, English, or another that there is a catalogue of; from the next start on."""

from __future__ import annotations

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from metagen_gui.engine.languages.catalogue import catalogues, name_of
from metagen_gui.engine.languages.spoken import ENGLISH
from metagen_gui.gui.program.language import KEY
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.widgets.banner import Banner


class LanguageMenu(QMenu):
    """The languages there are, each called as those who speak it call it; the choice is remembered."""

    def __init__(self, settings: WindowSettings, banner: Banner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Lan&guage"))
        self.setObjectName("language_menu")
        self._settings, self._banner = settings, banner
        group = QActionGroup(self)
        names = {path.stem: name_of(path) for path in catalogues().values()}
        for language, name in {"": self.tr("Like the &system"), ENGLISH: "English", **names}.items():
            action = group.addAction(name)
            action.setCheckable(True)
            action.setChecked(language == settings.text(KEY))
            action.setData(language)
            self.addAction(action)
        self.triggered.connect(self._choose)

    def _choose(self, action: QAction) -> None:
        self._settings.keep(KEY, str(action.data()))
        self._banner.tell(self.tr("MetaGen speaks this language when it is opened again."))
