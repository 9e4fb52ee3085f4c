"""The arithmetic of adaptation, and what some algorithms need of it."""
