"""What goes wrong in a run, and what may help."""
