"""Draws the pictures of the documentation, by the program itself, without a screen: `make pictures`.

Each is what a window shows that has opened a lesson or a preset and done what is told; whatever trains does so here and
now, seconds to two minutes each. The pictures are kept in the repository, so that building the pages takes seconds and
needs no window; `docs/make_pictures.py NAME …` draws some of them anew.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HOME = tempfile.TemporaryDirectory(prefix="metagen-pictures-")
SIZE = 1280, 800
SCREEN = Path(HOME.name) / "screen.json"
WIDE, HIGH = (round(side * float(os.environ.get("QT_SCALE_FACTOR", 1))) for side in SIZE)
SHAPE = {"name": "laptop", "x": 0, "y": 0, "width": WIDE, "height": HIGH, "logicalDpi": 96, "dpr": 1}
SCREEN.write_text(json.dumps({"screens": [SHAPE]}), encoding="utf-8")
os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={SCREEN}"  # without it, one of 800 × 800, which dialogs keep to
for variable in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
    os.environ[variable] = HOME.name  # nothing of whoever draws them is seen
DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))

from PySide6.QtCore import QBuffer, QEventLoop, QIODevice  # noqa: E402  # after the folders are chosen
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QWidget  # noqa: E402

from metagen_gui.engine.store.names import LESSON  # noqa: E402
from metagen_gui.gui.look.theme import apply_theme  # noqa: E402
from metagen_gui.gui.program.window_settings import WindowSettings  # noqa: E402
from metagen_gui.gui.run.states import RunState  # noqa: E402
from metagen_gui.gui.window.app import make_application  # noqa: E402
from metagen_gui.gui.window.main_window import MainWindow  # noqa: E402

PICTURES, LESSONS = DOCS / "pictures", DOCS.parent / "resources" / "lessons"
QUALITY = 82


class Stage:
    """A window of its own for every picture."""

    def __init__(self) -> None:
        self.window = MainWindow(WindowSettings(Path(tempfile.mkdtemp(dir=HOME.name)) / "window.ini"))
        self.window.resize(*SIZE)
        self.window.show()
        self.until(lambda: self.window.controller.engine is not None and bool(self.window.controller.state.name))
        self.until(lambda: self.window.controller.state is not RunState.LOADING)

    def until(self, condition: Callable[[], bool], seconds: float = 300) -> None:
        """Let the program work until something is so."""
        last = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > last:
                raise TimeoutError
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
            time.sleep(0.005)

    def rest(self, seconds: float = 1.5) -> None:
        """Let the program work for a while, so that what is drawn late is drawn."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end, seconds + 60)

    def lesson(self, name: str) -> None:
        """Open a lesson; what it says has been read."""
        self.window.lessons.open_file(LESSONS / f"{name}{LESSON}")
        self.window.banner.hide()
        self.rest()

    def give(self, command: str) -> None:
        """Give a command of the window."""
        self.window.actions_by_name[command].trigger()

    def train(self) -> None:
        """Train to the end."""
        self.give("start")
        self.until(lambda: self.window.controller.state in (RunState.DONE, RunState.FAILED), 900)
        assert self.window.controller.state is RunState.DONE
        self.rest()

    def picture(self, name: str, of: QWidget | None = None) -> None:
        """Write what is seen, with the folder of runs as it is called elsewhere."""
        told = self.window.status.findChild(QLabel, "status_label")
        told.setText(told.text().replace(HOME.name, "~/.local/share"))
        image = (of or self.window).grab().toImage()
        held = QBuffer()
        held.open(QIODevice.OpenModeFlag.WriteOnly)
        image.save(held, "PNG")
        self._write(name, bytes(held.data().data()))
        print(f"{name}: {image.width()} × {image.height()}", flush=True)

    def _write(self, name: str, png: bytes) -> None:
        from io import BytesIO

        from PIL import Image

        PICTURES.mkdir(exist_ok=True)
        Image.open(BytesIO(png)).convert("RGB").save(PICTURES / f"{name}.webp", quality=QUALITY, method=6)

    def close(self) -> None:
        """Close the window, and wait for its threads."""
        self.window.quit_quietly()
        self.rest(0.3)
        self.window.wait()
        self.window.deleteLater()


def toy(name: str) -> Callable[[Stage], None]:
    """Return how the picture of a lesson with a toy comes about."""

    def draw(stage: Stage) -> None:
        stage.lesson(name)
        page = stage.window.tools.by_name["slow_motion"].toy_page
        stage.until(lambda: page.scene() is not None and not page.worker.busy)
        stage.rest(0.5)
        stage.picture(name)

    return draw


def trained(name: str) -> Callable[[Stage], None]:
    """Return how the picture of a lesson with a run comes about."""

    def draw(stage: Stage) -> None:
        stage.lesson(name)
        stage.train()
        stage.picture(name)

    return draw


def playground(stage: Stage) -> None:
    """Open five drawings in the playground."""
    stage.lesson("01-five-examples")
    page = stage.window.tools.by_name["playground"].page
    stage.until(lambda: page.ready is not None and page.hand.support() is not None)
    stage.rest(4)
    stage.picture("01-five-examples")


def race(stage: Stage) -> None:
    """Run the race of the lesson."""
    stage.lesson("09-reading-or-descending")
    tool = stage.window.tools.by_name["race"]
    tool.setup.start_button.click()
    stage.rest(1)
    stage.until(lambda: not tool.busy, 600)
    stage.rest(1)
    stage.picture("09-reading-or-descending")


def gaussians(stage: Stage) -> None:
    """Train on Gaussians, and look at the run with one tool after the other."""
    stage.lesson("07-vae")
    stage.train()
    stage.picture("07-vae")
    window = stage.window
    window.banner.hide()
    view = window.panels.samples
    view.scrub_button.click()
    stage.rest(3)
    stage.picture("scrubber", view)
    view.scrub_button.click()
    stage.give("export")
    stage.rest()
    stage.picture("export", window.findChild(QDialog, "export_dialog"))
    window.findChild(QDialog, "export_dialog").close()
    stage.give("slow_motion")
    stage.rest()
    page = window.tools.by_name["slow_motion"].step_page
    for _ in range(3):
        page.inner_button.click()
        stage.rest(0.2)
        stage.until(lambda: not page.worker.busy)
    stage.rest(0.5)
    stage.picture("slow-motion", window.tools.by_name["slow_motion"])


def claims(stage: Stage) -> None:
    """Test claims with few steps, one seed and few tasks."""
    stage.lesson("10-does-it-help")
    stage.give("claims")
    dialog = stage.window.findChild(QDialog, "claims_dialog")
    stage.rest(2)
    stage.picture("claims", dialog)
    form = dialog.form
    form.budget.by_steps.setChecked(True)
    form.budget.steps.setValue(150)
    form.budget.seeds.setValue(2)
    form.tasks.tasks.setValue(20)
    form.claims["steady"].setChecked(False)
    form.start_button.click()
    stage.until(lambda: dialog.pages.currentWidget() is dialog.results, 850)
    stage.rest()
    stage.picture("10-does-it-help", dialog)


DRAWN: dict[str, Callable[[Stage], None]] = {
    "01-five-examples": playground,
    "02-two-problems": toy("02-two-problems"),
    "03-second-derivative": toy("03-second-derivative"),
    "04-first-order": toy("04-first-order"),
    "05-learned-rates": trained("05-learned-rates"),
    "06-code": trained("06-code"),
    "07-vae": gaussians,  # and scrubber, export, slow-motion
    "08-two-players": trained("08-two-players"),
    "09-reading-or-descending": race,
    "10-does-it-help": claims,  # and claims
}


def main(names: list[str]) -> None:
    """Draw the pictures called so, or all."""
    app = make_application(WindowSettings(Path(HOME.name) / "window.ini"))
    apply_theme(app, "light")
    for name in names or DRAWN:
        stage = Stage()
        DRAWN[name](stage)
        stage.close()


if __name__ == "__main__":
    main(sys.argv[1:])
