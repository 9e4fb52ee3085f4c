"""How long the window takes to be there: launches in fresh processes, beside a bare Qt window.

    python benchmarks/window/startup.py --launches 20 [--against OTHER_CHECKOUT]

Prints Markdown: medians of wall-clock and processor time from the start of the process to the running interpreter, to
Qt imported, to the window painted and to the engine ready; then which imports the painted window waited for. Every
round launches each kind once, so that whatever else the machine does falls on all of them; an extra first one fills the
disk's cache.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
PAINTED = "window painted"
STAGES = ("interpreter", "Qt imported", PAINTED, "engine ready")

BARE = """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
mark("Qt imported")
class Window(QMainWindow):
    def showEvent(self, event):
        QTimer.singleShot(0, self.paint)
    def paint(self):
        self.repaint()
        mark("window painted")
        leave()
application = QApplication([])
window = Window()
window.resize(1600, 950)
window.show()
application.exec()
"""

WINDOW = """
import metagen_gui.__main__ as program
import PySide6.QtWidgets
mark("Qt imported")
from metagen_gui.gui.window import app
class Window(app.MainWindow):
    def repaint(self):
        super().repaint()
        mark("window painted")
        self.loader.loaded.connect(self.tell)
        self.loader.failed.connect(lambda *why: sys.exit(str(why)))
    def tell(self, engine):
        mark("engine ready")
        leave()
app.MainWindow = Window
program.main()
"""

MARK = """
import os, sys, time
marks = {}
def mark(stage):
    marks[stage] = time.monotonic() - float(os.environ["BEGUN"]), time.process_time()
    print(stage, file=sys.stderr, flush=True)
def leave():
    import json
    print(json.dumps(marks), flush=True)
    os._exit(0)
mark("interpreter")
"""

Marks = dict[str, tuple[float, float]]
"""Seconds of wall-clock and of processor time after which each stage was reached."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--launches", type=int, default=20)
    parser.add_argument("--against", type=Path, help="another checkout, such as one of an earlier version")
    given = parser.parse_args()
    kinds = {"bare Qt window (the floor)": (BARE, HERE), "MetaGen": (WINDOW, HERE)}
    if given.against:
        kinds[f"MetaGen in {given.against.name}"] = (WINDOW, given.against)
    seen: dict[str, list[Marks]] = defaultdict(list)
    imports: list[Counter[str]] = []
    for round_number in range(given.launches + 1):
        for name, (text, folder) in kinds.items():
            marks, _ = launch(text, folder)
            if round_number:
                seen[name].append(marks)
    for _ in range(min(5, given.launches)):
        imports.append(own_times(launch(WINDOW, HERE, "-X", "importtime")[1]))
    print_stages(seen)
    print_imports(imports)


def launch(text: str, folder: Path, *options: str) -> tuple[Marks, str]:
    """Run a program in a fresh process; return when it reached its stages, and its standard error."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "PYTHONPATH": str(folder), "QT_QPA_PLATFORM": "offscreen"}
        environment |= dict.fromkeys(("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"), home)
        environment["BEGUN"] = str(time.monotonic())
        command = [sys.executable, *options, "-c", MARK + text]
        ended = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=120)
    if not ended.stdout:
        raise SystemExit(ended.stderr)
    return {stage: (wall, cpu) for stage, (wall, cpu) in json.loads(ended.stdout).items()}, ended.stderr


def own_times(errors: str) -> Counter[str]:
    """Return milliseconds that each module took by itself until the window was painted, from `-X importtime`."""
    own: Counter[str] = Counter()
    for line in errors.partition(PAINTED)[0].splitlines():
        if line.startswith("import time:") and "[us]" not in line:
            microseconds, _, module = line.removeprefix("import time:").split("|")
            own[module.strip()] += int(microseconds) / 1000
    return own


def print_stages(seen: dict[str, list[Marks]]) -> None:
    rounds = len(next(iter(seen.values())))
    print(f"Seconds from the start of the process, medians of {rounds} rounds (processor time in brackets);", end=" ")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.\n")
    print("| | " + " | ".join(STAGES) + " | slowest painted |\n|---|" + "---|" * (len(STAGES) + 1))
    for name, launches in seen.items():
        cells = []
        for stage in STAGES:
            reached = [marks[stage] for marks in launches if stage in marks]
            wall, cpu = (statistics.median(times) for times in zip(*reached, strict=True)) if reached else (None, None)
            cells.append("–" if wall is None else f"{wall:.2f} ({cpu:.2f})")
        slowest = max(marks[PAINTED][0] for marks in launches)
        print(f"| {name} | " + " | ".join(cells) + f" | {slowest:.2f} |")


def print_imports(imports: list[Counter[str]]) -> None:
    """Print the packages and modules that took most; `-X importtime` itself makes each of them slower."""
    modules = {name: statistics.median(times[name] for times in imports) for times in imports for name in times}
    packages: Counter[str] = Counter()
    for name, milliseconds in modules.items():
        package = name.partition(".")[0]
        packages["standard library" if package in sys.stdlib_module_names else package] += milliseconds
    print(f"\nImports before the window is painted: {len(modules)} modules, {sum(modules.values()):.0f} ms.\n")
    print("| package | ms | | module, by itself | ms |\n|---|---|---|---|---|")
    top = [Counter(packages).most_common(10), Counter(modules).most_common(10)]
    for row in range(max(map(len, top))):
        cells = [f"{name} | {ms:.0f}" for name, ms in (column[row] if row < len(column) else ("", 0) for column in top)]
        print("| " + " | | ".join(cells).replace(" | 0", " | ") + " |")


if __name__ == "__main__":
    main()
