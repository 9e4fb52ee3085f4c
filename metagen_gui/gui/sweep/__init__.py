"""Sweeps in the window: ranges of the form are sought, trial by trial, and what is found is shown."""
