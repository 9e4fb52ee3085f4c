"""Where the code that came with earlier exports finds `load_export`; today's imports `metagen_gui.api`."""

from metagen_gui.engine.trained.export import LoadedModel, load_export

__all__ = ["LoadedModel", "load_export"]
