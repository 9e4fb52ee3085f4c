"""Sweeps: settings are sought in ranges, trial by trial; every trial is ordinary runs that wait in line."""
