"""Boxes and sliders for numbers, and how numbers are written."""
