"""The window: imports the engine, never torch."""
