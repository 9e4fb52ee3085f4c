"""The outer and the inner loss."""
