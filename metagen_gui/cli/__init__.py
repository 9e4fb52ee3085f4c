"""The `metagen` command: training, plugins and export without a window, on the same engine."""

from metagen_gui.cli.command import main

__all__ = ["main"]
