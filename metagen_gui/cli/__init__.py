"""The `metagen` command: training, plugins and export without a window, on the same engine."""

from metagen_gui.cli.program import main

__all__ = ["main"]
