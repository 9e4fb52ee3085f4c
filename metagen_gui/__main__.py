"""Opens the window: `metagen-gui [EXPERIMENT.json]`, or `python -m metagen_gui`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from metagen_gui.engine.versions import version_of

FOLDERS = ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")


def forget_empty_folders() -> None:
    """Take a variable that names a folder for unset where it is empty: else files would go to the current folder."""
    for name in FOLDERS:
        if os.environ.get(name) == "":
            del os.environ[name]


def main() -> None:
    """Read the arguments, see whether a window can be opened, and open it; the process ends here."""
    forget_empty_folders()
    arguments = _parse(sys.argv[1:])
    try:
        from metagen_gui.gui.program.display import missing_library, why_no_window

        problem = why_no_window()
        if problem is None and arguments.describe:
            from metagen_gui.gui.program.description import print_description

            sys.exit(print_description())
        if problem is None:
            from metagen_gui.gui.window.app import run

            sys.exit(run(arguments.experiment))
    except ImportError as error:
        problem = missing_library(error) or f"cannot start: {error}"
    print(f"metagen-gui: {problem}", file=sys.stderr)
    sys.exit(1)


def program_version() -> str:
    """Return the installed version, or say that there is none."""
    return version_of("metagen") or "(not installed)"


def _parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="metagen-gui", description="MetaGen: a desktop laboratory for meta-learned generative models."
    )
    parser.add_argument("experiment", nargs="?", type=Path, help="experiment file, lesson or run folder to open")
    parser.add_argument("--version", action=_ShowVersion)
    parser.add_argument("--describe", action="store_true", help="say what Qt gives a window here, as JSON, and stop")
    return parser.parse_args(words)


class _ShowVersion(argparse.Action):
    """Print the version and end the program."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="show program's version number and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Ask for the version only now."""
        print(f"MetaGen {program_version()}")
        parser.exit()


if __name__ == "__main__":
    main()
