"""Compiling beside a run: it ends with the run, leaves nothing behind, and what it made is taken only if it is whole.

The compiler here is a script that does what each test is about; `test_compiled_step.py` has the real one.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from metagen_gui.engine import compilation
from metagen_gui.engine.compilation import CannotCompile, Compilation, shelf

pytestmark = pytest.mark.skipif(os.name != "posix", reason="steps are compiled on POSIX systems only")
Script = Callable[[str], None]

MAKING = "(folder / 'step.so').write_bytes(b'made of ' + (folder / 'graph').read_bytes())"
WAITING = """
import subprocess, threading
from metagen_gui.engine.step_compiler import end_with_the_pipe
threading.Thread(target=end_with_the_pipe, args=[folder], daemon=True).start()
helper = subprocess.Popen(["sleep", "1000"])
(folder / "helper.part").write_text(str(helper.pid))
(folder / "helper.part").rename(folder / "helper")
helper.wait()
"""


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Have `script(text)` compile from now on; `folder` is what it works in. The shelf is empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(compilation, "PROGRAM", "pretended")
    monkeypatch.setattr(compilation, "compiler", lambda: "/usr/bin/c++")

    def write(text: str) -> None:
        begin = "import sys\nfrom pathlib import Path\nfolder = Path(sys.argv[1])\n"
        (tmp_path / "pretended.py").write_text(begin + text)

    return write


def until(happened: Callable[[], object]) -> None:
    """Wait for something that another process does."""
    for _ in range(3000):
        if happened():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


def made(text: str) -> Path:
    """Return the library that a text is compiled to."""
    task = Compilation(text)
    until(task.library)
    library = task.library()
    assert library is not None
    return library


def begun() -> list[Path]:
    """Return the folders in which something compiles."""
    return list((shelf() / "begun").glob("*"))


def is_gone(process: int) -> bool:
    """Return whether a process has ended; one that nobody has waited for yet counts as ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return not compilation._is_alive(process)


def test_what_was_made_is_kept_and_found_again(script: Script) -> None:
    script(MAKING)
    first, other = made("one"), made("another")
    assert first.read_bytes() == b"made of one" and first != other and not begun()
    script("raise SystemExit(3)")
    assert made("one") == first


def test_what_was_damaged_on_the_shelf_is_made_again(script: Script) -> None:
    script(MAKING)
    library = made("one")
    library.write_bytes(b"made of nothing")
    script("raise SystemExit(3)")
    with pytest.raises(CannotCompile):
        made("one")
    assert not library.exists()


def test_a_list_of_calls_belongs_to_its_library(script: Script) -> None:
    script(MAKING + "; (folder / 'step.json').write_text('calls')")
    library = made("one")
    assert library.with_suffix(".json").read_text() == "calls" and made("one") == library
    library.with_suffix(".json").unlink()
    assert compilation._known(compilation._name_of("one")) is None


def test_the_shelf_has_an_end(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    script(MAKING)
    monkeypatch.setattr(compilation, "MOST_KEPT", 2)
    libraries = []
    for age, text in enumerate("abc"):
        libraries.append(made(text))
        os.utime(libraries[-1], (age, age))
    assert sorted(shelf().glob("*.so")) == sorted(libraries[1:])


@pytest.mark.parametrize("end", ["raise SystemExit(3)", "import os; os.kill(os.getpid(), 9)", "pass"])
def test_a_compiler_that_fails_says_so_and_leaves_nothing(script: Script, end: str) -> None:
    """With an error, killed by somebody, or without an outcome though it says that all is well."""
    script("(folder / 'half').write_text('x')\n" + end)
    with pytest.raises(CannotCompile):
        made("one")
    assert not begun() and not list(shelf().glob("*.so"))


def test_closing_ends_it_with_all_that_it_has_started(script: Script) -> None:
    script(WAITING)
    task = Compilation("one")
    (folder,) = begun()
    until((folder / "helper").exists)
    helper = int((folder / "helper").read_text())
    assert task.library() is None and not is_gone(helper)
    task.close()
    until(lambda: is_gone(helper))
    assert not begun()
    task.close()


def test_one_that_is_forgotten_ends_too(script: Script) -> None:
    script(WAITING)
    task = Compilation("one")
    (folder,) = begun()
    until((folder / "helper").exists)
    helper = int((folder / "helper").read_text())
    del task
    until(lambda: is_gone(helper))
    assert not begun()


def test_it_ends_when_the_run_is_killed(script: Script, tmp_path: Path) -> None:
    script(WAITING)
    run = (
        "import sys, time; from metagen_gui.engine import compilation; compilation.PROGRAM = 'pretended'\n"
        "compilation.compiler = lambda: 'c++'\n"
        "task = compilation.Compilation('one'); time.sleep(1000)"
    )
    paths = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    killed = subprocess.Popen([sys.executable, "-c", run], env=os.environ | {"PYTHONPATH": paths})
    until(lambda: [folder for folder in begun() if (folder / "helper").exists()])
    helper = int((begun()[0] / "helper").read_text())
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    until(lambda: is_gone(helper))
    until(lambda: not begun())


def test_what_a_process_left_that_is_gone_is_removed(script: Script) -> None:
    script(MAKING)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left, mine = (shelf() / "begun" / f"{process}-left" for process in (gone.pid, os.getpid()))
    for folder in (left, mine):
        folder.mkdir(parents=True)
        (folder / "half").write_text("x")
    made("one")
    assert begun() == [mine]


def test_without_a_compiler_nothing_is_begun(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(CannotCompile, match="no C\\+\\+ compiler"):
        Compilation("one")
    assert not shelf().exists()


def test_a_cache_that_cannot_be_written_is_no_error(script: Script, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(CannotCompile):
        Compilation("one")
