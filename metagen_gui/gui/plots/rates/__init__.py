"""Learned rates, layer by layer."""
