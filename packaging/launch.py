"""The programs of the bundle: the window where it is started as metagen-gui, else the command."""

import sys
from multiprocessing import freeze_support
from pathlib import Path


def main() -> None:
    """Be what this program was started as."""
    freeze_support()
    if sys.argv[1:2] == ["read-back"]:  # an export is read again in a process of its own
        from metagen_gui.engine.exports.read_back import main as read_back

        sys.exit(read_back(sys.argv[2:]))
    if Path(sys.argv[0]).stem == "metagen-gui":
        from metagen_gui.__main__ import main as open_window

        open_window()
    from metagen_gui.cli import main as obey

    obey()


if __name__ == "__main__":
    main()
