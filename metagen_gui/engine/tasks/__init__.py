"""Families of tasks, one file each."""
