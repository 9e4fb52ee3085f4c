"""Runs that wait in line: a folder on disk, and whoever is there starts them."""
