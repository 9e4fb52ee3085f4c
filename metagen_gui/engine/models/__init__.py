"""Generative models, one file each."""
