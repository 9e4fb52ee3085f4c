"""The engine: runs without a screen, never imports Qt."""
