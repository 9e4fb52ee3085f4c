"""Reads a person's own images, in place, from a folder or a zip: nothing is extracted, nothing is trusted."""

from metagen_gui.engine.data.image_files.read import read_images

__all__ = ["read_images"]
