"""Draws every view of the window in every way it can look, to be looked at: `make views`.

In English, in every language there is, and in one that is longer than any; light and dark; at 100 and 200 %: a folder
of `build/views` each. Every one has a process of its own, for scale and language are chosen before there is a window.
`docs/make_views.py zh_CN-dark-2 …` draws some of them anew.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from metagen_gui.engine.languages.catalogue import catalogues  # noqa: E402  # after the place it is found in
from metagen_gui.engine.languages.spoken import ENGLISH, PSEUDO  # noqa: E402

VIEWS = ROOT / "build" / "views"
DIALOGS = ("export", "claims", "pages", "shortcuts", "packages", "check_computer", "about", "tour")
"""Commands that open a window of their own, or a page over it."""
WAYS = ["-".join(way) for way in itertools.product((ENGLISH, *catalogues(), PSEUDO), ("light", "dark"), ("1", "2"))]


def draw(way: str) -> None:
    """Draw all views in one way; called in a process of its own."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from docs.make_pictures import HOME, Stage
    from metagen_gui.gui.look.theme import apply_theme
    from metagen_gui.gui.program.window_settings import WindowSettings
    from metagen_gui.gui.window.app import make_application

    app = make_application(WindowSettings(Path(HOME.name) / "window.ini"))
    apply_theme(app, way.split("-")[1])
    stage, folder = Stage(), VIEWS / way
    folder.mkdir(parents=True, exist_ok=True)

    def grab_others(name: str) -> None:
        others = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible() and widget.isWindow()]
        others = [widget for widget in others if widget is not stage.window]
        for widget in others or [stage.window]:
            widget.grab().save(str(folder / f"{name}.png"))
        for widget in others:
            widget.close()

    panel = stage.window.panel
    panel.set_experiment(panel.experiment().with_value("training.meta_steps", 12))
    stage.rest(2)  # until its rows have their places
    stage.window.grab().save(str(folder / "first.png"))
    stage.train()
    stage.window.grab().save(str(folder / "trained.png"))
    for name in stage.window.tools.by_name:
        stage.give(name)
        stage.rest(4)
        stage.window.grab().save(str(folder / f"{name}.png"))
    for name in DIALOGS:
        QTimer.singleShot(4000, lambda name=name: grab_others(name))  # one that is modal does not let us go on
        stage.give(name)
        stage.rest(5)
    os._exit(0)  # what was opened need not be left one by one


def main(ways: list[str]) -> None:
    """Draw the ways called so, or all."""
    for way in ways or WAYS:
        language, _, scale = way.split("-")
        chosen = os.environ | {"METAGEN_LANGUAGE": language, "QT_SCALE_FACTOR": scale}
        subprocess.run([sys.executable, __file__, "--draw", way], env=chosen, check=True)
        print(f"{way}: {len(list((VIEWS / way).glob('*.png')))} views", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--draw"]:
        draw(sys.argv[2])
    else:
        main(sys.argv[1:])
