"""The line of runs that wait, in the window."""
