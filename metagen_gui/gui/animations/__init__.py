"""Saving what moves on the screen as an animation."""
